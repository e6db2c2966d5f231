//! Gives a job's files new links.

use crate::domain::archive::relink;
use crate::domain::job::record::Job;
use crate::edge::job::found::CommandError;
use crate::edge::job::home::Home;
use crate::edge::platform::{self, Failure};
use crate::edge::storage::bucket;
use crate::edge::storage::object::Slot;
use crate::edge::transfer::rewrite;
use worker::Object;

/// Gives the files new links. They work at once; the alarm disables the old
/// ones.
pub async fn renew_links(home: &Home) -> Result<Box<Job>, CommandError> {
    let mut job = home.here()?;
    let nonce = hex::encode(platform::random::<16>());
    let entry = relink::renew(&mut job, nonce, platform::now());
    home.commit(&mut job, Some(&entry)).await?;
    Ok(job)
}

/// Writes file `n` again, with the nonce of its new link.
pub async fn relink(home: &Home, n: u32) -> Result<(), Failure> {
    let Some(job) = home.store.job()? else { return Ok(()) };
    let Some(file) = job.file(n) else { return Ok(()) };
    let written =
        async { rewrite(&bucket::open(&home.env)?, &file.key, &job.nonce, &home.store).await };
    let written = written.await;
    match home.store.slot()? {
        Slot::Deleted(_) => bucket::delete(&home.env, &file.key).await,
        Slot::Job(now) => note_relinked(home, *now, n, &job.nonce, written),
        Slot::Alias(_) | Slot::Empty => Ok(()),
    }
}

fn note_relinked(
    home: &Home,
    mut job: Job,
    n: u32,
    nonce: &str,
    written: Result<Option<Object>, Failure>,
) -> Result<(), Failure> {
    match written {
        Ok(object) => {
            let etag = object.map(|object| object.etag());
            relink::note_written(&mut job, n, nonce, etag, platform::now());
        }
        Err(failure) => {
            failure.log();
            job.work.relink.failed(home.retry_context(Ok(())));
        }
    }
    home.note(&job, None)
}
