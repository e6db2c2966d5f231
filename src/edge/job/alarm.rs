//! The one loop for all pending work.

use super::Job;
use crate::domain::alarm::plan::{self, Budget, MAX_COPIES_A_RUN, SHOW_AFTER_MS, Task};
use crate::domain::archive::kv_copy;
use crate::domain::archive::outcome;
use crate::domain::catalog::Row;
use crate::domain::job::record::Job as Record;
use crate::domain::job::retention;
use crate::domain::time::{SECOND, Timestamp};
use crate::edge::platform::{self, Failure};
use crate::edge::rpc::catalog;
use crate::edge::storage::object::Slot;
use futures_util::future::{Either, join, select};
use std::pin::pin;
use std::time::Duration;
use worker::Delay;

/// A run begins nothing after this long. A copy may take another 12.5 minutes
/// (redirects, a look at the type, the copy), and the platform ends a run
/// after 15.
pub(super) const MAX_RUN_MS: u64 = 60 * SECOND;

/// A run of the alarm.
pub(super) struct Run {
    pub begun: Timestamp,
    pub budget: Budget,
}

impl Run {
    /// Whether it may still begin something.
    pub(super) fn is_young(&self) -> bool {
        platform::now().since(self.begun) < MAX_RUN_MS
    }
}

impl Job {
    /// Does what is due.
    ///
    /// 1. Sets a watchdog, drops what a dead run has left, and durably counts
    ///    this one, so that it is followed by another wherever it dies.
    /// 2. Works, one thing after the other, within the run's budget. Copies
    ///    overlap; their records do not.
    /// 3. Sets the exact next alarm.
    pub(super) async fn run(&self) -> Result<(), Failure> {
        let store = &self.store;
        let begun = platform::now();
        let first = plan::watchdog(1, self.config.pace, begun);
        platform::set_alarm_at(store.storage(), first).await?; // (1)
        let run = Run { begun, budget: Budget::of_a_run() };
        self.abort_left_uploads(&run).await?;
        let job = match store.slot()? {
            Slot::Job(job) => job,
            Slot::Empty => {
                return match store.parked()? {
                    Some(parked) => self.unpark(parked).await,
                    None => self.tidy_gate().await,
                };
            }
            Slot::Deleted(tombstone) => return self.decay(*tombstone).await,
            Slot::Alias(_) => return self.tidy().await,
        };
        if self.is_over(&job, begun) {
            return self.delete().await.map(drop);
        }
        let runs = self.count_run(job, begun)?;
        // The first run's is set.
        if runs > 1 {
            let watchdog = plan::watchdog(runs, self.config.pace, begun);
            platform::set_alarm_at(store.storage(), watchdog).await?;
        }
        self.work(&run, runs).await?; // (2)
        self.rest().await // (3)
    }

    /// Writes that a run has begun, and what a dead one has left undone. Returns
    /// how many have since one came to its end.
    fn count_run(&self, mut job: Box<Record>, begun: Timestamp) -> Result<u32, Failure> {
        let version = job.version;
        outcome::note_death(&mut job, self.circumstances(Err("")));
        job.work.runs += 1;
        let runs = job.work.runs;
        job.work.copying = plan::plan(&job, self.config.pace, begun).copies(runs);
        self.store.save(&job)?;
        if job.version > version {
            self.announce();
        }
        Ok(runs)
    }

    /// Whether the time is up for which the job is kept.
    fn is_over(&self, job: &Record, now: Timestamp) -> bool {
        retention::ends_at(job, self.config.retention_days).is_some_and(|end| end <= now)
    }

    async fn work(&self, run: &Run, runs: u32) -> Result<(), Failure> {
        let mut copies = 0;
        while copies < MAX_COPIES_A_RUN && run.is_young() {
            let due = self.due(runs)?;
            let Some(task) = due.first() else { break };
            if let Task::Copy(_) = task {
                if run.budget.left() < task.cost() {
                    break;
                }
                let most = MAX_COPIES_A_RUN - copies;
                copies += Box::pin(self.copy_and_show(&due, most, run)).await?;
            } else if run.budget.take(task.cost()) {
                self.perform(*task, run).await?;
            } else {
                break;
            }
        }
        Ok(())
    }

    /// What is to be done now, in order.
    fn due(&self, runs: u32) -> Result<Vec<Task>, Failure> {
        let job = self.store.job()?;
        let plan = job.map(|job| plan::plan(&job, self.config.pace, platform::now()));
        Ok(plan.map(|plan| plan.due_for_run(runs)).unwrap_or_default())
    }

    /// Copies files, `most` at the most. A job whose files take long shows in
    /// the catalog before they are there.
    async fn copy_and_show(&self, due: &[Task], most: usize, run: &Run) -> Result<usize, Failure> {
        let files: Vec<u32> = due.iter().filter_map(Task::file).collect();
        let copies = pin!(self.copy(&files, most, run));
        match select(copies, Delay::from(Duration::from_millis(SHOW_AFTER_MS))).await {
            Either::Left((tried, _)) => tried,
            Either::Right(((), copies)) => {
                let is_due = due.contains(&Task::List) && run.budget.take(Task::List.cost());
                let show = async { if is_due { self.list().await } else { Ok(()) } };
                let (tried, shown) = join(copies, show).await;
                shown.and(tried)
            }
        }
    }

    async fn perform(&self, task: Task, run: &Run) -> Result<(), Failure> {
        match task {
            Task::Heal => Box::pin(self.heal(run)).await,
            Task::Link => self.try_link(run).await,
            Task::Publish => Box::pin(self.publish(run)).await,
            Task::Record => self.record().await,
            Task::HandOff(entry, receiver) => self.hand_off(entry, receiver).await,
            Task::Relink(n) => self.relink(n).await,
            Task::List => self.list().await,
            Task::Offload => self.offload_entries(run).await,
            Task::Copy(_) => Ok(()),
        }
    }

    async fn rest(&self) -> Result<(), Failure> {
        let store = &self.store;
        let Some(mut job) = store.job()? else {
            return Ok(());
        };
        if !job.work.has_ended() {
            job.work.end_run();
            store.save(&job)?;
        }
        match self.next_alarm(&job) {
            Some(at) => platform::set_alarm_at(store.storage(), at).await,
            None => platform::clear_alarm(store.storage()).await,
        }
    }

    async fn try_link(&self, run: &Run) -> Result<(), Failure> {
        let Err(Failure(text)) = self.link(run).await else {
            return Ok(());
        };
        platform::log_error(&text);
        let Some(mut job) = self.store.job()? else {
            return Ok(());
        };
        job.work.link.failed(self.circumstances(Ok(())));
        self.store.save(&job)
    }

    /// Tells the catalog of the job as it is now.
    async fn list(&self) -> Result<(), Failure> {
        let Some(job) = self.store.job()? else { return Ok(()) };
        let (row, revision) = (Row::of(&job), job.revision());
        drop(job); // many may wait for the catalog at the same time
        let outcome = catalog::put(&self.env, row).await;
        let Some(mut job) = self.store.job()? else { return Ok(()) };
        if let Err(Failure(text)) = outcome {
            platform::log_error(&text);
            job.work.list.failed(self.circumstances(Ok(())));
        } else {
            job.work.list.done(revision);
        }
        self.note_task(job)
    }

    /// Writes what has come of a task. What would be written next goes with
    /// it: that the run has ended, or that the first copy in KV is begun.
    pub(super) fn note_task(&self, mut job: Record) -> Result<(), Failure> {
        let plan = plan::plan(&job, self.config.pace, platform::now());
        match plan.due_for_run(job.work.runs).first() {
            None => job.work.end_run(),
            Some(Task::Record) => drop(kv_copy::begin(&mut job)),
            Some(_) => {}
        }
        self.store.save(&job)
    }
}
