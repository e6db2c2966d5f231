//! Submits the job to the upstream. This runs in the job's object, so that the
//! job survives when the client leaves.

use super::answer::{MAX_WAIT_MS, answer};
use super::end::end;
use super::send::send;
use crate::domain::gateway::submission::{self, Submit};
use crate::domain::job::timeline::BodyAt;
use crate::domain::keys::StorageKey;
use crate::domain::names::ObjectName;
use crate::domain::protocol::gateway::SubmissionEnd;
use crate::domain::protocol::outcome::Routed;
use crate::edge::job::home::Home;
use crate::edge::job::ingest::apply::new_job;
use crate::edge::job::ingest::body;
use crate::edge::platform::{self, During, Failure};
use crate::edge::storage::bucket;
use crate::edge::storage::object::{RecordExtras, Slot};

/// Submits this job once; repeated calls get the same answer.
///
/// 1. Writes the job as queued before asking the upstream: if the run dies, the
///    job records that, and the hook's capability already works.
/// 2. Writes the upstream's answer, whatever it is, before it is returned.
/// 3. Points the job's id here, because the client's next request uses it.
pub async fn submit(
    home: &Home,
    name: ObjectName,
    mut submit: Submit,
) -> Result<Routed<SubmissionEnd>, Failure> {
    let (input, body) = body::read(home, &mut submit.body).await?;
    let input = String::from_utf8(input).during("reading a submission")?;
    let slot = free_slot(home).await?;
    let Slot::Empty = slot else {
        drop_input(home, &slot, &body).await?;
        return as_before(home, slot).await;
    };
    home.submitting.set(true);
    let end = submit_new(home, name, &submit, &input, body).await;
    home.submitting.set(false);
    home.changes.wake();
    end.map(Routed::Here)
}

/// Returns whether the job can begin, so that its input may be stored in the
/// bucket. If no submission follows, the alarm deletes that input.
pub async fn expect(home: &Home, key: &str) -> Result<Routed<Option<SubmissionEnd>>, Failure> {
    let slot = free_slot(home).await?;
    let Slot::Empty = slot else {
        return Ok(match as_before(home, slot).await? {
            Routed::Here(end) => Routed::Here(Some(end)),
            Routed::Elsewhere(there) => Routed::Elsewhere(there),
        });
    };
    home.set_alarm(platform::now().plus(home.config.pace.silence())).await?;
    home.store.note_deletion(key)?;
    Ok(Routed::Here(None))
}

/// Deletes an input that was stored a second time, after the first was refused.
async fn drop_input(home: &Home, slot: &Slot, body: &BodyAt) -> Result<(), Failure> {
    let is_of_no_use = match slot {
        Slot::Job(_) => home.store.entry(1)?.is_some_and(|first| first.body.is_none()),
        Slot::Deleted(_) => true,
        Slot::Alias(_) | Slot::Empty => false,
    };
    match body {
        BodyAt::Bucket(key) if is_of_no_use => bucket::delete(&home.env, key).await,
        _ => Ok(()),
    }
}

async fn submit_new(
    home: &Home,
    name: ObjectName,
    submit: &Submit,
    input: &str,
    body: BodyAt,
) -> Result<SubmissionEnd, Failure> {
    begin(home, &name, submit, input, body).await?;
    let answer = send(home, &name, submit, input).await; // (2)
    end(home, name, submit, answer).await
}

/// Returns the slot, after waiting while another call is about to begin the
/// job.
async fn free_slot(home: &Home) -> Result<Slot, Failure> {
    let until = platform::now().plus(MAX_WAIT_MS);
    loop {
        let change = home.changes.latest();
        let slot = home.store.slot()?;
        let is_taken = matches!(slot, Slot::Empty) && home.submitting.get();
        if !is_taken || platform::now() >= until {
            return Ok(slot);
        }
        drop(home.changes.next(change, until).await);
    }
}

/// Returns the answer to a submission that another call has begun.
async fn as_before(home: &Home, slot: Slot) -> Result<Routed<SubmissionEnd>, Failure> {
    match slot {
        Slot::Alias(there) => Ok(Routed::Elsewhere(there)),
        Slot::Job(_) => answer(home).await,
        Slot::Deleted(_) | Slot::Empty => Ok(Routed::Here(SubmissionEnd::Again)),
    }
}

async fn begin(
    home: &Home,
    name: &ObjectName,
    submit: &Submit,
    input: &str,
    body: BodyAt,
) -> Result<(), Failure> {
    let new_job = new_job(name.clone(), submit.at, submit.origin.clone());
    let is_here = body == BodyAt::Object && submit.is_kept;
    let (mut job, entry) = submission::begin(new_job, submit, input, body);
    home.arm(&mut job).await?;
    if submit.is_long() {
        let key = StorageKey::Body { home: name, sha256: &submit.sha256 }.path();
        home.store.forget_upload(&key)?;
    }
    let body = is_here.then_some(input);
    home.note_with(&job, RecordExtras { entry: Some(&entry), body, ..RecordExtras::default() }) // (1)
}
