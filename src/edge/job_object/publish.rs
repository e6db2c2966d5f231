//! Publishes a settled job: the manifest in R2, the rendered record in KV.

use super::Job;
use crate::domain::catalog::Question;
use crate::domain::job::Job as Record;
use crate::domain::keys::{self, StorageKey};
use crate::domain::timeline::Entry;
use crate::domain::view::{self, Context};
use crate::edge::bucket;
use crate::edge::catalog_client;
use crate::edge::platform::{self, During, Failure};
use serde::Serialize;
use serde_json::value::RawValue;

/// Tries after which a job counts as published: at 15 minutes each that is a
/// day of failures, and the next change tries again.
const MAX_TRIES: u32 = 100;
/// Most timeline entries of a manifest.
const MAX_ENTRIES: usize = 1_000;

/// A job as the bucket explains it; `format` is that of the record.
#[derive(Serialize)]
struct Manifest<'a> {
    format: u32,
    job: &'a Record,
    result: Option<&'a RawValue>,
    events: Vec<Entry>,
}

impl Job {
    /// Writes both. A manifest that fails is tried again later; a record in KV
    /// that fails is left to the job's next change.
    pub(super) async fn publish(&self) -> Result<(), Failure> {
        let store = self.store();
        let Some(job) = store.job().await? else {
            return Ok(());
        };
        let outcome = self.publish_version(&job).await;
        let Some(mut now) = store.job().await? else {
            return Ok(());
        };
        let tries = now.work.publish_attempts + 1;
        match outcome {
            Err(Failure(text)) if tries < MAX_TRIES => {
                platform::log_error(&text);
                now.work.publish_attempts = tries;
                now.work.publish_at = self.later(tries);
            }
            _ => {
                now.work.published_version = job.version;
                now.work.publish_attempts = 0;
            }
        }
        store.save(&now).await
    }

    /// Takes back what was published of a job that lives elsewhere now. Its
    /// files stay: their links were given out, and the job took them over.
    pub(super) async fn retire(&self, job: &Record) -> Result<(), Failure> {
        let day = job.created_at.day();
        catalog_client::ask(&self.env, &day, &Question::Remove(job.home.clone())).await?;
        let path = StorageKey::Manifest { home: &job.home, created_at: job.created_at }.path();
        bucket::open(&self.env)?.delete(path).await.during("deleting a manifest")?;
        if let Err(Failure(text)) = self.retire_record(job).await {
            platform::log_error(&text);
        }
        Ok(())
    }

    async fn retire_record(&self, job: &Record) -> Result<(), Failure> {
        let records = self.env.kv("RECORDS").during("opening the RECORDS namespace")?;
        records.delete(&keys::record_key(&job.home)).await.during("deleting from KV")
    }

    async fn publish_version(&self, job: &Record) -> Result<(), Failure> {
        let key = job.result.as_ref().and_then(|result| result.key.as_deref());
        let bucket = bucket::open(&self.env)?;
        let result = match key {
            Some(key) => bucket::text(&bucket, key).await?,
            None => self.store().result().await?,
        };
        let manifest = Manifest {
            format: job.format,
            job,
            result: result
                .as_deref()
                .map(serde_json::from_str)
                .transpose()
                .during("the manifest")?,
            events: self.store().entries(0, MAX_ENTRIES).await?,
        };
        let text = serde_json::to_string(&manifest).during("writing the manifest")?;
        let path = StorageKey::Manifest { home: &job.home, created_at: job.created_at }.path();
        bucket::put_json(&bucket, &path, text).await?;
        // KV is a copy for quick readers. Over its quota (1,000 writes a day on
        // the free plan) trying again would only use more of it.
        if let Err(Failure(text)) = self.publish_record(job, result.as_deref()).await {
            platform::log_error(&text);
        }
        Ok(())
    }

    async fn publish_record(&self, job: &Record, result: Option<&str>) -> Result<(), Failure> {
        let config = &self.config;
        let context = Context { base: config.base_url(&job.origin), tokens: config.hook_tokens() };
        let text = view::record(job, result, context).during("rendering the record")?;
        let records = self.env.kv("RECORDS").during("opening the RECORDS namespace")?;
        let put = records.put(&keys::record_key(&job.home), text).during("writing to KV")?;
        put.execute().await.during("writing to KV")
    }
}
