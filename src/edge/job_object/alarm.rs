//! The one loop for all pending work.

use super::Job;
use crate::domain::catalog::Row;
use crate::domain::time::{SECOND, Timestamp};
use crate::domain::work::{self, MAX_COPIES_A_RUN, Task};
use crate::edge::catalog_client;
use crate::edge::platform::{self, Failure};
use crate::edge::store::Slot;

/// A run begins nothing after this long. A copy may take another 12.5 minutes
/// (redirects, a look at the type, the copy), and the platform ends a run
/// after 15.
pub(super) const MAX_RUN_MS: u64 = 60 * SECOND;

impl Job {
    /// Does what is due.
    ///
    /// 1. Sets a watchdog and durably counts the run, so that a run that dies
    ///    anywhere is followed by another, however often.
    /// 2. Works, one thing after the other, within the run's budget. Copies
    ///    overlap; their records do not.
    /// 3. Sets the exact next alarm.
    pub(super) async fn run(&self) -> Result<(), Failure> {
        let store = self.store();
        let begun = platform::now();
        let first = work::watchdog(1, self.config.pace, begun);
        platform::set_alarm_at(store.storage(), first).await?; // (1)
        let mut job = match store.slot().await? {
            Slot::Job(job) => job,
            Slot::Empty => return platform::clear_alarm(store.storage()).await,
            Slot::Alias(_) => {
                // The job has moved away; what it left may still be there.
                store.forget_all_but_alias().await?;
                return platform::clear_alarm(store.storage()).await;
            }
        };
        job.work.runs += 1;
        let runs = job.work.runs;
        store.save(&job).await?;
        let watchdog = work::watchdog(runs, self.config.pace, begun);
        platform::set_alarm_at(store.storage(), watchdog).await?;
        self.work(begun, runs).await?; // (2)
        self.rest().await // (3)
    }

    async fn work(&self, begun: Timestamp, runs: u32) -> Result<(), Failure> {
        let mut copies = 0;
        while copies < MAX_COPIES_A_RUN && platform::now().since(begun) < MAX_RUN_MS {
            let Some(job) = self.store().job().await? else { break };
            let due = work::plan(&job, self.config.pace, platform::now()).due_for_run(runs);
            match due.first() {
                None => break,
                Some(Task::Link) => self.try_link().await?,
                Some(Task::Publish) => self.publish().await?,
                Some(Task::List) => self.list().await?,
                Some(Task::Heal) => self.heal().await?,
                Some(Task::Copy(_)) => {
                    let files: Vec<u32> = due.iter().filter_map(file_of).collect();
                    copies += self.copy(job, &files, MAX_COPIES_A_RUN - copies, begun).await?;
                }
            }
        }
        Ok(())
    }

    async fn rest(&self) -> Result<(), Failure> {
        let store = self.store();
        let Some(mut job) = store.job().await? else {
            return Ok(());
        };
        job.work.runs = 0;
        store.save(&job).await?;
        let now = platform::now();
        match work::plan(&job, self.config.pace, now).alarm(now) {
            Some(at) => platform::set_alarm_at(store.storage(), at).await,
            None => platform::clear_alarm(store.storage()).await,
        }
    }

    async fn try_link(&self) -> Result<(), Failure> {
        let Err(Failure(text)) = self.link().await else {
            return Ok(());
        };
        platform::log_error(&text);
        let Some(mut job) = self.store().job().await? else {
            return Ok(());
        };
        job.work.link_attempts += 1;
        job.work.link_at = self.later(job.work.link_attempts);
        self.store().save(&job).await
    }

    /// Tells the catalog of the job as it is now.
    async fn list(&self) -> Result<(), Failure> {
        let Some(job) = self.store().job().await? else { return Ok(()) };
        let outcome = catalog_client::put(&self.env, Row::of(&job)).await;
        let Some(mut now) = self.store().job().await? else { return Ok(()) };
        if let Err(Failure(text)) = outcome {
            platform::log_error(&text);
            now.work.list_attempts += 1;
            now.work.list_at = self.later(now.work.list_attempts);
        } else {
            now.work.listed_version = job.version;
            now.work.list_attempts = 0;
        }
        self.store().save(&now).await
    }

    /// When to try again what has failed as many times.
    pub(super) fn later(&self, attempts: u32) -> Timestamp {
        let delay = self.config.pace.backoff(attempts, platform::entropy());
        platform::now().plus(delay)
    }
}

const fn file_of(task: &Task) -> Option<u32> {
    match task {
        Task::Copy(n) => Some(*n),
        Task::Heal | Task::Link | Task::Publish | Task::List => None,
    }
}
