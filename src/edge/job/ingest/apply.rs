//! Applies a delivery or an answer to the job.

use crate::domain::alarm::schedule::{self, DeliveryContext};
use crate::domain::catalog::row::Row;
use crate::domain::ingest::apply::{self, Applied};
use crate::domain::ingest::arrival::Arrival;
use crate::domain::ingest::delivery::Moved;
use crate::domain::job::record::{Job, NewJob};
use crate::domain::job::retention;
use crate::domain::job::timeline::{BodyAt, EntryOutcome};
use crate::domain::names::ObjectName;
use crate::domain::protocol::ingest::{CatalogRow, Delivered};
use crate::domain::protocol::outcome::Routed;
use crate::domain::time::Timestamp;
use crate::edge::job::home::Home;
use crate::edge::job::result::{self, ResultSource};
use crate::edge::platform::{self, During, Failure};
use crate::edge::storage::object::{RecordExtras, Slot, Store};
use serde_json::value::to_raw_value;

/// Applies an arrival to the job. Everything that awaits more than storage was
/// done before.
///
/// 1. Reads, decides and writes: this is atomic, because only storage is
///    awaited.
/// 2. Sets the alarm for what follows, before the write that makes it due. An
///    alarm that rings for nothing is harmless, one that is missing is not.
pub async fn apply(
    home: &Home,
    new_job: NewJob,
    mut arrival: Arrival<'_>,
    moved: Option<&Moved>,
    may_tell: bool,
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
        if let Some(job) = &job {
            let read = arrival.read;
            arrival.document.heed_input(&read, job, home.config.read_rules());
        }
        arrival.seen = store.seen(arrival.sha256)?;
        if let Some(reply) = moved_before(store, job.as_ref(), moved)? {
            return Ok(Routed::Here(reply));
        }
        let mut applied = apply::apply(job, new_job.clone(), &arrival); // (1)
        let Arrival { body, sha256, read, .. } = &arrival;
        let made = ResultSource { body, sha256, gaps: read.gaps };
        if !result::offload(home, &mut applied, made).await? {
            continue;
        }
        let context = context(home, &applied.job, may_tell);
        let update = schedule::after_delivery(&mut applied.job, context);
        let row = if update.tells { Some(row(&applied.job)?) } else { None };
        if let Some(at) = update.set {
            platform::set_alarm_exactly(store.storage(), at).await?; // (2)
        }
        home.note_with(&applied.job, extras(&applied, &arrival, moved)?)?;
        return Ok(Routed::Here(reply(applied, row)));
    }
}

/// Returns the answer to a delivery that was moved here already: the mover died
/// before it could record that.
fn moved_before(
    store: &Store,
    job: Option<&Job>,
    moved: Option<&Moved>,
) -> Result<Option<Delivered>, Failure> {
    let (Some(job), Some(moved)) = (job, moved) else { return Ok(None) };
    let seen = store.seen(&moved.key)?;
    let (id, event_type) = (job.public_id(), None);
    Ok(seen.map(|_| Delivered::Taken { id, event_type, duplicate: true, row: None }))
}

/// Returns the data of a job that becomes known now.
pub fn new_job(home: ObjectName, at: Timestamp, origin: String) -> NewJob {
    NewJob { home, at, nonce: hex::encode(platform::random::<16>()), origin }
}

fn context(home: &Home, job: &Job, may_tell: bool) -> DeliveryContext {
    DeliveryContext {
        now: platform::now(),
        pace: home.config.pace,
        ends_at: retention::ends_at(job, home.config.retention_days),
        may_tell,
        is_running: home.running.get(),
    }
}

fn row(job: &Job) -> Result<CatalogRow, Failure> {
    let row = to_raw_value(&Row::of(job)).during("writing a row")?;
    Ok(CatalogRow(job.created_at.day(), row))
}

fn reply(applied: Applied, row: Option<CatalogRow>) -> Delivered {
    Delivered::Taken {
        id: applied.job.public_id(),
        event_type: applied.entry.event_type,
        duplicate: applied.entry.outcome == EntryOutcome::Duplicate,
        row,
    }
}

/// Returns everything that is written together with the record.
fn extras<'a>(
    applied: &'a Applied,
    arrival: &Arrival<'a>,
    moved: Option<&'a Moved>,
) -> Result<RecordExtras<'a>, Failure> {
    let is_here = arrival.body == BodyAt::Object;
    let body = is_here.then(|| std::str::from_utf8(arrival.raw).during("keeping a delivery"));
    let is_new = !matches!(applied.entry.outcome, EntryOutcome::Duplicate | EntryOutcome::Heal);
    let former = moved.map(|moved| moved.key.as_str());
    Ok(RecordExtras {
        entry: Some(&applied.entry),
        body: body.transpose()?,
        seen: Some(arrival.sha256).filter(|_| is_new).into_iter().chain(former).collect(),
        result: applied.result.as_deref(),
    })
}
