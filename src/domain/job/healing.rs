//! The state of healing: what the vault has asked the upstream so far.

use crate::domain::time::Timestamp;
use serde::{Deserialize, Serialize};

/// The state of healing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Healing {
    /// Whether the upstream must be asked although nothing is late: for an
    /// import, or a delivery that could not be received.
    pub wanted: bool,
    /// How often the upstream was asked since the job last made progress.
    pub attempts: u32,
    /// How many of the last questions were not answered.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub failures: u32,
    /// The earliest time of the next question.
    pub at: Timestamp,
    /// When the first of these questions was asked.
    pub since: Option<Timestamp>,
    /// Why the last question did not help.
    pub error: Option<String>,
    /// Whether the vault has given up asking.
    pub exhausted: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
const fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl Healing {
    /// Returns whether healing has never begun or is over, so that the record
    /// omits it.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        *self == Self::default()
    }
}
