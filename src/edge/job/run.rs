//! A run of the alarm: what it may still do.

use crate::domain::alarm::budget::Budget;
use crate::domain::time::{SECOND, Timestamp};
use crate::edge::platform;

/// A run begins nothing after this long. A copy may take another 12.5 minutes
/// (redirects, a look at the type, the copy), and the platform ends a run
/// after 15.
const MAX_RUN_MS: u64 = 60 * SECOND;

/// A run of the alarm.
pub struct Run {
    /// When it began.
    pub begun: Timestamp,
    /// The subrequests that it may still make.
    pub budget: Budget,
}

impl Run {
    /// One that begins now, and may make so many subrequests.
    pub fn begin(most: u32) -> Self {
        Self { begun: platform::now(), budget: Budget::of_a_run(most) }
    }

    /// Whether it may still begin something.
    pub fn is_young(&self) -> bool {
        platform::now().since(self.begun) < MAX_RUN_MS
    }
}
