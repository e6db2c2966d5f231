//! How far the alarm loop has got with a job.

use crate::domain::retry::RetryContext;
use crate::domain::time::Timestamp;
use serde::{Deserialize, Serialize};

/// How far the alarm loop has got.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Work {
    /// Runs begun since one last came to its end; spaces the watchdog.
    pub runs: u32,
    /// The files that the last run was to copy, if it has not come to its end.
    pub copying: Vec<u32>,
    /// Pointing the id's object here.
    pub link: TaskProgress,
    /// Writing the manifest to R2.
    pub publish: TaskProgress,
    /// The last timeline entry that is in the manifest.
    #[serde(skip_serializing_if = "is_default")]
    pub published_events: u32,
    /// As the four that follow, read and written as one: [`KvCopy`].
    record: TaskProgress,
    #[serde(skip_serializing_if = "is_default")]
    recorded_events: u32,
    #[serde(skip_serializing_if = "is_default")]
    record_begun: bool,
    #[serde(skip_serializing_if = "is_default")]
    record_by_id: bool,
    /// Telling the catalog; its `version` is [`super::record::Job::revision`].
    pub list: TaskProgress,
    /// Writing files anew whose links were replaced.
    #[serde(skip_serializing_if = "is_default")]
    pub relink: TaskProgress,
    /// Moving old timeline entries to R2.
    pub offload: TaskProgress,
    /// The last timeline entry that is in R2.
    pub offloaded: u32,
    /// The last timeline entry that was moved to another object.
    pub moved_events: u32,
    /// For when a write of this record has set the alarm, unless a run has
    /// moved it since.
    #[serde(skip_serializing_if = "is_default")]
    pub alarm: Timestamp,
}

/// Something that is done once for each version, and again when it fails.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TaskProgress {
    /// The version that it was last done for.
    pub version: u64,
    /// Failed tries since then.
    pub attempts: u32,
    /// Not before this time: try.
    pub at: Timestamp,
}

/// What KV holds of the job: its rendered record, or nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KvCopy {
    /// There is no copy.
    None,
    /// A first copy may be there: a write was begun, or has failed here.
    Begun(LastTry),
    /// A copy is there, unless the first was given up.
    Written {
        /// The version that it shows.
        version: u64,
        /// The last timeline entry that it counts.
        events: u32,
        /// What was tried last.
        last: LastTry,
    },
}

/// The last try to write a copy or to delete it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastTry {
    /// Whether the copy is under the job's id, not the name it lives at.
    pub by_id: bool,
    /// Failed tries in a row.
    pub attempts: u32,
    /// Not before this time: try again.
    pub at: Timestamp,
}

impl KvCopy {
    /// Returns the last try at a copy that may be there.
    #[must_use]
    pub const fn last(self) -> Option<LastTry> {
        match self {
            Self::None => None,
            Self::Begun(last) | Self::Written { last, .. } => Some(last),
        }
    }

    /// Returns the version and the timeline entry that readers of a whole copy
    /// see.
    #[must_use]
    pub const fn shown(self) -> (u64, u32) {
        match self {
            Self::Written { version, events, .. } => (version, events),
            Self::None | Self::Begun(_) => (0, 0),
        }
    }

    /// Returns the same copy after another try.
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
    /// Notes that it is done for `version`.
    pub fn done(&mut self, version: u64) {
        *self = Self { version, ..Self::default() };
    }

    /// Notes that a try has failed.
    pub fn failed(&mut self, context: RetryContext<'_>) {
        self.attempts += 1;
        self.at = context.now.plus(context.pace.backoff(self.attempts, context.entropy));
    }

    /// As [`TaskProgress::failed`]; after `most` tries in a row it counts as done.
    pub fn failed_at_most(&mut self, most: u32, version: u64, context: RetryContext<'_>) {
        self.failed(context);
        if self.attempts >= most {
            self.done(version);
        }
    }
}

impl Work {
    /// Returns what KV holds of the job.
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

    /// Notes what KV holds of the job.
    pub fn set_kv_copy(&mut self, copy: KvCopy) {
        let last = copy.last();
        let (version, events) = copy.shown();
        let (attempts, at) = last.map_or_else(Default::default, |last| (last.attempts, last.at));
        self.record = TaskProgress { version, attempts, at };
        self.recorded_events = events;
        self.record_begun = matches!(copy, KvCopy::Begun(LastTry { attempts: 0, .. }));
        self.record_by_id = last.is_some_and(|last| last.by_id);
    }

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
}
