//! Applies a delivery, or an answer of the upstream, to a job.
//!
//! In scope: duplicates, the state table's decision, the result and its files.
//! Out of scope: which job it is (`correlate`), where data is stored.

use super::arrival::{Arrival, Origin};
use super::cost;
use super::weight::ResultWeight;
use crate::domain::file::discover::found::{FoundAt, FoundFile};
use crate::domain::handoff::queue;
use crate::domain::job::file::{Archived, DeliveryRef, File, Source};
use crate::domain::job::healing::Healing;
use crate::domain::job::record::{self, Job, NewJob, ResultRef};
use crate::domain::job::status::{self, Move, Status, Transition};
use crate::domain::job::timeline::{Entry, EntryOutcome};
use crate::domain::json::string::word;
use crate::domain::time::{SECOND, Timestamp};
use crate::domain::webhook::event::{EventFacts, EventKind};
use crate::domain::words;
use std::collections::HashMap;

/// The most tags of a job.
const MAX_TAGS: usize = 20;

/// The data to store, all in one transaction.
#[derive(Debug)]
pub struct Applied {
    /// The changed job.
    pub job: Job,
    /// The delivery's entry.
    pub entry: Entry,
    /// The text of the new result, with relative durable URLs.
    pub result: Option<String>,
}

/// Applies a delivery to a job, or creates the job from it.
#[must_use]
pub fn apply(job: Option<Job>, new_job: NewJob, arrival: &Arrival<'_>) -> Applied {
    let current = job.as_ref().map(Job::current_state);
    let mut job = job.unwrap_or_else(|| Job::new(new_job));
    if arrival.origin != Origin::Healing && !arrival.is_unreadable() && !job.is_of_known_provider()
    {
        job.provider = arrival.document.told.provider;
    }
    job.events += 1;
    let n = job.events;
    let labels = Labels {
        app: arrival.app.as_ref(),
        reference: arrival.reference.as_ref(),
        tags: &arrival.tags,
        keep_days: arrival.keep_days,
    };
    describe(&mut job, labels, arrival.at);
    let is_repeated = is_repetition(&job, arrival);
    let (outcome, detail, result) = if is_repeated {
        (EntryOutcome::Duplicate, None, None)
    } else {
        let transition = transition_of(&arrival.document.told);
        follow(&mut job, status::transition(current.as_ref(), &transition), n, arrival)
    };
    let odd_cost = cost::take(&mut job, arrival, is_repeated, outcome);
    if outcome == EntryOutcome::Applied {
        job.last_applied = n;
        job.heard_at = arrival.at;
        job.healing = Healing { wanted: is_wanted(&job, arrival.kind()), ..Healing::default() };
        job.touch(arrival.at);
        queue_handoff(&mut job, n, arrival);
    } else if current.is_none() {
        // The first delivery creates the record, whatever it says.
        job.touch(arrival.at);
    }
    if arrival.is_unreadable() && outcome == EntryOutcome::Unknown {
        job.healing = Healing { wanted: true, ..Healing::default() };
        job.touch(arrival.now);
    }
    let outcome = count(&mut job, arrival, outcome);
    let details = [arrival.note.clone(), other_name(&job, arrival), detail, odd_cost];
    let entry = entry(n, arrival, outcome, details);
    Applied { job, entry, result }
}

/// Returns whether the upstream must be asked after an event that has changed
/// the job. A result that was still to be fetched stays wanted when the job
/// ends without one.
const fn is_wanted(job: &Job, kind: EventKind) -> bool {
    match kind {
        EventKind::Ready => true,
        EventKind::Failed | EventKind::Cancelled => job.healing.wanted,
        _ => false,
    }
}

/// Queues the messages about an event that has changed the job.
fn queue_handoff(job: &mut Job, n: u32, arrival: &Arrival<'_>) {
    let kind = arrival.kind();
    if kind != EventKind::Ready {
        let Arrival { at, sha256, .. } = *arrival;
        let event = queue::HandoffEvent { entry: n, word: kind.word(), at, sha256 };
        queue::queue(job, &event, arrival.has_operator, arrival.now);
    }
}

impl Job {
    /// Returns why the job refuses a delivery: the delivery has another
    /// provider's format, and ids are unique within one provider only.
    #[must_use]
    pub fn refuses(&self, arrival: &Arrival<'_>) -> Option<String> {
        let provider = arrival.document.told.provider;
        let is_other = self.is_of_known_provider() && self.provider != provider;
        (is_other && arrival.origin != Origin::Healing && !arrival.is_unreadable()).then(|| {
            format!(
                "job {} is of {}, and the delivery of {provider}",
                self.public_id(),
                self.provider
            )
        })
    }
}

/// Counts a delivery or an upstream answer, and returns the outcome for its
/// entry.
fn count(job: &mut Job, arrival: &Arrival<'_>, outcome: EntryOutcome) -> EntryOutcome {
    let Origin::Delivery(trust) = arrival.origin else {
        job.heals += 1;
        return EntryOutcome::Heal;
    };
    let kind = if arrival.is_unreadable() {
        record::UNREADABLE
    } else if arrival.kind() == EventKind::Unknown {
        "unknown"
    } else {
        arrival.document.told.type_name.as_deref().unwrap_or("unknown")
    };
    let key = format!("{kind}/{}/{}", word(&trust), word(&outcome));
    *job.tally.entry(key).or_default() += 1;
    job.deliveries += 1;
    job.duplicates += u32::from(outcome == EntryOutcome::Duplicate);
    outcome
}

/// Returns whether a delivery is a duplicate. An equal body is one if it has a
/// time of its own. Without a time, as in a bare `failed`, the sender may mean
/// it again. Then it is a duplicate only if nothing was applied since. One that
/// only announced a result is a duplicate once the result is there.
fn is_repetition(job: &Job, arrival: &Arrival<'_>) -> bool {
    let Some(seen) = arrival.seen else { return false };
    let is_answered = arrival.kind() == EventKind::Ready && job.status == Status::Completed;
    is_answered || arrival.document.told.sender_time().is_some() || job.last_applied <= seen
}

const fn transition_of(told: &EventFacts) -> Transition {
    let sender_time = match told.updated_at {
        Some(time) => Some(time),
        None => told.acquired_at,
    };
    Transition { kind: told.kind, sender_time, lease_expiry: told.lease_expiry }
}

/// What the caller itself says of a job.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Labels<'a> {
    pub app: Option<&'a String>,
    pub reference: Option<&'a String>,
    pub tags: &'a [String],
    pub keep_days: Option<u32>,
}

/// Notes what the caller says. Known values stay.
pub(crate) fn describe(job: &mut Job, labels: Labels<'_>, now: Timestamp) {
    let before = (job.app.is_some(), job.reference.is_some(), job.tags.len());
    if job.app.is_none() {
        job.app = labels.app.cloned();
    }
    if job.reference.is_none() {
        job.reference = labels.reference.cloned();
    }
    job.keep_days = job.keep_days.or(labels.keep_days);
    for tag in labels.tags {
        if job.tags.len() < MAX_TAGS && !job.tags.contains(tag) {
            job.tags.push(tag.clone());
        }
    }
    if before != (job.app.is_some(), job.reference.is_some(), job.tags.len()) {
        job.touch(now);
    }
}

type Followed = (EntryOutcome, Option<String>, Option<String>);

fn follow(job: &mut Job, verdict: Move, n: u32, arrival: &Arrival<'_>) -> Followed {
    match verdict {
        Move::Unknown => (EntryOutcome::Unknown, None, None),
        Move::Fetch => {
            (EntryOutcome::Applied, Some("the upstream is asked for the result".to_owned()), None)
        }
        Move::Late(why) => (EntryOutcome::Late, Some(why.to_owned()), None),
        Move::To { status, next_attempt } => {
            advance(job, status, next_attempt, arrival);
            let result = (status == Status::Completed).then(|| accept(job, n, arrival));
            (EntryOutcome::Applied, None, result)
        }
        Move::Revise if repeats_result(job, arrival) => {
            take_over_files(job, arrival.archived, arrival.at);
            let renewed = renew(job, arrival);
            let detail = (renewed > 0).then(|| format!("fresh URLs for {}", words::files(renewed)));
            (EntryOutcome::Duplicate, detail, None)
        }
        Move::Revise => revise(job, n, arrival),
    }
}

/// Handles a result after an earlier one. A smaller result never replaces a
/// larger one, so that paid results stay when the upstream has removed them.
fn revise(job: &mut Job, n: u32, arrival: &Arrival<'_>) -> Followed {
    let new = arrival.document.result.as_ref().map(ResultWeight::of).unwrap_or_default();
    let served = ResultWeight::served(job);
    // Deliveries that are moved here from another object come late.
    let is_older = job.completed_at.is_some_and(|served| arrival.at < served);
    if new < served {
        take_over_files(job, arrival.archived, arrival.at);
        let renewed = renew(job, arrival);
        let lent = if renewed > 0 {
            format!("; fresh URLs for {}", words::files(renewed))
        } else {
            String::new()
        };
        let why = format!("not used: it has {new}, and the present result {served}{lent}");
        return (EntryOutcome::Late, Some(why), None);
    }
    if is_older && new == served {
        return (EntryOutcome::Late, Some("older than the present result".to_owned()), None);
    }
    let result = accept(job, n, arrival);
    (EntryOutcome::Applied, Some("a new result replaces the present one".to_owned()), Some(result))
}

fn advance(job: &mut Job, status: Status, next_attempt: bool, arrival: &Arrival<'_>) {
    let told = &arrival.document.told;
    job.status = status;
    job.attempt += u32::from(next_attempt);
    job.sender_time = job.sender_time.max(told.sender_time());
    job.queue_name = told.queue_name.clone().or_else(|| job.queue_name.take());
    job.worker_name = told.worker_name.clone().or_else(|| job.worker_name.take());
    job.acquired_at = told.acquired_at.or(job.acquired_at);
    job.lease_expiry = told.lease_expiry.or(job.lease_expiry);
    job.error.clone_from(&arrival.document.error);
}

/// Takes over a result and its files; returns its text with durable URLs.
fn accept(job: &mut Job, n: u32, arrival: &Arrival<'_>) -> String {
    let Some(output) = &arrival.document.result else { return "null".to_owned() };
    let from = DeliveryRef { delivery: n, sha256: arrival.sha256, at: arrival.now };
    let urls = job.take_up(&output.found, from);
    let files = job.files.iter_mut().filter(|file| file.served);
    files.for_each(|file| age(file, output.life, arrival.at));
    take_over_files(job, arrival.archived, arrival.at);
    job.completed_at = Some(arrival.at);
    let (fingerprint, is_empty) = (output.fingerprint.clone(), !ResultWeight::of(output).speaks());
    let (key, bytes, nonce) = (None, None, None);
    job.result = Some(ResultRef { delivery: n, fingerprint, key, bytes, nonce, is_empty });
    output.text(arrival.read.text, &urls)
}

/// Sets when a file's URL expires by the sender's word, if the URL does not
/// tell.
fn age(file: &mut File, life_s: Option<u64>, at: Timestamp) {
    if matches!(file.source, Source::Url { .. }) && file.expires_at.is_none() {
        file.expires_at = life_s.map(|life| at.plus(life.saturating_mul(SECOND)));
    }
}

/// Takes over the stored files of the object that the delivery comes from,
/// because their URLs may have expired.
fn take_over_files(job: &mut Job, archived: &[Archived], now: Timestamp) {
    let mut adopted = false;
    for file in job.files.iter_mut().filter(|f| f.served && f.stored().is_none()) {
        let stored = archived.iter().find(|stored| stored.identity == file.identity);
        if let Some(stored) = stored {
            file.take_over(stored);
            adopted = true;
        }
    }
    if adopted {
        job.note_if_stored(now);
        job.touch(now);
    }
}

fn repeats_result(job: &Job, arrival: &Arrival<'_>) -> bool {
    let new = arrival.document.result.as_ref();
    job.result.as_ref().zip(new).is_some_and(|(known, new)| known.fingerprint == new.fingerprint)
}

/// Gives fresh URLs to files that are not stored yet; returns to how many.
fn renew(job: &mut Job, arrival: &Arrival<'_>) -> usize {
    let mut renewed = 0;
    let new = arrival.document.result.as_ref();
    let found = new.into_iter().flat_map(|output| &output.found.files);
    let found = found.map(|found| (found.identity(arrival.sha256), found));
    let fresh: HashMap<String, &FoundFile> = found.collect();
    for file in job.files.iter_mut().filter(|f| f.served && f.stored().is_none()) {
        let fresh = fresh.get(&file.identity);
        let Some(FoundFile { origin: FoundAt::Url { url, host }, expires_at, .. }) = fresh else {
            continue;
        };
        // A URL without a deadline outlives all others.
        let is_shorter = expires_at.is_some_and(|new| file.expires_at.is_none_or(|old| new < old));
        if is_shorter && !file.waits_for_url() {
            continue;
        }
        file.source = Source::Url { url: url.clone(), host: host.clone() };
        file.expires_at = *expires_at;
        age(file, new.and_then(|output| output.life), arrival.at);
        file.begin_anew(arrival.now, false);
        renewed += 1;
    }
    if renewed > 0 {
        if arrival.origin != Origin::Healing {
            job.healing = Healing::default();
        }
        job.stored_at = None;
        job.touch(arrival.at);
    }
    renewed
}

/// Returns a note if the body names a job other than this one.
fn other_name(job: &Job, arrival: &Arrival<'_>) -> Option<String> {
    let named = arrival.named.as_ref().filter(|named| job.id.as_ref() != Some(named))?;
    let own = if job.id.is_some() { "which is another job" } else { "but this job has no id yet" };
    Some(format!("the body names job {named}, {own}"))
}

fn entry(
    n: u32,
    arrival: &Arrival<'_>,
    outcome: EntryOutcome,
    details: [Option<String>; 4],
) -> Entry {
    let details: Vec<String> = details.into_iter().flatten().collect();
    Entry {
        n,
        event_type: arrival
            .document
            .told
            .type_name
            .clone()
            .filter(|_| arrival.origin != Origin::Healing),
        received_at: arrival.at,
        trust: arrival.origin.trust(),
        outcome,
        detail: (!details.is_empty()).then(|| details.join("; ")),
        bytes: Some(arrival.document.bytes),
        sha256: Some(arrival.sha256.to_owned()),
        body: Some(arrival.body.clone()),
        mended: arrival.document.mended,
    }
}
