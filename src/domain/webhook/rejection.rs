//! Reports refused deliveries to the owner.
//!
//! Anyone can cause a refusal, so the reports are limited. Each isolate has a
//! rate, each status has a number of reports, and a report has few fields.
//!
//! Strangers have a rate of their own. So while they flood the hook, a refused
//! delivery of a known sender is reported all the same.

use crate::domain::time::{SECOND, Timestamp};
use serde::{Deserialize, Serialize};

/// How many reports are kept for each status. So a flood of wrong tokens does
/// not push out the delivery that was too large.
pub const KEPT_PER_STATUS: u32 = 50;
/// How many reports an isolate may make at once.
const BURST: u32 = 10;
/// How often an isolate may make another report, in milliseconds: 10 a minute.
const PAUSE_MS: u64 = 6 * SECOND;
/// The longest `User-Agent` that is kept, in characters.
const MAX_AGENT_CHARS: usize = 100;

/// A delivery that was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RefusedDelivery {
    /// When it was received.
    pub at: Timestamp,
    /// The HTTP status of the response.
    pub status: u16,
    /// The reason in the response.
    pub reason: String,
    /// The sender's `User-Agent`, which it may choose freely.
    pub user_agent: Option<String>,
    /// The length that the sender declared, in bytes.
    pub bytes: Option<u64>,
    /// How many others were refused since the previous report. Nothing else is
    /// known of them.
    pub more: u32,
}

/// Returns the part of a `User-Agent` that is kept: printable and short.
#[must_use]
pub fn agent(header: &str) -> String {
    header.chars().filter(|c| !c.is_control()).take(MAX_AGENT_CHARS).collect()
}

/// The limits of an isolate. `strangers` is for refusals that anyone can cause.
/// `senders` is for those that need a valid token, or that no token is set.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    strangers: Limiter,
    senders: Limiter,
}

impl Limits {
    /// Returns the limits of a new isolate.
    #[must_use]
    pub const fn new() -> Self {
        Self { strangers: Limiter::new(), senders: Limiter::new() }
    }

    /// Does the same as [`Limiter::take`] for a refusal with this status.
    pub fn take(&mut self, status: u16, now: Timestamp) -> Option<u32> {
        match status {
            413 | 503 => self.senders.take(now),
            _ => self.strangers.take(now),
        }
    }
}

/// Counts the reports that an isolate may still make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limiter {
    left: u32,
    counted_from: Timestamp,
    missed: u32,
}

impl Limiter {
    /// Returns the limiter of a new isolate.
    #[must_use]
    pub const fn new() -> Self {
        Self { left: BURST, counted_from: Timestamp::from_millis(0), missed: 0 }
    }

    /// Takes a report at `now`. Returns how many refusals before it were not
    /// reported; `None` if this one must not be reported either.
    pub fn take(&mut self, now: Timestamp) -> Option<u32> {
        let pauses = now.since(self.counted_from) / PAUSE_MS;
        if pauses > 0 {
            let more = u32::try_from(pauses).unwrap_or(BURST);
            self.left = self.left.saturating_add(more).min(BURST);
            self.counted_from = now;
        }
        if self.left == 0 {
            self.missed = self.missed.saturating_add(1);
            return None;
        }
        self.left -= 1;
        Some(std::mem::take(&mut self.missed))
    }
}

impl Default for Limiter {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_counted_and_not_reported() {
        let mut limiter = Limiter::new();
        let at = |seconds: u64| Timestamp::from_seconds(1_766_867_820 + seconds);
        let reported = (0..1_000).filter(|_| limiter.take(at(0)).is_some()).count();
        assert_eq!(reported, 10);
        assert_eq!(limiter.take(at(5)), None);
        assert_eq!(limiter.take(at(6)), Some(991));
        assert_eq!(limiter.take(at(6)), None);
        assert_eq!(limiter.take(at(3_600)), Some(1));
        let reported = (0..1_000).filter(|_| limiter.take(at(3_600)).is_some()).count();
        assert_eq!(reported, 9);
    }

    #[test]
    fn strangers_do_not_silence_senders() {
        let (mut limits, now) = (Limits::new(), Timestamp::from_seconds(1_766_867_820));
        for _ in 0..1_000 {
            for status in [401, 404, 405] {
                limits.take(status, now);
            }
        }
        assert_eq!(limits.take(401, now), None);
        assert_eq!((limits.take(413, now), limits.take(503, now)), (Some(0), Some(0)));
        let taken = (0..1_000).filter(|_| limits.take(413, now).is_some()).count();
        assert_eq!(taken, 8);
    }

    #[test]
    fn a_user_agent_is_cut_to_one_short_line() {
        assert_eq!(agent("curl/8\r\n\u{7}x"), "curl/8x");
        assert_eq!(agent(&"é".repeat(500)).chars().count(), 100);
    }
}
