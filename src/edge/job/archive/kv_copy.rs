//! Writes the rendered record to KV, so that it can be read from anywhere, and
//! deletes it.

use crate::domain::archive::kv_copy::{self, CopyStep, Rendering};
use crate::domain::job::record::Job;
use crate::edge::job::home::Home;
use crate::edge::job::result;
use crate::edge::platform::{Failure, succeeded};
use crate::edge::storage::kv;

/// Writes or deletes the copy. It records the result for the record as it was
/// read, so that a change meanwhile leads to another step.
pub async fn record(home: &Home) -> Result<(), Failure> {
    let Some(mut job) = home.store.job()? else { return Ok(()) };
    let Some((step, _)) = kv_copy::step(&job) else { return Ok(()) };
    if kv_copy::begin(&mut job) {
        home.store.save(&job)?;
    }
    let is_done = succeeded(match step {
        CopyStep::Write => publish_record(home, &job).await,
        CopyStep::Delete => kv::delete(&home.env, &kv_copy::written_name(&job)).await,
    });
    let Some(mut now) = home.store.job()? else { return Ok(()) };
    let context = home.retry_context(Ok(()));
    match step {
        CopyStep::Write => kv_copy::note_written(&mut now.work, &job, is_done, context),
        CopyStep::Delete => kv_copy::note_deleted(&mut now.work, is_done, context),
    }
    home.note_task(now)
}

async fn publish_record(home: &Home, job: &Job) -> Result<(), Failure> {
    let name = kv_copy::name(job);
    let Some(text) = result::rendered(home, job).await? else {
        return kv::delete(&home.env, &name).await;
    };
    let rendering = Rendering::now(home.config.public_url.as_deref());
    kv::put(&home.env, &name, text, &rendering).await
}
