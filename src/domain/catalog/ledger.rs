//! What a day notes of itself, in the one row that it writes with each batch.

use super::row::Row;
use super::totals::Totals;
use serde::{Deserialize, Serialize};

/// A day's notes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Ledger {
    /// Counts the day's changes.
    pub seq: u64,
    /// The day, once a row has told it: an object can't tell its own name.
    pub day: String,
    /// The sums, which change with the rows: nobody adds up all rows again.
    /// They hold the least slack, but not what has waited longest.
    pub totals: Totals,
    /// Whether the row that held the least slack is gone: then it has to be
    /// looked for.
    pub slack_is_lost: bool,
    /// The last change that `root` was told, while it is told of each.
    pub pushed: Option<u64>,
}

impl Ledger {
    /// Counts a change of a job's row, in the sums too; returns its number.
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

    /// Has the alarm tell `root` of what is changed from now on.
    pub fn expect_push(&mut self) {
        self.pushed.get_or_insert(self.seq);
    }

    /// Takes the least slack that was looked for among all rows.
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
    fn the_least_slack_is_looked_for_only_when_it_may_have_gone() {
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
}
