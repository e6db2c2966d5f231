//! Writes `GET /metrics` in Prometheus' text format (version 0.0.4).

use super::totals::Totals;
use crate::domain::cost::sums::{self, Sum};
use crate::domain::time::Timestamp;
use std::fmt::{Display, Write};

/// The media type of the format.
pub const MEDIA_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The numbers that a monitor gets.
#[derive(Debug, Clone, Copy)]
pub struct Metrics<'a> {
    /// The sums of all jobs.
    pub totals: &'a Totals,
    /// Deliveries in the unmatched box.
    pub unmatched: u64,
    /// Deliveries that were refused since the vault was set up.
    pub refused: u64,
    /// The current time, for ages.
    pub now: Timestamp,
}

impl Metrics<'_> {
    /// Returns the text.
    #[must_use]
    pub fn render(&self) -> String {
        let mut text = Text(String::new());
        let numbers = &self.totals.numbers;
        text.head("hookvault_deliveries_total", "counter", "Deliveries received by jobs.");
        for (key, count) in &numbers.tally {
            text.labelled("hookvault_deliveries_total", &delivery(key), count);
        }
        text.head("hookvault_jobs", "gauge", "Jobs by status.");
        for (status, count) in &self.totals.status {
            text.labelled("hookvault_jobs", &format!("status=\"{status}\""), count);
        }
        text.head("hookvault_archives", "gauge", "Jobs by the state of their files.");
        for (archive, count) in &self.totals.archive {
            text.labelled("hookvault_archives", &format!("archive=\"{archive}\""), count);
        }
        text.head("hookvault_files", "gauge", "Files of the served results by state.");
        for (state, count) in
            [("pending", numbers.pending), ("stored", numbers.stored), ("lost", numbers.lost)]
        {
            text.labelled("hookvault_files", &format!("state=\"{state}\""), &count);
        }
        self.costs(&mut text);
        text.one("hookvault_stored_bytes", "gauge", "Bytes of stored files.", numbers.bytes);
        text.one(
            "hookvault_heals_total",
            "counter",
            "Answers to requests for results.",
            numbers.heals,
        );
        text.one(
            "hookvault_handoff_pending",
            "gauge",
            "Messages waiting to be handed on.",
            numbers.handoff_pending,
        );
        text.one(
            "hookvault_handoff_failed_jobs",
            "gauge",
            "Jobs whose last message could not be handed on.",
            numbers.handoff_failed,
        );
        text.one(
            "hookvault_unmatched",
            "gauge",
            "Deliveries that belong to no job.",
            self.unmatched,
        );
        text.one(
            "hookvault_refused_total",
            "counter",
            "Deliveries that were refused.",
            self.refused,
        );
        self.times(&mut text);
        text.0
    }

    /// Writes the costs in the units of their senders, if any sender told one.
    fn costs(&self, text: &mut Text) {
        let sums = sums::by_sender(&self.totals.costs);
        if !sums.is_empty() {
            text.head("hookvault_cost", "gauge", "Cost of the jobs that are kept.");
        }
        for line in &sums {
            let Sum { amount, sender, unit, .. } = Sum::of(line);
            if let Some(amount) = amount {
                let labels = format!("sender=\"{sender}\",unit=\"{unit}\"");
                text.labelled("hookvault_cost", &labels, &amount);
            }
        }
    }

    /// Writes the times that may be unknown. An unknown one is left out,
    /// because 0 would mean something else.
    fn times(&self, text: &mut Text) {
        if let Some(oldest) = self.totals.numbers.oldest_pending {
            text.seconds(
                "hookvault_oldest_pending_seconds",
                "Age of the oldest file waiting to be copied.",
                self.now.since(oldest),
            );
        }
        if let Some(slack) = self.totals.numbers.smallest_slack {
            text.seconds(
                "hookvault_smallest_slack_seconds",
                "Shortest remaining life of a URL when its file was stored.",
                slack,
            );
        }
    }
}

/// Returns a tally's key as labels.
fn delivery(key: &str) -> String {
    let mut parts = key.split('/');
    let mut next = || parts.next().unwrap_or_default();
    format!("type=\"{}\",trust=\"{}\",outcome=\"{}\"", next(), next(), next())
}

struct Text(String);

// Writing to a string does not fail.
impl Text {
    fn head(&mut self, name: &str, kind: &str, help: &str) {
        let _ = write!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
    }

    fn labelled(&mut self, name: &str, labels: &str, value: &dyn Display) {
        let _ = writeln!(self.0, "{name}{{{labels}}} {value}");
    }

    fn one(&mut self, name: &str, kind: &str, help: &str, value: u64) {
        self.head(name, kind, help);
        let _ = writeln!(self.0, "{name} {value}");
    }

    /// Writes milliseconds as seconds, which is Prometheus' unit.
    fn seconds(&mut self, name: &str, help: &str, millis: u64) {
        self.head(name, "gauge", help);
        let _ = writeln!(self.0, "{name} {}.{:03}", millis / 1_000, millis % 1_000);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::cost::sums::Spent;

    #[test]
    fn each_metric_has_its_type() {
        let mut totals = Totals::default();
        totals.numbers.tally.insert("failed/token/applied".into(), 3);
        totals.status.insert("failed".into(), 2);
        totals.numbers.bytes = 7;
        for amount in ["0.1", "0.2"] {
            let spent = Spent { amount, unit: "credits", sender: "bfl", app: None };
            sums::add(&mut totals.costs, spent);
        }
        totals.numbers.oldest_pending = Some(Timestamp::from_millis(500));
        let now = Timestamp::from_millis(2_750);
        let text = Metrics { totals: &totals, unmatched: 4, refused: 5, now }.render();
        for line in [
            "# TYPE hookvault_deliveries_total counter",
            "hookvault_deliveries_total{type=\"failed\",trust=\"token\",outcome=\"applied\"} 3",
            "hookvault_jobs{status=\"failed\"} 2",
            "hookvault_files{state=\"pending\"} 0",
            "hookvault_stored_bytes 7",
            "# TYPE hookvault_cost gauge",
            "hookvault_cost{sender=\"bfl\",unit=\"credits\"} 0.3",
            "hookvault_unmatched 4",
            "hookvault_refused_total 5",
            "hookvault_oldest_pending_seconds 2.250",
        ] {
            assert!(text.lines().any(|has| has == line), "{line}\n{text}");
        }
        assert!(!text.contains("slack") && text.ends_with('\n'));
    }
}
