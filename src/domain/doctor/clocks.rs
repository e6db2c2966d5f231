//! Clocks: deadlines of presigned URLs and times of events are others' times,
//! and are compared with this side's.

use super::{Finding, duration};
use crate::domain::time::{MINUTE, SECOND, Timestamp};

/// What is odd already, and what makes a URL look dead that is not.
const ODD_MS: u64 = 30 * SECOND;
const WRONG_MS: u64 = 5 * MINUTE;
/// An HTTP date has no fractions of a second.
const GRAIN_MS: u64 = SECOND;

/// A time that another told, between two readings of this side's clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClockReading {
    /// Who told it.
    pub whose: String,
    /// What was told.
    pub theirs: Timestamp,
    /// When it was asked for.
    pub before: Timestamp,
    /// When the answer was there.
    pub after: Timestamp,
}

impl ClockReading {
    /// By how much the two clocks differ at least, in milliseconds.
    fn skew(&self) -> u64 {
        let behind = self.before.since(self.theirs.plus(GRAIN_MS));
        let ahead = self.theirs.since(self.after);
        behind.max(ahead)
    }
}

/// What the readings mean.
#[must_use]
pub fn check(readings: &[ClockReading]) -> Finding {
    let Some(worst) = readings.iter().max_by_key(|reading| reading.skew()) else {
        return Finding::ok("clock", "no other clock could be read");
    };
    let skew = worst.skew();
    let detail = format!("the clock of {} differs by {}", worst.whose, duration(skew));
    let fix = "compare both with the correct time: presigned URLs and leases depend on it";
    if skew >= WRONG_MS {
        let detail = format!("{detail}: its URLs seem older or newer than they are");
        Finding::fail("clock", detail, fix)
    } else if skew >= ODD_MS {
        Finding::warn("clock", detail, fix)
    } else {
        let mut whose: Vec<_> = readings.iter().map(|reading| reading.whose.as_str()).collect();
        // One host may be both queues.
        whose.dedup();
        Finding::ok("clock", format!("agrees with {}", whose.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::doctor::Status;

    fn reading(theirs: u64) -> ClockReading {
        let at = Timestamp::from_seconds;
        let (before, after) = (at(10_000), at(10_002));
        ClockReading { whose: "r2".into(), theirs: at(theirs), before, after }
    }

    #[test]
    fn each_clock_is_named_once() {
        let queue = ClockReading { whose: "queue.example".into(), ..reading(10_001) };
        let check = check(&[reading(10_001), queue.clone(), queue]);
        assert_eq!(check.detail, "agrees with r2, queue.example");
    }

    #[test]
    fn the_difference_is_told_when_it_matters() {
        for (theirs, status, words) in [
            (10_001, Status::Ok, "agrees with r2"),
            (9_999, Status::Ok, "agrees"),
            (10_031, Status::Ok, "agrees"),
            (10_032, Status::Warn, "differs by 30 s"),
            (9_969, Status::Warn, "differs by 30 s"),
            (10_302, Status::Fail, "differs by 5 min"),
            (6_000, Status::Fail, "differs by 1 h"),
        ] {
            let check = check(&[reading(10_001), reading(theirs)]);
            assert_eq!(check.status, status, "{theirs}: {check:?}");
            assert!(check.detail.contains(words), "{theirs}: {check:?}");
        }
        assert_eq!(check(&[]).status, Status::Ok);
    }
}
