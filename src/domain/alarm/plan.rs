//! The work that a job still needs, and when the alarm must ring for it.
//!
//! Pending work is derived from the record, never stored beside it, so the two
//! can't disagree. Being woken early is harmless.

use crate::domain::archive::kv_copy::{self, Step};
use crate::domain::handoff::queue::{self, Receiver};
use crate::domain::healing;
use crate::domain::job::file::FileState;
use crate::domain::job::record::Job;
use crate::domain::retry::{Circumstances, Pace};
use crate::domain::time::{SECOND, Timestamp};
use serde::{Deserialize, Serialize};
use std::cell::Cell;

/// Most files that one run copies.
pub const MAX_COPIES_A_RUN: usize = 16;
/// Most subrequests of a run: on the free plan it may make 50. Only a file
/// that goes by parts may need more.
pub const MAX_SUBREQUESTS_A_RUN: u32 = 45;
/// How long the copies of a run may take before the catalog is told of the job
/// as it is meanwhile, in milliseconds. Most are done by then, and told once.
pub const SHOW_AFTER_MS: u64 = SECOND;
/// Timeline entries that are moved to the bucket together.
pub const OFFLOAD_PAGE: u32 = 100;
/// Entries that stay in the object; while files are being copied, more: their
/// bytes may be in the bodies.
const KEPT_ENTRIES: u32 = 200;
const KEPT_ENTRIES_WHILE_COPYING: u32 = 2_000;
/// Failed tries to write a first copy to KV after which that is left to the
/// next change, a day and a half later: its quota is small. What is outdated
/// there is never left.
const MAX_RECORD_TRIES: u32 = 15;
/// Failed tries to write the manifest after which that is left to the next
/// change: a day of them.
const MAX_PUBLISH_TRIES: u32 = 100;

/// The subrequests that a run may still make.
#[derive(Debug)]
pub struct Budget(Cell<u32>);

impl Budget {
    /// That of a run that begins.
    #[must_use]
    pub const fn of_a_run() -> Self {
        Self(Cell::new(MAX_SUBREQUESTS_A_RUN))
    }

    /// Takes `count` subrequests; `false`, and none taken, if so many are not
    /// left.
    pub fn take(&self, count: u32) -> bool {
        let left = self.0.get().checked_sub(count);
        left.inspect(|left| self.0.set(*left)).is_some()
    }

    /// Takes one even if none is left.
    pub fn force(&self) {
        self.0.set(self.0.get().saturating_sub(1));
    }

    /// How many are left.
    pub const fn left(&self) -> u32 {
        self.0.get()
    }
}

/// How far the alarm loop has got.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Work {
    /// Runs begun since one last came to its end; spaces the watchdog.
    pub runs: u32,
    /// The files that the last run was to copy, if it has not come to its end.
    pub copying: Vec<u32>,
    /// Pointing the id's object here.
    pub link: Chore,
    /// Writing the manifest to R2.
    pub publish: Chore,
    /// The last timeline entry that is in the manifest.
    #[serde(skip_serializing_if = "is_zero")]
    pub published_events: u32,
    /// Writing the rendered record to KV; version 0: there is no copy.
    pub record: Chore,
    /// The last timeline entry that the copy in KV counts.
    #[serde(skip_serializing_if = "is_zero")]
    pub recorded_events: u32,
    /// Whether a first copy in KV may be there that no end was noted of.
    #[serde(skip_serializing_if = "is_false")]
    pub record_begun: bool,
    /// Whether the copy in KV is under the job's id, not the name it lives at.
    #[serde(skip_serializing_if = "is_false")]
    pub record_by_id: bool,
    /// Telling the catalog; its `version` is [`Job::revision`].
    pub list: Chore,
    /// Writing files anew whose links were replaced.
    #[serde(skip_serializing_if = "Chore::is_idle")]
    pub relink: Chore,
    /// Moving old timeline entries to R2.
    pub offload: Chore,
    /// The last timeline entry that is in R2.
    pub offloaded: u32,
    /// The last timeline entry that was moved to another object.
    pub moved_events: u32,
}

/// Something that is done once for each version, and again when it fails.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Chore {
    /// The version that it was last done for.
    pub version: u64,
    /// Failed tries since then.
    pub attempts: u32,
    /// Not before this time: try.
    pub at: Timestamp,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
const fn is_zero(number: &u32) -> bool {
    *number == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

impl Chore {
    fn is_idle(&self) -> bool {
        *self == Self::default()
    }

    /// Notes that it is done for `version`.
    pub fn done(&mut self, version: u64) {
        *self = Self { version, ..Self::default() };
    }

    /// Notes that a try has failed.
    pub fn failed(&mut self, around: Circumstances<'_>) {
        self.attempts += 1;
        self.at = around.now.plus(around.pace.backoff(self.attempts, around.entropy));
    }

    /// As [`Chore::failed`]; after `most` tries in a row it counts as done.
    fn failed_at_most(&mut self, most: u32, version: u64, around: Circumstances<'_>) {
        self.failed(around);
        if self.attempts >= most {
            self.done(version);
        }
    }
}

impl Work {
    /// Notes that the run has come to its end.
    pub fn end_run(&mut self) {
        self.runs = 0;
        self.copying.clear();
    }

    /// Whether the last run has come to its end.
    #[must_use]
    pub const fn has_ended(&self) -> bool {
        self.runs == 0 && self.copying.is_empty()
    }

    /// Notes how publishing `job`, as it was then, ended.
    pub fn note_published(&mut self, job: &Job, is_done: bool, around: Circumstances<'_>) {
        if is_done {
            self.publish.done(job.version);
        } else {
            self.publish.failed_at_most(MAX_PUBLISH_TRIES, job.version, around);
        }
        if self.publish.attempts == 0 {
            self.published_events = job.events;
        }
    }

    /// Notes that the first copy in KV is about to be written: a run that dies
    /// in between must not leave one that no one knows of.
    pub const fn begin_record(&mut self, by_id: bool) {
        (self.record_begun, self.record_by_id) = (true, by_id);
    }

    /// Notes how writing the record of `job`, as it was then, to KV ended.
    pub fn note_recorded(&mut self, job: &Job, is_done: bool, around: Circumstances<'_>) {
        let is_first = self.record.version == 0;
        (self.record_begun, self.record_by_id) = (false, kv_copy::is_named_by_id(job));
        if is_done || is_first && self.record.attempts + 1 >= MAX_RECORD_TRIES {
            // What is less than a new version is not written each time.
            let at = around.now.plus(around.pace.quiet());
            self.record = Chore { version: job.version, attempts: 0, at };
            self.recorded_events = job.events;
        } else {
            self.record_failed(around);
        }
    }

    /// Notes how deleting the record from KV ended.
    pub fn note_unrecorded(&mut self, is_done: bool, around: Circumstances<'_>) {
        if is_done {
            (self.record, self.recorded_events) = (Chore::default(), 0);
            (self.record_begun, self.record_by_id) = (false, false);
        } else {
            self.record_failed(around);
        }
    }

    fn record_failed(&mut self, around: Circumstances<'_>) {
        self.record.attempts += 1;
        self.record.at = around.now.plus(kv_copy::pause(self.record.attempts, around.pace));
    }

    /// Not before this time: write the record to KV, or delete it. News wait
    /// for nothing but a failure.
    #[must_use]
    pub fn record_at(&self, is_news: bool) -> Timestamp {
        if is_news && self.record.attempts == 0 { Timestamp::default() } else { self.record.at }
    }
}

/// Something that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// Point the id's object here.
    Link,
    /// Copy file `n`.
    Copy(u32),
    /// Ask the upstream for what did not come by itself.
    Heal,
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
            Self::Heal => 3,
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
    if let Some((Step::Delete, at)) = copy {
        plan.add(Task::Record, at, now);
    }
    let mut pending: Vec<_> =
        job.files.iter().filter(|file| file.state == FileState::Pending).collect();
    pending.retain(|file| !file.is_stranded(now));
    pending.sort_unstable_by_key(|file| (file.expires_at.is_none(), file.expires_at, file.n));
    for file in pending {
        plan.add(Task::Copy(file.n), file.not_before, now);
    }
    // After the copies, which change what it tells; one that takes long does
    // not wait for them (`SHOW_AFTER_MS`).
    if !is_listed && !shows_first {
        plan.add(Task::List, job.work.list.at, now);
    }
    for file in job.files.iter().filter(|file| file.relink && file.state == FileState::Stored) {
        plan.add(Task::Relink(file.n), job.work.relink.at, now);
    }
    if let Some(at) = healing::due_at(job, pace) {
        plan.add(Task::Heal, at, now);
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
    if let Some((Step::Write, at)) = copy {
        plan.add(Task::Record, at, now);
    }
    if must_offload(job) {
        plan.add(Task::Offload, work.offload.at, now);
    }
    plan
}

/// Whether a page of old timeline entries is to be moved to the bucket.
fn must_offload(job: &Job) -> bool {
    let is_copying = job.files.iter().any(|file| file.state == FileState::Pending);
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
