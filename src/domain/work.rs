//! The work that a job still needs, and when the alarm must ring for it.
//!
//! Pending work is derived from the record, never stored beside it, so the two
//! can't disagree. Being woken early is harmless.

use super::file::FileState;
use super::heal;
use super::job::Job;
use super::retry::Pace;
use super::time::Timestamp;

/// Most files that one run copies. On the free plan a run may make 50
/// subrequests; a copy makes two as a rule (fetch and put), more with redirects,
/// a vague type, or parts. What is over the limit fails and is tried again.
pub const MAX_COPIES_A_RUN: usize = 16;

/// Something that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// Point the id's object here.
    Link,
    /// Copy file `n`.
    Copy(u32),
    /// Ask the upstream for what did not come by itself.
    Heal,
    /// Write the settled record to KV and the manifest to R2.
    Publish,
    /// Tell the catalog.
    List,
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
    let mut pending: Vec<_> =
        job.files.iter().filter(|file| file.state == FileState::Pending).collect();
    pending.retain(|file| !file.is_stranded(now));
    pending.sort_by_key(|file| (file.expires_at.is_none(), file.expires_at, file.n));
    for file in pending {
        plan.add(Task::Copy(file.n), file.not_before, now);
    }
    if let Some(at) = heal::due_at(job, pace) {
        plan.add(Task::Heal, at, now);
    }
    // After the copies: a file that is stored keeps its link when the job moves.
    if job.unlinked_id.is_some() {
        plan.add(Task::Link, job.work.link_at, now);
    }
    if job.is_settled() && job.work.published_version < job.version {
        plan.add(Task::Publish, job.work.publish_at, now);
    }
    if job.work.listed_version < job.version {
        plan.add(Task::List, job.work.list_at, now);
    }
    plan
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
