//! Copies again what is not stored, by the rules of today.

use super::Job;
use crate::domain::archive::recopy::{self, Again, Reading};
use crate::domain::file::discover::discover_in;
use crate::domain::ingest::apply::Applied;
use crate::domain::job::record::Job as Record;
use crate::domain::keys;
use crate::domain::protocol::Reply;
use crate::domain::webhook::event::Event;
use crate::edge::platform::{self, During, Failure};
use crate::edge::storage::bucket;
use crate::edge::storage::object::Slot;
use std::collections::HashSet;

impl Job {
    /// Reads the delivery of the served result once more; without one, the
    /// upstream is asked. Decides anew if the job changes meanwhile.
    pub(super) async fn archive(&self) -> Result<Reply, Failure> {
        loop {
            let job = match self.store.slot()? {
                Slot::Alias(home) => return Ok(Reply::Elsewhere(home)),
                Slot::Deleted(tombstone) => return Ok(Reply::Deleted(tombstone.id)),
                Slot::Empty => return Ok(Reply::Missing),
                Slot::Job(job) => *job,
            };
            let done = match self.result_delivery(&job).await? {
                Some((text, sha256)) => self.copy_again(&job, &text, &sha256).await?,
                None => Some(self.ask_again(job).await?),
            };
            if let Some(job) = done {
                return Ok(Reply::Job { job: Box::new(job), result: None });
            }
        }
    }

    async fn ask_again(&self, mut job: Record) -> Result<Record, Failure> {
        let entry = recopy::ask(&mut job, platform::now());
        self.arm(&job).await?;
        self.note(&job, Some(&entry))?;
        Ok(job)
    }

    /// `None` if the job has changed since it was read.
    async fn copy_again(
        &self,
        read: &Record,
        text: &str,
        sha256: &str,
    ) -> Result<Option<Record>, Failure> {
        let event = Event::parse(text).during("reading a delivery")?;
        let found = discover_in(text, &event, &self.config.sources, read.input.as_deref());
        let reading = Reading { text, sha256, event, found };
        let kept = self.kept(read).await;
        let kept = kept.inspect_err(|Failure(text)| platform::log_error(text)).ok();
        // What can't be asked is believed.
        let is_kept = |key: &str| kept.as_ref().is_none_or(|kept| kept.contains(key));
        let store = &self.store;
        let Some(mut job) = store.job()?.filter(|job| job.version == read.version) else {
            return Ok(None);
        };
        let Again { entry, result } = recopy::copy(&mut job, &reading, is_kept, platform::now());
        let mut applied = Applied { job, entry, result };
        if !self.offload(&mut applied, sha256).await? {
            return Ok(None);
        }
        self.arm(&applied.job).await?;
        if let Some(text) = &applied.result {
            store.save_result(text)?;
        }
        self.note(&applied.job, Some(&applied.entry))?;
        Ok(Some(applied.job))
    }

    /// The body of the served result's delivery as it is read, and the digest
    /// of what came.
    async fn result_delivery(&self, job: &Record) -> Result<Option<(String, String)>, Failure> {
        let Some(result) = &job.result else { return Ok(None) };
        let Some(kept) = self.entry(job, result.delivery).await? else { return Ok(None) };
        Ok(self.read_text_of(&kept).await?.zip(kept.entry.sha256))
    }

    /// The keys of the job's files that are in the bucket. One that was taken
    /// over from another object is believed to be.
    async fn kept(&self, job: &Record) -> Result<HashSet<String>, Failure> {
        let [prefix, ..] = keys::prefixes_of_job(&job.home);
        let found = bucket::keys_below(&bucket::open(&self.env)?, &prefix).await?;
        let elsewhere = job.files.iter().map(|file| file.key.clone());
        Ok(found.into_iter().chain(elsewhere.filter(|key| !key.starts_with(&prefix))).collect())
    }
}
