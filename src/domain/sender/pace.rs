//! Reads how often a sender is asked for a job.

use super::fact::Fact;
use super::row::Row;
use crate::domain::json;
use crate::domain::retry::PollPace;

/// The longest pause that a row may name, in milliseconds: a day.
const MAX_PAUSE_MS: u64 = 86_400_000;

/// Reads a value of [`Fact::Pace`]: `5 1.2 30`.
#[must_use]
pub fn read(text: &str) -> Option<PollPace> {
    let mut numbers = text.split(' ').map(|number| json::whole(&[number, "e3"].concat()));
    let (first_ms, factor, most_ms) = (numbers.next()??, numbers.next()??, numbers.next()??);
    let is_fit = first_ms > 0 && factor >= 1_000 && (first_ms..=MAX_PAUSE_MS).contains(&most_ms);
    (is_fit && numbers.next().is_none()).then_some(PollPace { first_ms, factor, most_ms })
}

impl Row {
    /// Returns the pace of the questions about a job.
    #[must_use]
    pub fn pace(&self) -> Option<PollPace> {
        self.text(Fact::Pace).and_then(read)
    }

    /// Returns whether the sender answers for a job.
    #[must_use]
    pub fn answers(&self) -> bool {
        self.is(Fact::Poll) || self.is(Fact::PollUrl)
    }

    /// Returns whether a job is asked for from its submission on: the sender
    /// has no webhooks, or its row names a pace.
    #[must_use]
    pub fn is_polled(&self) -> bool {
        self.answers() && (self.is(Fact::Pace) || !self.is(Fact::Hook))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_the_longest() {
        let pace = read("5 1.5 12").unwrap();
        let pauses: Vec<u64> = (1..=5).map(|n| pace.pause(n)).collect();
        assert_eq!(pauses, [5_000, 7_500, 11_250, 12_000, 12_000]);
        assert_eq!(read("0.5 1 1").unwrap().pause(u32::MAX), 500);
    }

    #[test]
    fn other_values_are_refused() {
        for odd in [
            "",
            "5",
            "5 2",
            "0 2 5",
            "5 0.9 60",
            "5 2 4",
            "5 2 86401",
            "-5 2 60",
            "5 x 60",
            "5 2 60 1",
            "5  2 60",
        ] {
            assert_eq!(read(odd), None, "{odd:?}");
        }
    }
}
