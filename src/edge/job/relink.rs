//! New links to a job's files.

use super::Job;
use crate::domain::archive::relink;
use crate::domain::job::record::Job as Record;
use crate::domain::protocol::Reply;
use crate::edge::platform::{self, Failure};
use crate::edge::storage::bucket;
use crate::edge::storage::object::Slot;
use crate::edge::transfer::rewrite;
use worker::Object;

impl Job {
    /// Gives the files new links. They work at once; the alarm takes the old
    /// ones away.
    pub(super) async fn renew_links(&self) -> Result<Reply, Failure> {
        let mut job = match self.store.slot()? {
            Slot::Alias(home) => return Ok(Reply::Elsewhere(home)),
            Slot::Deleted(tombstone) => return Ok(Reply::Deleted(tombstone.id)),
            Slot::Empty => return Ok(Reply::Missing),
            Slot::Job(job) => *job,
        };
        let nonce = hex::encode(platform::random::<16>());
        let entry = relink::renew(&mut job, nonce, platform::now());
        self.arm(&job).await?;
        self.note(&job, Some(&entry))?;
        Ok(Reply::Job { job: Box::new(job), result: None })
    }

    /// Writes file `n` anew, with the nonce that opens it now.
    pub(super) async fn relink(&self, n: u32) -> Result<(), Failure> {
        let Some(job) = self.store.job()? else { return Ok(()) };
        let Some(file) = job.file(n) else { return Ok(()) };
        let bucket = bucket::open(&self.env);
        let written = match &bucket {
            Ok(bucket) => rewrite(bucket, &file.key, &job.nonce, &self.store).await,
            Err(Failure(text)) => Err(Failure(text.clone())),
        };
        match self.store.slot()? {
            Slot::Deleted(_) => self.discard(&file.key).await,
            Slot::Job(now) => self.note_relinked(*now, n, &job.nonce, written),
            Slot::Alias(_) | Slot::Empty => Ok(()),
        }
    }

    fn note_relinked(
        &self,
        mut job: Record,
        n: u32,
        nonce: &str,
        written: Result<Option<Object>, Failure>,
    ) -> Result<(), Failure> {
        match written {
            Ok(object) => {
                let etag = object.map(|object| object.etag());
                relink::note_written(&mut job, n, nonce, etag, platform::now());
            }
            Err(Failure(text)) => {
                platform::log_error(&text);
                job.work.relink.failed(self.circumstances(Ok(())));
            }
        }
        self.note(&job, None)
    }
}
