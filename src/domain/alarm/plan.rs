//! The work that a job still needs, and when the alarm must ring for it.
//!
//! Pending work is derived from the record and never stored beside it, so that
//! the two can't disagree. An early alarm does no harm.

use crate::domain::archive::kv_copy::{self, CopyStep};
use crate::domain::handoff::queue;
use crate::domain::healing;
use crate::domain::job::file::File;
use crate::domain::job::outbox::Receiver;
use crate::domain::job::record::Job;
use crate::domain::retry::Pace;
use crate::domain::sort;
use crate::domain::time::{SECOND, Timestamp};

/// The most files that one run copies.
pub const MAX_COPIES_A_RUN: usize = 16;

/// How long a run copies before it updates the catalog in between, in
/// milliseconds. Most copies are done earlier, so that one update is enough.
pub const SHOW_AFTER_MS: u64 = SECOND;
/// The number of timeline entries that are moved to the bucket at once.
pub const OFFLOAD_PAGE: u32 = 100;
/// The number of entries that stay in the object. It is larger while files are
/// being copied, because their bytes may be in the bodies.
const KEPT_ENTRIES: u32 = 200;
const KEPT_ENTRIES_WHILE_COPYING: u32 = 2_000;

/// A task that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// Point the id's object to this one.
    Link,
    /// Copy file `n`.
    Copy(u32),
    /// Ask the upstream for a result, or for fresh URLs.
    Healing,
    /// Hand on the event of a timeline entry.
    HandOff(u32, Receiver),
    /// Write the manifest to R2, once the job has settled or been quiet for a
    /// while.
    Publish,
    /// Write the settled job's record to KV, or delete it if the job has
    /// continued.
    Record,
    /// Write file `n` again, under its new link.
    Relink(u32),
    /// Send the job's row to the catalog.
    List,
    /// Move the oldest timeline entries to R2.
    Offload,
}

impl Task {
    /// Returns the file that the task copies, if it copies one.
    #[must_use]
    pub const fn file(&self) -> Option<u32> {
        match self {
            Self::Copy(n) => Some(*n),
            _ => None,
        }
    }

    /// Returns how many subrequests the task usually makes. As many must be
    /// left to begin it.
    #[must_use]
    pub const fn cost(self) -> u32 {
        match self {
            // The result, its status, and the write of a large result.
            Self::Healing => 3,
            // A copy or a new link: the fetch or read, and the put; redirects
            // and a vague type cost more. A hand-off: a large result's text,
            // and the call. A link: the call to the id's object, and to the one
            // that it names. A manifest or record: a large result's text, and
            // the write. A row: the call, and another to an object of the
            // previous release.
            Self::Copy(_)
            | Self::Relink(_)
            | Self::HandOff(..)
            | Self::Link
            | Self::Publish
            | Self::Record
            | Self::List => 2,
            Self::Offload => 1,
        }
    }
}

/// The tasks that are due, and the time of the next one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// The tasks that are due, the most urgent first.
    pub due: Vec<Task>,
    /// The earliest time at which another task is due.
    pub wake: Option<Timestamp>,
}

/// Derives the pending work of `job`.
#[must_use]
pub fn plan(job: &Job, pace: Pace, now: Timestamp) -> Plan {
    let mut plan = Plan::default();
    let is_listed = job.work.list.version >= job.revision();
    // The last run may have died of its copies, so the row goes first.
    let shows_first = job.work.runs > 1;
    if !is_listed && shows_first {
        plan.add(Task::List, job.work.list.at, now);
    }
    let copy = kv_copy::step(job);
    // Until the copy is deleted, readers get outdated data from it.
    if let Some((CopyStep::Delete, at)) = copy {
        plan.add(Task::Record, at, now);
    }
    let mut pending: Vec<_> = job.files.iter().filter(|file| file.is_pending()).collect();
    pending.retain(|file| !file.is_stranded(now));
    sort::by_key(&mut pending, |file| (file.expires_at.is_none(), file.expires_at, file.n));
    for file in pending {
        plan.add(Task::Copy(file.n), file.not_before, now);
    }
    // The row follows the copies, because they change it. Copies that take long
    // do not delay it (`SHOW_AFTER_MS`).
    if !is_listed && !shows_first {
        plan.add(Task::List, job.work.list.at, now);
    }
    for file in job.files.iter().filter(|file| file.stored().is_some_and(|object| object.relink)) {
        plan.add(Task::Relink(file.n), job.work.relink.at, now);
    }
    if let Some(at) = healing::due_at(job, pace) {
        plan.add(Task::Healing, at, now);
    }
    // Hand-offs come before publishing, because their outcome would cause
    // another.
    for message in job.handoff.pending() {
        let task = Task::HandOff(message.entry, message.receiver);
        plan.add(task, queue::due_at(job, message, pace), now);
    }
    // Linking follows the copies, because a stored file keeps its link when the
    // job moves.
    let work = &job.work;
    if job.unlinked_id.is_some() {
        plan.add(Task::Link, work.link.at, now);
    }
    if work.publish.version < job.version || work.published_events < job.events {
        // A job that may soon change again is not written each time.
        let quiet_at = job.updated_at.plus(if job.is_settled() { 0 } else { pace.quiet() });
        plan.add(Task::Publish, work.publish.at.max(quiet_at), now);
    }
    if let Some((CopyStep::Write, at)) = copy {
        plan.add(Task::Record, at, now);
    }
    if must_offload(job) {
        plan.add(Task::Offload, work.offload.at, now);
    }
    plan
}

/// Returns whether a page of old timeline entries must be moved to the bucket.
fn must_offload(job: &Job) -> bool {
    let is_copying = job.files.iter().any(File::is_pending);
    let kept = if is_copying { KEPT_ENTRIES_WHILE_COPYING } else { KEPT_ENTRIES };
    job.events.saturating_sub(job.work.offloaded) >= kept + OFFLOAD_PAGE
}

impl Plan {
    fn add(&mut self, task: Task, at: Timestamp, now: Timestamp) {
        if at <= now {
            self.due.push(task);
        } else {
            self.wake = Some(self.wake.map_or(at, |wake| wake.min(at)));
        }
    }

    /// Returns the due tasks for the `runs`-th run in a row. When runs die,
    /// each begins with another task, so that the one that kills them does not
    /// block the rest.
    #[must_use]
    pub fn due_for_run(mut self, runs: u32) -> Vec<Task> {
        if runs > 2 && !self.due.is_empty() {
            let by = runs as usize % self.due.len();
            self.due.rotate_left(by);
        }
        self.due
    }

    /// Returns the files that the `runs`-th run in a row will copy.
    #[must_use]
    pub fn copies(self, runs: u32) -> Vec<u32> {
        let due = self.due_for_run(runs);
        due.iter().filter_map(Task::file).take(MAX_COPIES_A_RUN).collect()
    }

    /// Returns when the alarm must ring: at once if a task is due.
    #[must_use]
    pub fn alarm(&self, now: Timestamp) -> Option<Timestamp> {
        if self.due.is_empty() { self.wake } else { Some(now) }
    }
}

/// Returns when to try again if a run that begins now never ends. Alarms of one
/// object do not overlap, so an early one only rings at the end of a long run.
#[must_use]
pub fn watchdog(runs: u32, pace: Pace, now: Timestamp) -> Timestamp {
    now.plus(pace.watchdog(runs))
}
