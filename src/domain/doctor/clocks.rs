//! Compares clocks. Deadlines of presigned URLs and times of events come from
//! other clocks, and are compared with this one.

use super::{Finding, duration};
use crate::domain::time::{MINUTE, SECOND, Timestamp};

/// The difference at which a clock is odd, and the one at which valid URLs seem
/// expired, in milliseconds.
const ODD_MS: u64 = 30 * SECOND;
const WRONG_MS: u64 = 5 * MINUTE;
/// The precision of an HTTP date, in milliseconds: it has no fractions of a
/// second.
const GRAIN_MS: u64 = SECOND;

/// A time from another clock, between two readings of this one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClockReading {
    /// The host with the other clock.
    pub whose: String,
    /// The time of the other clock.
    pub theirs: Timestamp,
    /// The time here when the request was sent.
    pub before: Timestamp,
    /// The time here when the response arrived.
    pub after: Timestamp,
}

impl ClockReading {
    /// Returns the least possible difference of the two clocks, in
    /// milliseconds.
    fn skew(&self) -> u64 {
        let behind = self.before.since(self.theirs.plus(GRAIN_MS));
        let ahead = self.theirs.since(self.after);
        behind.max(ahead)
    }
}

/// Judges the readings.
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
        // One host may serve both queues.
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
    fn a_difference_is_reported_when_it_matters() {
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
