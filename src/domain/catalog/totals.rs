//! Adds up the rows of a day, and of all days.

use super::filter::Filter;
use super::row::{Numbers, Row};
use crate::domain::cost::sums;
use crate::domain::json::string::word;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The sums of many jobs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Totals {
    /// The number of jobs.
    pub jobs: u64,
    /// Jobs by status.
    pub status: BTreeMap<String, u64>,
    /// Jobs by the state of their files.
    pub archive: BTreeMap<String, u64>,
    /// Days whose sums are older than the request. The caller should ask again.
    pub stale_days: u64,
    /// The sums of the jobs' numbers, and the least `oldest_pending` and
    /// `smallest_slack`.
    pub numbers: Numbers,
    /// The sums of their costs, as lines.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub costs: Vec<String>,
    /// The costs of the latest days by sender and unit: each a day and, behind
    /// a space, a line. Only sums of all days have them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cost_days: Vec<String>,
}

/// The number of sums by day from which no further day is listed.
const MAX_COST_DAYS: usize = 200;

impl Totals {
    /// Adds a job. Leaves `oldest_pending` and `smallest_slack` as they are,
    /// because subtracting a job could not undo a new least value.
    pub fn add(&mut self, row: &Row) {
        if let Some(spent) = row.spent() {
            sums::add(&mut self.costs, spent);
        }
        self.change(row, |sum, number| *sum = sum.saturating_add(number));
    }

    /// Subtracts a job that was added.
    pub fn subtract(&mut self, row: &Row) {
        if let Some(spent) = row.spent() {
            sums::subtract(&mut self.costs, spent);
        }
        self.change(row, |sum, number| *sum = sum.saturating_sub(number));
        let is_left = |_: &String, count: &mut u64| *count > 0;
        self.status.retain(is_left);
        self.archive.retain(is_left);
        self.numbers.tally.retain(is_left);
    }

    fn change(&mut self, row: &Row, change: impl Fn(&mut u64, u64)) {
        let (sum, of) = (&mut self.numbers, &row.numbers);
        change(&mut self.jobs, 1);
        change(self.status.entry(word(&row.summary.status)).or_default(), 1);
        change(self.archive.entry(word(&row.summary.archive)).or_default(), 1);
        change(&mut sum.pending, of.pending);
        change(&mut sum.stored, of.stored);
        change(&mut sum.lost, of.lost);
        change(&mut sum.bytes, of.bytes);
        change(&mut sum.heals, of.heals);
        change(&mut sum.handoff_pending, of.handoff_pending);
        change(&mut sum.handoff_failed, of.handoff_failed);
        change(&mut sum.exhausted, of.exhausted);
        for (key, count) in &of.tally {
            change(sum.tally.entry(key.clone()).or_default(), *count);
        }
    }

    /// Adds the sums of another day, and lists its costs if there is room.
    pub fn merge_day(&mut self, day: &str, other: &Self) {
        self.merge(other);
        if self.cost_days.len() < MAX_COST_DAYS {
            for line in sums::by_sender(&other.costs) {
                self.cost_days.push(format!("{day} {line}"));
            }
        }
    }

    /// Adds the sums of another day.
    pub fn merge(&mut self, other: &Self) {
        sums::merge(&mut self.costs, &other.costs);
        self.jobs = self.jobs.saturating_add(other.jobs);
        merge_counts(&mut self.status, &other.status);
        merge_counts(&mut self.archive, &other.archive);
        let (sum, of) = (&mut self.numbers, &other.numbers);
        sum.pending = sum.pending.saturating_add(of.pending);
        sum.stored = sum.stored.saturating_add(of.stored);
        sum.lost = sum.lost.saturating_add(of.lost);
        sum.bytes = sum.bytes.saturating_add(of.bytes);
        sum.heals = sum.heals.saturating_add(of.heals);
        sum.handoff_pending = sum.handoff_pending.saturating_add(of.handoff_pending);
        sum.handoff_failed = sum.handoff_failed.saturating_add(of.handoff_failed);
        sum.exhausted = sum.exhausted.saturating_add(of.exhausted);
        sum.oldest_pending = least(sum.oldest_pending, of.oldest_pending);
        sum.smallest_slack = least(sum.smallest_slack, of.smallest_slack);
        merge_counts(&mut sum.tally, &of.tally);
    }

    /// Returns whether a job that `filter` selects may be among these jobs.
    #[must_use]
    pub fn may_hold(&self, filter: &Filter) -> bool {
        let any = |counts: &BTreeMap<String, u64>, wanted: Vec<String>| {
            wanted.is_empty() || wanted.iter().any(|word| counts.contains_key(word))
        };
        self.jobs > 0
            && (!filter.exhausted || self.numbers.exhausted > 0)
            && any(&self.status, filter.status.iter().map(word).collect())
            && any(&self.archive, filter.archive.iter().map(word).collect())
    }
}

fn merge_counts(sums: &mut BTreeMap<String, u64>, counts: &BTreeMap<String, u64>) {
    for (key, count) in counts {
        let sum = sums.entry(key.clone()).or_default();
        *sum = sum.saturating_add(*count);
    }
}

fn least<T: Ord>(one: Option<T>, other: Option<T>) -> Option<T> {
    one.into_iter().chain(other).min()
}
