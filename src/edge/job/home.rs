//! The state and helpers that all commands and tasks of an object share.
//!
//! Commands and tasks are functions of a [`Home`]. They call what lies below
//! them, never the dispatch (`dispatch.rs`) or the alarm, and not each other in a
//! circle.

use super::changes::{Changes, Snapshot};
use super::found::{CommandError, here, outcome};
use crate::domain::alarm::plan::{self, Task};
use crate::domain::alarm::schedule;
use crate::domain::archive::kv_copy;
use crate::domain::config::Config;
use crate::domain::job::record::Job;
use crate::domain::job::retention;
use crate::domain::job::timeline::Entry;
use crate::domain::names::ObjectName;
use crate::domain::protocol::outcome::{Outcome, Reply};
use crate::domain::protocol::read::JobRead;
use crate::domain::retry::RetryContext;
use crate::domain::time::Timestamp;
use crate::edge::platform::{self, During, Failure};
use crate::edge::storage::object::{RecordExtras, Store};
use std::cell::Cell;
use std::rc::Rc;
use worker::{Env, Storage};

/// The object of a job, or of a name that leads to one.
pub struct Home {
    /// The object's storage.
    pub store: Store,
    /// The bindings: bucket, KV, other objects.
    pub env: Env,
    /// The configuration.
    pub config: Rc<Config>,
    /// The readers that wait for a change.
    pub changes: Changes,
    /// Whether the upstream is being asked to take the job.
    pub submitting: Cell<bool>,
    /// Whether the alarm's run is in progress.
    pub running: Cell<bool>,
}

impl Home {
    /// Returns the state of an object that wakes.
    pub fn new(storage: Storage, env: Env) -> Self {
        let (store, config) = (Store::new(storage), platform::config(&env));
        let (changes, submitting, running) = Default::default();
        Self { store, env, config, changes, submitting, running }
    }

    /// Returns the job, or where it is or why it is missing.
    pub fn here(&self) -> Result<Box<Job>, CommandError> {
        here(self.store.slot()?)
    }

    /// Sets the alarm for what follows from a change, then writes the change.
    ///
    /// In this order, because an alarm that rings for nothing is harmless, and
    /// one that is missing is not.
    pub async fn commit(&self, job: &mut Job, entry: Option<&Entry>) -> Result<(), Failure> {
        self.arm(job).await?;
        self.note(job, entry)
    }

    /// Writes a change that readers may wait for, with its timeline entry.
    pub fn note(&self, job: &Job, entry: Option<&Entry>) -> Result<(), Failure> {
        self.note_with(job, RecordExtras { entry, ..RecordExtras::default() })
    }

    /// Writes a change together with everything else that came with it.
    pub fn note_with(&self, job: &Job, came: RecordExtras<'_>) -> Result<(), Failure> {
        self.store.save_with(job, came)?;
        self.announce();
        Ok(())
    }

    /// Records the result of a task that may safely run twice. It reaches the
    /// disk when the run ends, or with the next change. Only the beginning of
    /// the first copy in KV must be on the disk before that copy.
    pub fn note_task(&self, mut job: Job) -> Result<(), Failure> {
        let plan = plan::plan(&job, self.config.pace, platform::now());
        let is_next = plan.due_for_run(job.work.runs).first() == Some(&Task::Record);
        if is_next && kv_copy::begin(&mut job) {
            return self.store.save(&job);
        }
        self.store.hold(job)
    }

    /// Makes this object lead to the job at `there`, and sends waiting readers
    /// there.
    pub fn lead_to(&self, there: &ObjectName) -> Result<(), Failure> {
        self.store.replace_with_alias(there)?;
        self.announce();
        Ok(())
    }

    /// Sends the job's new state to all waiting readers. A failure is only
    /// logged: the change stays written.
    pub fn announce(&self) {
        if !self.changes.count() {
            return;
        }
        let seen = self.look().map(Rc::new);
        let seen = seen.inspect_err(Failure::log).ok();
        self.changes.announce(seen.as_ref());
    }

    /// Returns what a reader gets now.
    pub fn look(&self) -> Result<Snapshot, Failure> {
        let change = self.changes.latest();
        let outcome = outcome(self.read())?;
        let text = outcome.write().during("writing an answer")?;
        Ok(Snapshot { outcome, text, change })
    }

    fn read(&self) -> Result<JobRead, CommandError> {
        let job = self.here()?;
        Ok(JobRead { result: self.store.result()?, job })
    }

    /// Returns what the time of the next retry depends on, as of now.
    pub fn retry_context<'a>(&self, renewal: Result<(), &'a str>) -> RetryContext<'a> {
        let (now, entropy) = (platform::now(), platform::entropy());
        RetryContext { now, pace: self.config.pace, entropy, renewal }
    }

    /// Returns when the alarm must ring for `job`: for its pending work, or for
    /// the end of its retention.
    pub fn next_alarm(&self, job: &Job) -> Option<Timestamp> {
        let now = platform::now();
        let work = plan::plan(job, self.config.pace, now).alarm(now);
        let end = retention::ends_at(job, self.config.retention_days);
        work.into_iter().chain(end).min()
    }

    /// Sets the alarm for the pending work of `job`, if it has any, and notes
    /// its time in the job. The caller must write the job next.
    pub async fn arm(&self, job: &mut Job) -> Result<(), Failure> {
        let Some(at) = self.next_alarm(job) else { return Ok(()) };
        schedule::note_set(job, Some(at));
        self.set_alarm(at).await
    }

    /// Sets the alarm of a job with pending work if it was lost. Readers call
    /// this.
    pub async fn rearm(&self, job: &Job) -> Result<(), Failure> {
        let Some(at) = self.next_alarm(job) else { return Ok(()) };
        let set = platform::alarm(self.store.storage()).await?;
        if set.is_some() { Ok(()) } else { self.set_alarm(at).await }
    }

    /// Sets a lost alarm in this way for the job of an outcome, if it has one.
    pub async fn rearm_seen(&self, seen: &Snapshot) -> Result<(), Failure> {
        match &seen.outcome {
            Outcome::Here(read) => self.rearm(&read.job).await,
            Outcome::Elsewhere(_) | Outcome::Deleted(_) | Outcome::Missing => Ok(()),
        }
    }

    /// Sets the alarm to ring at `at`, not earlier.
    pub fn set_alarm(&self, at: Timestamp) -> impl Future<Output = Result<(), Failure>> {
        platform::set_alarm_at(self.store.storage(), at)
    }

    /// Removes the alarm, because nothing is pending.
    pub fn clear_alarm(&self) -> impl Future<Output = Result<(), Failure>> {
        platform::clear_alarm(self.store.storage())
    }
}
