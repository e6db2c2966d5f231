//! How far the alarm loop has got with a job.

use crate::domain::retry::Circumstances;
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
    /// Telling the catalog; its `version` is [`super::record::Job::revision`].
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
    pub fn failed_at_most(&mut self, most: u32, version: u64, around: Circumstances<'_>) {
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
}
