//! How far the asking of the upstream has got.

use crate::domain::time::Timestamp;
use serde::{Deserialize, Serialize};

/// How far the questions to the upstream have got.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Healing {
    /// The upstream is to be asked although nothing is late: an import, or a
    /// delivery that could not be taken.
    pub wanted: bool,
    /// Questions since the job last got on.
    pub attempts: u32,
    /// Not before this time: ask.
    pub at: Timestamp,
    /// When the first of them was asked.
    pub since: Option<Timestamp>,
    /// Why the last one did not help.
    pub error: Option<String>,
    /// Whether they have been given up.
    pub exhausted: bool,
}

impl Healing {
    /// Whether there is nothing to be told of it.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        *self == Self::default()
    }
}
