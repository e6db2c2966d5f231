//! The subrequests that a run of the alarm may make.

use std::cell::Cell;

/// Most subrequests of a run: on the free plan it may make 50. Only a file
/// that goes by parts may need more.
pub const MAX_SUBREQUESTS_A_RUN: u32 = 45;

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
