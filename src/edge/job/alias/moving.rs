//! Moves a job to the object of its id when that has a job of its own.

use super::leftovers;
use super::point::{point_id_here, release_id};
use crate::domain::archive::kv_copy::OrphanedCopy;
use crate::domain::gateway::submission;
use crate::domain::ingest::delivery::{DeliveredBody, Delivery, Moved};
use crate::domain::job::file::File;
use crate::domain::job::record::Job;
use crate::domain::job::timeline::{BodyAt, EntryWithBody, Trust};
use crate::domain::keys::StorageKey;
use crate::domain::names::ObjectName;
use crate::domain::protocol::gateway::TakeOverSubmission;
use crate::domain::protocol::ingest::Deliver;
use crate::domain::protocol::outcome::Resolved;
use crate::edge::job::home::Home;
use crate::edge::job::run::Run;
use crate::edge::job::timeline::{entries_after, text_of};
use crate::edge::platform::Failure;
use crate::edge::rpc::{catalog, job};
use crate::edge::storage::bucket;

/// The entries that are moved between two reads of the timeline.
const PAGE: usize = 40;

/// Points the object of `unlinked_id` here, or moves the job there. After a
/// failure it records when to retry.
///
/// Only the alarm calls this, so that no delivery waits for a move and no two
/// moves overlap.
pub async fn link(home: &Home, run: &Run) -> Result<(), Failure> {
    let Err(failure) = try_link(home, run).await else { return Ok(()) };
    failure.log();
    let Some(mut job) = home.store.job()? else { return Ok(()) };
    job.work.link.failed(home.retry_context(Ok(())));
    home.store.save(&job)
}

async fn try_link(home: &Home, run: &Run) -> Result<(), Failure> {
    match point_id_here(home).await? {
        Some(there) => move_to(home, &there, run).await,
        None => Ok(()),
    }
}

/// Replays this job's deliveries at `there`, then leads there. Repeating it
/// after a crash is harmless: `moved_events` says where to continue, and the
/// target knows what was moved before by its key.
async fn move_to(home: &Home, there: &ObjectName, run: &Run) -> Result<(), Failure> {
    let store = &home.store;
    let mut is_retired = false;
    loop {
        let Some(job) = store.job()? else { return Ok(()) };
        let entries = entries_after(home, &job, job.work.moved_events, PAGE).await?;
        // Only what is still to be replayed is read from the bucket.
        if store.job()?.is_none_or(|now| now.events != job.events) {
            continue;
        }
        if entries.is_empty() && is_retired {
            // Nothing was awaited since the record was compared.
            return leave(home, &job, there).await;
        }
        if entries.is_empty() {
            unpublish(home, &job).await?;
            is_retired = true;
        }
        // This must come before the deliveries, because their events are handed
        // on.
        if job.work.moved_events == 0 && !hand_over_submission(home, &job, there).await? {
            return release_id(home);
        }
        for kept in entries {
            // The next run continues where this one stops.
            if !run.budget.take(1) {
                return Ok(());
            }
            replay(home, &job, &kept, there).await?;
            note_moved(home, kept.entry.n)?;
        }
    }
}

/// Makes this object lead to `there`, and deletes the leftovers here.
async fn leave(home: &Home, job: &Job, there: &ObjectName) -> Result<(), Failure> {
    if let Some(orphaned) = OrphanedCopy::of(job) {
        home.store.save_orphaned_copy(&orphaned)?;
    }
    home.lead_to(there)?;
    leftovers::clear(home).await
}

/// Sends the state of the job's submission to `there`, if it was submitted.
/// Returns `false` if the job there is certainly another one.
async fn hand_over_submission(home: &Home, job: &Job, there: &ObjectName) -> Result<bool, Failure> {
    let Some(state) = submission::submission_state(job) else { return Ok(true) };
    let told = job::ask_job(&home.env, there, TakeOverSubmission(Box::new(state))).await?;
    Ok(!matches!(told, Resolved::Here(false)))
}

async fn replay(
    home: &Home,
    job: &Job,
    kept: &EntryWithBody,
    there: &ObjectName,
) -> Result<(), Failure> {
    let entry = &kept.entry;
    let body = match &entry.body {
        // An answer that the vault fetched itself will be fetched again there.
        _ if entry.trust.is_none() => return Ok(()),
        None => return Ok(()),
        Some(BodyAt::Bucket(key)) => DeliveredBody::Bucket(key.clone()),
        Some(BodyAt::Object) => DeliveredBody::Text(text_of(home, kept)?.unwrap_or_default()),
    };
    let delivery = Delivery {
        received_at: entry.received_at,
        body,
        document: None,
        skeleton: None,
        sha256: entry.sha256.clone().unwrap_or_default(),
        origin: job.origin.clone(),
        trust: entry.trust.unwrap_or(Trust::Token),
        reference: job.reference.clone(),
        app: job.app.clone(),
        tags: job.tags.clone(),
        keep_days: job.keep_days,
        from: Some(job.provider),
        note: Some(format!("moved from {}", job.home)),
        named: None,
        moved: Some(Moved {
            key: format!("{}/{}", job.home, entry.n),
            archived: job.files.iter().filter_map(File::archived).collect(),
            cost: job.cost.clone(),
        }),
        may_tell: false,
    };
    job::ask_job(&home.env, there, Deliver(Box::new(delivery))).await.map(drop)
}

fn note_moved(home: &Home, n: u32) -> Result<(), Failure> {
    let Some(mut job) = home.store.job()? else {
        return Ok(());
    };
    job.work.moved_events = n;
    home.store.save(&job)
}

/// Removes the catalog row and the manifest of a job that now lives elsewhere.
/// The copy in KV is deleted later, so that no move waits for it. The files
/// stay: clients have their links, and the other job took them over.
async fn unpublish(home: &Home, job: &Job) -> Result<(), Failure> {
    let day = job.created_at.day();
    let created_at = Some(job.created_at);
    catalog::remove(&home.env, &day, &job.home, created_at, job.revision()).await?;
    let path = StorageKey::Manifest { home: &job.home, created_at: job.created_at }.path();
    bucket::delete(&home.env, &path).await
}
