//! The subrequests that a run of the alarm may make.

use std::cell::Cell;
use std::ops::RangeInclusive;

/// Most subrequests of a run, unless `MAX_SUBREQUESTS` allows more: on the free
/// plan an invocation may make 50. Only a file that goes by parts may need
/// more.
pub const DEFAULT_SUBREQUESTS: u64 = 45;

/// What `MAX_SUBREQUESTS` may be. With less than the default some tasks would
/// never be begun; 10,000 is what an invocation may make on the paid plan
/// (<https://developers.cloudflare.com/workers/platform/limits/#subrequests>).
pub const SUBREQUESTS: RangeInclusive<u64> = DEFAULT_SUBREQUESTS..=10_000;

/// The subrequests that a run may still make.
#[derive(Debug)]
pub struct Budget(Cell<u32>);

impl Budget {
    /// That of a run that begins, and may make so many.
    #[must_use]
    pub const fn of_a_run(most: u32) -> Self {
        Self(Cell::new(most))
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
