//! Writes the rendered record to KV, for readers near and far, and deletes it.

use super::Job;
use super::publish::succeeded;
use crate::domain::archive::kv_copy::{self, Rendering, Step};
use crate::domain::job::record::Job as Record;
use crate::domain::view::record::{self, Context};
use crate::edge::platform::{self, During, Failure};
use crate::edge::storage::kv;

impl Job {
    /// Does what the copy needs: what came of it is noted for the record as it
    /// was, so that a change meanwhile is followed by another step.
    pub(super) async fn record(&self) -> Result<(), Failure> {
        let Some(mut job) = self.store.job()? else { return Ok(()) };
        let Some((step, _)) = kv_copy::step(&job) else { return Ok(()) };
        if kv_copy::begin(&mut job) {
            self.store.save(&job)?;
        }
        let is_done = succeeded(match step {
            Step::Write => self.publish_record(&job).await,
            Step::Delete => kv::delete(&self.env, &kv_copy::written_name(&job)).await,
        });
        let Some(mut now) = self.store.job()? else { return Ok(()) };
        let around = self.circumstances(Ok(()));
        match step {
            Step::Write => now.work.note_recorded(&job, is_done, around),
            Step::Delete => now.work.note_unrecorded(is_done, around),
        }
        self.note_task(now)
    }

    /// Deletes what a job that has moved away left here, and its copy. Sets
    /// the alarm for another try, or none.
    pub(super) async fn tidy(&self) -> Result<(), Failure> {
        let store = &self.store;
        store.forget_all_but_alias()?;
        let Some(mut left) = store.left_copy()? else {
            return platform::clear_alarm(store.storage()).await;
        };
        if succeeded(kv::delete(&self.env, &left.home).await) {
            store.forget_left_copy()?;
            return platform::clear_alarm(store.storage()).await;
        }
        let again = left.failed(self.config.pace, platform::now());
        platform::set_alarm_at(store.storage(), again).await?;
        store.save_left_copy(&left)
    }

    async fn publish_record(&self, job: &Record) -> Result<(), Failure> {
        let config = &self.config;
        let result = self.whole_result(job).await?;
        let context = Context { base: config.base_url(&job.origin), secrets: config.secrets() };
        let text =
            record::record(job, result.as_deref(), context).during("rendering the record")?;
        let rendering = Rendering::now(config.public_url.as_deref());
        kv::put(&self.env, &kv_copy::name(job), text, &rendering).await
    }
}
