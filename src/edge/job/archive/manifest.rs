//! Writes the job's manifest to R2.

use crate::domain::archive::manifest::{self, Manifest};
use crate::domain::job::record::Job;
use crate::domain::job::timeline::EntryWithBody;
use crate::domain::json;
use crate::domain::keys::StorageKey;
use crate::edge::bodies::{PutTarget, SplicedText};
use crate::edge::job::home::Home;
use crate::edge::job::result;
use crate::edge::job::run::Run;
use crate::edge::job::timeline::kept_short;
use crate::edge::platform::{During, Failure, succeeded};
use crate::edge::storage::bucket;

/// The most timeline entries in a manifest; older ones are in their own pages.
const MAX_ENTRIES: u32 = 1_000;

/// Writes the manifest. Before that, it moves long bodies of the timeline to
/// objects of their own in the bucket.
pub async fn publish(home: &Home, run: &Run) -> Result<(), Failure> {
    let Some(job) = home.store.job()? else { return Ok(()) };
    let is_done = match publish_manifest(home, &job, run).await {
        Ok(true) => true,
        // The next run continues.
        Ok(false) => return Ok(()),
        Err(failure) => succeeded(Err(failure)),
    };
    let Some(mut now) = home.store.job()? else { return Ok(()) };
    manifest::note_published(&mut now.work, &job, is_done, home.retry_context(Ok(())));
    home.note_task(now)
}

/// Returns `false` if the run has no subrequest left for a long body.
async fn publish_manifest(home: &Home, job: &Job, run: &Run) -> Result<bool, Failure> {
    let Some(events) = newest_entries(home, job, run).await? else { return Ok(false) };
    let long = job.result.as_ref().and_then(|result| result.long().zip(result.bytes));
    let result = if long.is_some() { None } else { result::whole(home, job).await? };
    let result = result.as_deref().map(json::from_str).transpose().during("the manifest")?;
    let manifest = Manifest { format: job.format, job: job.clone(), result, events };
    let text = serde_json::to_string(&manifest).during("writing the manifest")?;
    let path = StorageKey::Manifest { home: &job.home, created_at: job.created_at }.path();
    match long.zip(manifest::around_result(&text)) {
        Some(((key, bytes), around)) => {
            let parts = SplicedText::around(key, bytes, around);
            parts.store(&home.env, PutTarget::of_json(path)).await?;
        }
        None => bucket::put_json(&bucket::open(&home.env)?, &path, text).await?,
    }
    Ok(true)
}

async fn newest_entries(
    home: &Home,
    job: &Job,
    run: &Run,
) -> Result<Option<Vec<EntryWithBody>>, Failure> {
    let first = job.events.saturating_sub(MAX_ENTRIES).max(job.work.offloaded);
    let mut events = Vec::new();
    for entry in home.store.entries(first, MAX_ENTRIES as usize)? {
        match kept_short(home, job, entry, run).await? {
            Some(kept) => events.push(kept),
            None => return Ok(None),
        }
    }
    Ok(Some(events))
}
