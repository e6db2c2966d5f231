//! The work that a job still needs, and when the alarm must ring for it.
//!
//! Pending work is derived from the record, never stored beside it, so the two
//! can't disagree. Being woken early is harmless.

use crate::domain::archive::kv_copy::{self, CopyStep};
use crate::domain::handoff::queue;
use crate::domain::healing;
use crate::domain::job::file::File;
use crate::domain::job::outbox::Receiver;
use crate::domain::job::record::Job;
use crate::domain::retry::Pace;
use crate::domain::sort;
use crate::domain::time::{SECOND, Timestamp};

/// Most files that one run copies.
pub const MAX_COPIES_A_RUN: usize = 16;

/// How long the copies of a run may take before the catalog is told of the job
/// as it is meanwhile, in milliseconds. Most are done by then, and told once.
pub const SHOW_AFTER_MS: u64 = SECOND;
/// Timeline entries that are moved to the bucket together.
pub const OFFLOAD_PAGE: u32 = 100;
/// Entries that stay in the object; while files are being copied, more: their
/// bytes may be in the bodies.
const KEPT_ENTRIES: u32 = 200;
const KEPT_ENTRIES_WHILE_COPYING: u32 = 2_000;

/// Something that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// Point the id's object here.
    Link,
    /// Copy file `n`.
    Copy(u32),
    /// Ask the upstream for what did not come by itself.
    Healing,
    /// Hand on the event of a timeline entry.
    HandOff(u32, Receiver),
    /// Write the settled job's manifest to R2.
    Publish,
    /// Write the settled job's record to KV, or delete that of one that is not
    /// settled any more.
    Record,
    /// Write file `n` anew, under its new link.
    Relink(u32),
    /// Tell the catalog.
    List,
    /// Move the oldest timeline entries to R2.
    Offload,
}

impl Task {
    /// The file that it copies, if it does.
    #[must_use]
    pub const fn file(&self) -> Option<u32> {
        match self {
            Self::Copy(n) => Some(*n),
            _ => None,
        }
    }

    /// Subrequests that it makes as a rule, and that must be left to begin it.
    #[must_use]
    pub const fn cost(self) -> u32 {
        match self {
            // The result, its status, and where it is kept.
            Self::Healing => 3,
            // A message: a large result's text, and the call. A copy: the fetch and the put; redirects and a vague type cost
            // more. A link: the question, and where the answer leads. A large
            // result's text, and the manifest or the record. A row, and a new
            // day's place.
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

/// What is due now, and when the next thing will be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// Due tasks, the most urgent first.
    pub due: Vec<Task>,
    /// The earliest time at which another task becomes due.
    pub wake: Option<Timestamp>,
}

/// Derives the pending work of `job`.
#[must_use]
pub fn plan(job: &Job, pace: Pace, now: Timestamp) -> Plan {
    let mut plan = Plan::default();
    let is_listed = job.work.list.version >= job.revision();
    // A run that copies may have died of it.
    let shows_first = job.work.runs > 1;
    if !is_listed && shows_first {
        plan.add(Task::List, job.work.list.at, now);
    }
    let copy = kv_copy::step(job);
    // Until then readers are told what is not true any more.
    if let Some((CopyStep::Delete, at)) = copy {
        plan.add(Task::Record, at, now);
    }
    let mut pending: Vec<_> = job.files.iter().filter(|file| file.is_pending()).collect();
    pending.retain(|file| !file.is_stranded(now));
    sort::by_key(&mut pending, |file| (file.expires_at.is_none(), file.expires_at, file.n));
    for file in pending {
        plan.add(Task::Copy(file.n), file.not_before, now);
    }
    // After the copies, which change what it tells; one that takes long does
    // not wait for them (`SHOW_AFTER_MS`).
    if !is_listed && !shows_first {
        plan.add(Task::List, job.work.list.at, now);
    }
    for file in job.files.iter().filter(|file| file.stored().is_some_and(|object| object.relink)) {
        plan.add(Task::Relink(file.n), job.work.relink.at, now);
    }
    if let Some(at) = healing::due_at(job, pace) {
        plan.add(Task::Healing, at, now);
    }
    // Before the job is published, which its outcome would have done twice.
    for message in job.handoff.pending() {
        let task = Task::HandOff(message.entry, message.receiver);
        plan.add(task, queue::due_at(job, message, pace), now);
    }
    // After the copies: a file that is stored keeps its link when the job moves.
    let work = &job.work;
    if job.unlinked_id.is_some() {
        plan.add(Task::Link, work.link.at, now);
    }
    if work.publish.version < job.version || work.published_events < job.events {
        // What changes soon again is not written each time.
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

/// Whether a page of old timeline entries is to be moved to the bucket.
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

    /// The due tasks for the `runs`-th run in a row. When runs die, another
    /// task comes first each time: the one that kills them must not keep the
    /// rest from being done.
    #[must_use]
    pub fn due_for_run(mut self, runs: u32) -> Vec<Task> {
        if runs > 2 && !self.due.is_empty() {
            let by = runs as usize % self.due.len();
            self.due.rotate_left(by);
        }
        self.due
    }

    /// The files that the `runs`-th run in a row is going to copy.
    #[must_use]
    pub fn copies(self, runs: u32) -> Vec<u32> {
        let due = self.due_for_run(runs);
        due.iter().filter_map(Task::file).take(MAX_COPIES_A_RUN).collect()
    }

    /// When the alarm must ring: at once if something is due.
    #[must_use]
    pub fn alarm(&self, now: Timestamp) -> Option<Timestamp> {
        if self.due.is_empty() { self.wake } else { Some(now) }
    }
}

/// When to try again if a run that begins now never comes to its end. Alarms
/// of one object do not overlap, so one that is set too early only rings at
/// the end of a long run.
#[must_use]
pub fn watchdog(runs: u32, pace: Pace, now: Timestamp) -> Timestamp {
    now.plus(pace.watchdog(runs))
}
