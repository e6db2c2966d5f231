//! The budget of subrequests of a run.

use std::cell::Cell;
use std::ops::RangeInclusive;

/// The most subrequests of a run, unless `MAX_SUBREQUESTS` allows more. On the
/// free plan, an invocation may make 50. Only a file that is copied in parts
/// may need more.
pub const DEFAULT_SUBREQUESTS: u64 = 45;

/// The range of `MAX_SUBREQUESTS`. With less than the default, some tasks would
/// never begin. 10,000 is the limit of an invocation on the paid plan
/// (<https://developers.cloudflare.com/workers/platform/limits/#subrequests>).
pub const SUBREQUESTS: RangeInclusive<u64> = DEFAULT_SUBREQUESTS..=10_000;

/// The number of subrequests that a run may still make.
#[derive(Debug)]
pub struct Budget(Cell<u32>);

impl Budget {
    /// Returns the budget of a run that begins and may make `most` subrequests.
    #[must_use]
    pub const fn of_a_run(most: u32) -> Self {
        Self(Cell::new(most))
    }

    /// Takes `count` subrequests. Returns `false`, and takes none, if fewer are
    /// left.
    pub fn take(&self, count: u32) -> bool {
        let left = self.0.get().checked_sub(count);
        left.inspect(|left| self.0.set(*left)).is_some()
    }

    /// Takes one subrequest even if none is left.
    pub fn force(&self) {
        self.0.set(self.0.get().saturating_sub(1));
    }

    /// Returns how many subrequests are left.
    pub const fn left(&self) -> u32 {
        self.0.get()
    }
}
