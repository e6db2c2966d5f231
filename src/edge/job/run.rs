//! The limits of one run of the alarm.

use crate::domain::alarm::budget::Budget;
use crate::domain::time::{SECOND, Timestamp};
use crate::edge::platform;

/// A run begins nothing after this many milliseconds. A copy may then take
/// another 12.5 minutes (redirects, a look at the type, the copy), and the
/// platform ends a run after 15 minutes.
const MAX_RUN_MS: u64 = 60 * SECOND;

/// A run of the alarm.
pub struct Run {
    /// When the run began.
    pub begun: Timestamp,
    /// The subrequests that the run may still make.
    pub budget: Budget,
}

impl Run {
    /// Begins a run now, with a budget of `most` subrequests.
    pub fn begin(most: u32) -> Self {
        Self { begun: platform::now(), budget: Budget::of_a_run(most) }
    }

    /// Returns whether the run may still begin a task.
    pub fn is_young(&self) -> bool {
        platform::now().since(self.begun) < MAX_RUN_MS
    }
}
