//! Writes the manifest to R2; takes back what was published.

use super::Job;
use super::alarm::Run;
use crate::domain::archive::manifest::Manifest;
use crate::domain::catalog::Question;
use crate::domain::job::record::Job as Record;
use crate::domain::job::timeline::Kept;
use crate::domain::keys::StorageKey;
use crate::edge::platform::{self, During, Failure};
use crate::edge::rpc::catalog;
use crate::edge::storage::bucket;
use serde_json::value::RawValue;

/// Most timeline entries of a manifest; older ones are in pages of their own.
const MAX_ENTRIES: u32 = 1_000;

impl Job {
    /// Writes the manifest. Long bodies of the timeline go to the bucket by
    /// themselves first.
    pub(super) async fn publish(&self, run: &Run) -> Result<(), Failure> {
        let Some(job) = self.store.job()? else { return Ok(()) };
        let is_done = match self.publish_manifest(&job, run).await {
            Ok(true) => true,
            // The next run goes on.
            Ok(false) => return Ok(()),
            Err(failure) => succeeded(Err(failure)),
        };
        let Some(mut now) = self.store.job()? else { return Ok(()) };
        now.work.note_published(&job, is_done, self.circumstances(Ok(())));
        self.note_task(now)
    }

    /// Takes back what was published of a job that lives elsewhere now, but for
    /// the copy in KV: no move waits for that. Its files stay: their links were
    /// given out, and the job took them over.
    pub(super) async fn retire(&self, job: &Record) -> Result<(), Failure> {
        let day = job.created_at.day();
        let question = Question::Remove { home: job.home.clone(), revision: job.revision() };
        catalog::ask(&self.env, &day, &question).await?;
        let path = StorageKey::Manifest { home: &job.home, created_at: job.created_at }.path();
        bucket::open(&self.env)?.delete(path).await.during("deleting a manifest")
    }

    /// `false` if the run has no subrequest left for a long body.
    async fn publish_manifest(&self, job: &Record, run: &Run) -> Result<bool, Failure> {
        let Some(events) = self.newest_entries(job, run).await? else { return Ok(false) };
        let result = self.whole_result(job).await?.map(RawValue::from_string);
        let result = result.transpose().during("the manifest")?;
        let manifest = Manifest { format: job.format, job: job.clone(), result, events };
        let text = serde_json::to_string(&manifest).during("writing the manifest")?;
        let path = StorageKey::Manifest { home: &job.home, created_at: job.created_at }.path();
        bucket::put_json(&bucket::open(&self.env)?, &path, text).await.map(|()| true)
    }

    async fn newest_entries(&self, job: &Record, run: &Run) -> Result<Option<Vec<Kept>>, Failure> {
        let first = job.events.saturating_sub(MAX_ENTRIES).max(job.work.offloaded);
        let mut events = Vec::new();
        for entry in self.store.entries(first, MAX_ENTRIES as usize)? {
            match self.kept_short(job, entry, run).await? {
                Some(kept) => events.push(kept),
                None => return Ok(None),
            }
        }
        Ok(Some(events))
    }

    /// The result's text, wherever it is.
    pub(super) async fn whole_result(&self, job: &Record) -> Result<Option<String>, Failure> {
        match job.result.as_ref().and_then(|result| result.key.as_deref()) {
            Some(key) => bucket::text(&bucket::open(&self.env)?, key).await,
            None => self.store.result(),
        }
    }
}

/// Whether it did; what failed is logged.
pub(super) fn succeeded(outcome: Result<(), Failure>) -> bool {
    outcome.inspect_err(|Failure(text)| platform::log_error(text)).is_ok()
}
