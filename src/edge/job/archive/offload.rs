//! Moves the oldest timeline entries to the bucket, so that the object does not
//! grow without bound.

use crate::domain::alarm::plan::OFFLOAD_PAGE;
use crate::domain::keys::StorageKey;
use crate::edge::job::home::Home;
use crate::edge::job::run::Run;
use crate::edge::job::timeline::kept_short;
use crate::edge::platform::{During, Failure};
use crate::edge::storage::bucket;

/// Moves one page of entries: first their long bodies, each to its own object,
/// then the page. Then it deletes them here. A crash in between only repeats a
/// write.
pub async fn offload(home: &Home, run: &Run) -> Result<(), Failure> {
    let Err(failure) = try_offload(home, run).await else { return Ok(()) };
    failure.log();
    let Some(mut job) = home.store.job()? else { return Ok(()) };
    job.work.offload.failed(home.retry_context(Ok(())));
    home.store.save(&job)
}

async fn try_offload(home: &Home, run: &Run) -> Result<(), Failure> {
    let store = &home.store;
    let Some(job) = store.job()? else { return Ok(()) };
    let until = job.work.offloaded + OFFLOAD_PAGE;
    let mut entries = store.entries(job.work.offloaded, OFFLOAD_PAGE as usize)?;
    entries.retain(|entry| entry.n <= until);
    let mut page = Vec::new();
    for entry in &entries {
        match kept_short(home, &job, entry.clone(), run).await? {
            Some(kept) => page.push(kept),
            None => return Ok(()),
        }
    }
    let key = StorageKey::Timeline { home: &job.home, until }.path();
    let text = serde_json::to_string(&page).during("writing a page of the timeline")?;
    bucket::put_json(&bucket::open(&home.env)?, &key, text).await?;
    let Some(mut job) = store.job()? else { return Ok(()) };
    let moved = store.keys_of(&entries, job.last_applied)?;
    job.work.offloaded = until;
    job.work.offload.done(job.version);
    store.save(&job)?;
    store.delete(&moved)
}
