//! Reports the job to the catalog.

use super::home::Home;
use crate::domain::catalog::row::Row;
use crate::edge::platform::Failure;
use crate::edge::rpc::catalog;

/// Sends the job's current row to the catalog.
pub async fn list(home: &Home) -> Result<(), Failure> {
    let Some(job) = home.store.job()? else { return Ok(()) };
    let (row, revision) = (Row::of(&job), job.revision());
    drop(job); // frees its memory: many jobs may wait for the catalog at once
    let outcome = catalog::put(&home.env, row).await;
    let Some(mut job) = home.store.job()? else { return Ok(()) };
    if let Err(failure) = outcome {
        failure.log();
        job.work.list.failed(home.retry_context(Ok(())));
    } else {
        job.work.list.done(revision);
    }
    home.note_task(job)
}
