//! Applies what has come in to the job.

use crate::domain::file::discover::discover_in;
use crate::domain::file::discover::found::Discovery;
use crate::domain::ingest::apply::{self, Applied};
use crate::domain::ingest::arrival::Arrival;
use crate::domain::ingest::delivery::Moved;
use crate::domain::job::record::{Birth, Job};
use crate::domain::job::timeline::{BodyAt, Outcome};
use crate::domain::names::ObjectName;
use crate::domain::protocol::ingest::Delivered;
use crate::domain::protocol::outcome::Routed;
use crate::domain::time::Timestamp;
use crate::domain::webhook::event::EventKind;
use crate::edge::job::home::Home;
use crate::edge::job::result;
use crate::edge::platform::{self, During, Failure};
use crate::edge::storage::object::{Slot, Store};

/// Applies what has come to the job, and finds the files in it; all that
/// awaits more than storage was done before.
///
/// 1. Read, decide, write: atomic, as only storage is awaited.
/// 2. The alarm for what follows, before the write that makes it due: one
///    that rings for nothing is harmless, one that is missing is not.
pub async fn apply(
    home: &Home,
    birth: Birth,
    mut arrival: Arrival<'_>,
    moved: Option<&Moved>,
) -> Result<Routed<Delivered>, Failure> {
    let store = &home.store;
    loop {
        let job = match store.slot()? {
            Slot::Job(job) => Some(*job),
            Slot::Empty => None,
            Slot::Alias(there) => return Ok(Routed::Elsewhere(there)),
            Slot::Deleted(_) => return Ok(Routed::Here(Delivered::Deleted)),
        };
        if let Some(why) = job.as_ref().and_then(|job| job.refuses(&arrival)) {
            return Ok(Routed::Here(Delivered::OtherProvider(why)));
        }
        arrival.found = find_files(home, &arrival, job.as_ref());
        arrival.seen = store.seen(arrival.sha256)?;
        if let Some(reply) = moved_before(store, job.as_ref(), moved)? {
            return Ok(Routed::Here(reply));
        }
        let mut applied = apply::apply(job, birth.clone(), &arrival); // (1)
        if !result::offload(home, &mut applied, arrival.sha256).await? {
            continue;
        }
        let reply = reply(&applied);
        home.arm(&applied.job).await?; // (2)
        keep(store, &applied, &arrival, moved)?;
        home.note(&applied.job, Some(&applied.entry))?;
        return Ok(Routed::Here(reply));
    }
}

/// Finds the files in a result; what was put into the job is none of it.
fn find_files(home: &Home, arrival: &Arrival<'_>, job: Option<&Job>) -> Discovery {
    let Arrival { text, event, .. } = arrival;
    let input = job.and_then(|job| job.input.as_deref());
    match event.kind {
        EventKind::Completed => discover_in(text, event, &home.config.sources, input),
        _ => Discovery::default(),
    }
}

/// The answer to a delivery that has been moved here already: the mover died
/// before it could note so.
fn moved_before(
    store: &Store,
    job: Option<&Job>,
    moved: Option<&Moved>,
) -> Result<Option<Delivered>, Failure> {
    let (Some(job), Some(moved)) = (job, moved) else { return Ok(None) };
    let seen = store.seen(&moved.key)?;
    let taken = |_| Delivered::Taken { id: job.public_id(), event_type: None, duplicate: true };
    Ok(seen.map(taken))
}

/// What a job is made of that is first heard of now.
pub fn birth(home: ObjectName, at: Timestamp, origin: String) -> Birth {
    Birth { home, at, nonce: hex::encode(platform::random::<16>()), origin }
}

fn reply(applied: &Applied) -> Delivered {
    Delivered::Taken {
        id: applied.job.public_id(),
        event_type: applied.entry.event_type.clone(),
        duplicate: applied.entry.outcome == Outcome::Duplicate,
    }
}

/// Writes what goes with the record and its timeline entry.
fn keep(
    store: &Store,
    applied: &Applied,
    arrival: &Arrival<'_>,
    moved: Option<&Moved>,
) -> Result<(), Failure> {
    let n = applied.entry.n;
    if arrival.body == BodyAt::Object {
        store.save_body(n, std::str::from_utf8(arrival.raw).during("keeping a delivery")?)?;
    }
    if !matches!(applied.entry.outcome, Outcome::Duplicate | Outcome::Heal) {
        store.save_seen(arrival.sha256, n)?;
    }
    if let Some(moved) = moved {
        store.save_seen(&moved.key, n)?;
    }
    match &applied.result {
        Some(result) => store.save_result(result),
        None => Ok(()),
    }
}
