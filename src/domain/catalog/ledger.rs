//! The state of a day, in the one row that it writes with each batch.

use super::row::Row;
use super::totals::Totals;
use crate::domain::time::Timestamp;
use serde::{Deserialize, Serialize};

/// The state of a day.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Ledger {
    /// The number of the day's last change.
    pub seq: u64,
    /// The day, known from the first row: an object can't find out its own
    /// name.
    pub day: String,
    /// The sums, which change with each row, so that the rows are never added
    /// up again. They include the smallest slack, but not the oldest pending
    /// file.
    pub totals: Totals,
    /// Whether the row with the smallest slack is gone, so that the smallest
    /// must be searched for.
    pub slack_is_lost: bool,
    /// The number (generation) of the last notification to `root` that the day
    /// changes.
    pub told: u64,
    /// The number of the last notification that `root` knew when it pulled the
    /// sums.
    pub pulled: u64,
    /// Until when `root` wants each change pushed, by the day's own clock.
    pub watched_until: Option<Timestamp>,
    /// The last change that `root` got; `None` unless it wants each change.
    pub pushed: Option<u64>,
}

impl Ledger {
    /// Counts a change of a job's row, and updates the sums. Returns the number
    /// of the change.
    pub fn count(&mut self, old: Option<&Row>, new: Option<&Row>) -> u64 {
        let slack = |row: Option<&Row>| row.and_then(|row| row.numbers.smallest_slack);
        if let Some(row) = old {
            self.totals.subtract(row);
        }
        if let Some(row) = new {
            self.totals.add(row);
        }
        let least = self.totals.numbers.smallest_slack;
        let least_now = slack(new).into_iter().chain(least).min();
        self.slack_is_lost |= least.is_some() && slack(old) == least && slack(new) != least_now;
        self.totals.numbers.smallest_slack = least_now;
        self.seq += 1;
        self.seq
    }

    /// Returns whether `root` knows that the day has changed since the last
    /// pull.
    #[must_use]
    pub const fn is_root_notified(&self) -> bool {
        self.told > self.pulled
    }

    /// Returns whether the day must notify `root` before it changes, or ask it
    /// whether anyone still watches.
    #[must_use]
    pub fn must_notify_root(&self, now: Timestamp) -> bool {
        !self.is_root_notified() || self.watched_until.is_some_and(|until| until <= now)
    }

    /// Applies `root`'s reply: for how long it wants each change pushed.
    /// Returns whether `root` is notified, which it is not if it pulled the
    /// sums meanwhile. If replies overtake each other, the newest counts.
    pub fn apply_reply(&mut self, generation: u64, push_ms: u64, now: Timestamp) -> bool {
        if generation > self.told {
            self.told = generation;
            self.watched_until = (push_ms > 0).then(|| now.plus(push_ms));
            match self.watched_until {
                Some(_) => self.expect_push(),
                // When somebody begins to watch, `root` first pulls the days
                // that have changed.
                None => self.pushed = None,
            }
        }
        self.is_root_notified()
    }

    /// Starts to push each change to `root`.
    pub fn expect_push(&mut self) {
        self.pushed.get_or_insert(self.seq);
    }

    /// Returns the last change that `root` got, if later ones must still be
    /// pushed.
    #[must_use]
    pub fn unpushed(&self) -> Option<u64> {
        self.pushed.filter(|pushed| *pushed < self.seq)
    }

    /// Notes that `root` got the changes up to this one.
    pub fn push(&mut self, until: u64) {
        self.pushed = self.pushed.map(|pushed| pushed.max(until));
    }

    /// Sets the smallest slack, after it was searched for in all rows.
    pub fn find_slack(&mut self, least: Option<u64>) {
        self.totals.numbers.smallest_slack = least;
        self.slack_is_lost = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixtures;

    fn row(slack: Option<u64>) -> Row {
        let mut row = Row::of(&fixtures::job());
        row.numbers.smallest_slack = slack;
        row
    }

    fn slack(ledger: &Ledger) -> (Option<u64>, bool) {
        (ledger.totals.numbers.smallest_slack, ledger.slack_is_lost)
    }

    #[test]
    fn changes_are_counted_and_summed() {
        let (mut ledger, row) = (Ledger::default(), row(None));
        assert_eq!(ledger.count(None, Some(&row)), 1);
        assert_eq!(ledger.count(Some(&row), Some(&row)), 2);
        assert_eq!((ledger.totals.jobs, slack(&ledger)), (1, (None, false)));
        assert_eq!(ledger.count(Some(&row), None), 3);
        assert_eq!(ledger.totals, Totals::default());
    }

    #[test]
    fn the_smallest_slack_is_searched_for_only_if_its_row_is_gone() {
        let (five, nine) = (row(Some(5)), row(Some(9)));
        let mut ledger = Ledger::default();
        ledger.count(None, Some(&five));
        ledger.count(None, Some(&nine));
        ledger.count(Some(&nine), None);
        assert_eq!(slack(&ledger), (Some(5), false));
        ledger.count(Some(&five), Some(&five));
        ledger.count(Some(&five), Some(&row(Some(3))));
        assert_eq!(slack(&ledger), (Some(3), false));
        ledger.count(Some(&row(Some(3))), Some(&row(None)));
        assert!(ledger.slack_is_lost);
        ledger.find_slack(None);
        assert_eq!(slack(&ledger), (None, false));
    }

    const NOW: Timestamp = Timestamp::from_millis(1_000);

    #[test]
    fn root_is_notified_once_until_it_pulls() {
        let mut ledger = Ledger::default();
        assert!(ledger.must_notify_root(NOW));
        assert!(ledger.apply_reply(1, 0, NOW) && !ledger.must_notify_root(NOW));
        ledger.pulled = 1;
        assert!(ledger.must_notify_root(NOW), "it does not know of later changes");
        ledger.pulled = 2;
        assert!(!ledger.apply_reply(2, 0, NOW), "it has pulled before the change was written");
        assert!(ledger.apply_reply(3, 0, NOW));
    }

    #[test]
    fn changes_are_pushed_while_the_day_is_watched() {
        let mut ledger = Ledger { seq: 7, ..Ledger::default() };
        ledger.apply_reply(1, 50, NOW);
        assert_eq!((ledger.pushed, ledger.unpushed()), (Some(7), None));
        ledger.seq = 9;
        assert_eq!(ledger.unpushed(), Some(7));
        assert!(!ledger.must_notify_root(NOW.plus(49)) && ledger.must_notify_root(NOW.plus(50)));
        ledger.apply_reply(3, 60, NOW);
        assert_eq!(ledger.unpushed(), Some(7), "what was not pushed yet stays so");
        ledger.apply_reply(2, 0, NOW);
        assert_eq!(ledger.unpushed(), Some(7), "an answer that was overtaken does not count");
        ledger.push(8);
        assert_eq!(ledger.unpushed(), Some(8));
        ledger.apply_reply(4, 0, NOW);
        assert_eq!((ledger.unpushed(), ledger.must_notify_root(NOW.plus(99))), (None, false));
        ledger.push(9);
        assert_eq!(ledger.pushed, None);
    }
}
