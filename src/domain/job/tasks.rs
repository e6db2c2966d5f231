//! The state of the alarm loop's tasks for a job.

use crate::domain::retry::RetryContext;
use crate::domain::time::Timestamp;
use serde::{Deserialize, Serialize};

/// The state of the alarm loop.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Work {
    /// Runs that have begun since the last complete one. The watchdog's pause
    /// grows with them.
    pub runs: u32,
    /// The files that the last run was going to copy, if that run has not
    /// ended.
    pub copying: Vec<u32>,
    /// The task that points the id's object to this job.
    pub link: TaskProgress,
    /// The task that writes the manifest to R2.
    pub publish: TaskProgress,
    /// The last timeline entry in the manifest.
    #[serde(skip_serializing_if = "is_default")]
    pub published_events: u32,
    /// This field and the three after it store one [`KvCopy`].
    record: TaskProgress,
    #[serde(skip_serializing_if = "is_default")]
    recorded_events: u32,
    #[serde(skip_serializing_if = "is_default")]
    record_begun: bool,
    #[serde(skip_serializing_if = "is_default")]
    record_by_id: bool,
    /// The task that updates the catalog. Its `version` is a
    /// [`super::record::Job::revision`].
    pub list: TaskProgress,
    /// The task that rewrites files whose links were replaced.
    #[serde(skip_serializing_if = "is_default")]
    pub relink: TaskProgress,
    /// The task that moves old timeline entries to R2.
    pub offload: TaskProgress,
    /// The last timeline entry in R2.
    pub offloaded: u32,
    /// The last timeline entry that was moved to another object.
    pub moved_events: u32,
    /// The time for which a write of this record set the alarm. A run may have
    /// moved the alarm since; zero means that the time is not known.
    #[serde(skip_serializing_if = "is_default")]
    pub alarm: Timestamp,
}

/// A task that is done once for each version, and retried when it fails.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TaskProgress {
    /// The version for which the task was last done.
    pub version: u64,
    /// Failed tries since then.
    pub attempts: u32,
    /// The earliest time of the next try.
    pub at: Timestamp,
}

/// The job's copy in KV: its rendered record, or nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KvCopy {
    /// There is no copy.
    None,
    /// A first copy may be there: a write has begun, or seems to have failed.
    Begun(LastTry),
    /// A copy is there, unless the vault gave up writing the first one.
    Written {
        /// The version that the copy shows.
        version: u64,
        /// The last timeline entry that the copy counts.
        events: u32,
        /// The last try.
        last: LastTry,
    },
}

/// The last try to write a copy or to delete it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastTry {
    /// Whether the copy's name is the job's id, rather than the name of its
    /// object.
    pub by_id: bool,
    /// Failed tries in a row.
    pub attempts: u32,
    /// The earliest time of the next try.
    pub at: Timestamp,
}

impl KvCopy {
    /// Returns the last try, if there may be a copy.
    #[must_use]
    pub const fn last(self) -> Option<LastTry> {
        match self {
            Self::None => None,
            Self::Begun(last) | Self::Written { last, .. } => Some(last),
        }
    }

    /// Returns the version and the last timeline entry of a complete copy, or
    /// zeros.
    #[must_use]
    pub const fn shown(self) -> (u64, u32) {
        match self {
            Self::Written { version, events, .. } => (version, events),
            Self::None | Self::Begun(_) => (0, 0),
        }
    }

    /// Returns the same copy after a retry.
    #[must_use]
    pub const fn after(self, last: LastTry) -> Self {
        match self {
            Self::Written { version, events, .. } => Self::Written { version, events, last },
            Self::None | Self::Begun(_) => Self::Begun(last),
        }
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl TaskProgress {
    /// Notes that the task is done for `version`.
    pub fn done(&mut self, version: u64) {
        *self = Self { version, ..Self::default() };
    }

    /// Notes that a try has failed.
    pub fn failed(&mut self, context: RetryContext<'_>) {
        self.attempts += 1;
        self.at = context.now.plus(context.pace.backoff(self.attempts, context.entropy));
    }

    /// Notes a failure as [`TaskProgress::failed`] does. After `most` failures
    /// in a row, the task counts as done.
    pub fn failed_at_most(&mut self, most: u32, version: u64, context: RetryContext<'_>) {
        self.failed(context);
        if self.attempts >= most {
            self.done(version);
        }
    }
}

impl Work {
    /// Returns the job's copy in KV.
    #[must_use]
    pub const fn kv_copy(&self) -> KvCopy {
        let TaskProgress { version, attempts, at } = self.record;
        let last = LastTry { by_id: self.record_by_id, attempts, at };
        match version {
            0 if attempts > 0 || self.record_begun => KvCopy::Begun(last),
            0 => KvCopy::None,
            _ => KvCopy::Written { version, events: self.recorded_events, last },
        }
    }

    /// Notes the job's copy in KV.
    pub fn set_kv_copy(&mut self, copy: KvCopy) {
        let last = copy.last();
        let (version, events) = copy.shown();
        let (attempts, at) = last.map_or_else(Default::default, |last| (last.attempts, last.at));
        self.record = TaskProgress { version, attempts, at };
        self.recorded_events = events;
        self.record_begun = matches!(copy, KvCopy::Begun(LastTry { attempts: 0, .. }));
        self.record_by_id = last.is_some_and(|last| last.by_id);
    }

    /// Notes that the run has ended.
    pub fn end_run(&mut self) {
        self.runs = 0;
        self.copying.clear();
    }

    /// Returns whether the last run has ended.
    #[must_use]
    pub const fn has_ended(&self) -> bool {
        self.runs == 0 && self.copying.is_empty()
    }
}
