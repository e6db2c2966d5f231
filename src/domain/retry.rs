//! Decides when a failed action is tried again, and when it is given up.

use crate::domain::time::{HOUR, MINUTE, SECOND, Timestamp};

/// The usual `RETRY_BASE_MS`, at which the pauses of rows are what they say.
const USUAL_BASE_MS: u64 = 2_000;

/// The pauses of all retries. Each pause is a multiple of `RETRY_BASE_MS`, so
/// that one variable makes all of them short in a test. All are in
/// milliseconds; the figures in these comments apply to the default, 2 s.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    pub(crate) base_ms: u64,
    /// The pace of questions to the job's sender, if its row names one.
    polls: Option<PollPace>,
}

impl Pace {
    /// Makes the pace whose first pause is `base_ms`, at most an hour.
    #[must_use]
    pub const fn new(base_ms: u64) -> Self {
        let base_ms = if base_ms < HOUR { base_ms } else { HOUR };
        Self { base_ms, polls: None }
    }

    /// Returns the same pace, with the questions of a sender's row.
    #[must_use]
    pub const fn polling(self, polls: Option<PollPace>) -> Self {
        Self { polls, ..self }
    }

    const fn times(self, factor: u64) -> u64 {
        self.base_ms.saturating_mul(factor)
    }

    /// Returns the longest pause between two tries: 15 min.
    #[must_use]
    pub const fn longest(self) -> u64 {
        self.times(450)
    }

    /// Returns how long an action that may still succeed is tried: 24 h.
    #[must_use]
    pub const fn patience(self) -> u64 {
        self.times(43_200)
    }

    /// Returns the pause before try `attempts + 1`. It doubles from the base up
    /// to the longest pause. It is spread by ±25 %, so that many jobs do not
    /// retry at once.
    #[must_use]
    pub fn backoff(self, attempts: u32, entropy: u32) -> u64 {
        self.doubling(self.base_ms, attempts, entropy)
    }

    /// Returns the pause before try `attempts + 1` of an action with a small
    /// quota. It doubles without a limit, so that few tries last long.
    #[must_use]
    pub const fn stretched(self, attempts: u32) -> u64 {
        let exponent = if attempts < 32 { attempts } else { 32 };
        self.times(1 << exponent)
    }

    /// Returns the time after which a run of the alarm counts as dead: from 30
    /// s.
    #[must_use]
    pub fn watchdog(self, runs: u32) -> u64 {
        self.doubling(self.times(15), runs, u32::MAX / 2)
    }

    /// Returns the pause before the upstream is asked again: from 30 s, or that
    /// of the sender's row. After failures in a row it is at least the former.
    #[must_use]
    pub fn healing_backoff(self, attempts: u32, failures: u32, entropy: u32) -> u64 {
        let usual = |attempts| self.doubling(self.times(15), attempts, entropy);
        match self.polls {
            None => usual(attempts),
            Some(polls) if failures == 0 => self.scaled(polls.pause(attempts.saturating_add(1))),
            Some(polls) => self.scaled(polls.pause(attempts)).max(usual(failures)),
        }
    }

    /// Returns a pause that a row names, at this pace.
    const fn scaled(self, pause_ms: u64) -> u64 {
        pause_ms.saturating_mul(self.base_ms) / USUAL_BASE_MS
    }

    /// Returns the pause before a message is handed on again. It doubles from
    /// the base up to 4 h, so that few tries last for three days.
    #[must_use]
    pub fn handoff_backoff(self, attempts: u32, entropy: u32) -> u64 {
        doubling(self.times(7_200), self.base_ms, attempts, entropy)
    }

    /// Returns how long the hand-off of a message is tried: 72 h.
    #[must_use]
    pub const fn handoff_patience(self) -> u64 {
        self.times(129_600)
    }

    /// Returns how long a receiver may take to answer: 15 s, but at least 2 s.
    #[must_use]
    pub fn handoff_limit(self) -> u64 {
        (self.times(15) / 2).max(2 * SECOND)
    }

    /// Returns how long after its lease a job counts as silent: 60 s.
    #[must_use]
    pub const fn lease_grace(self) -> u64 {
        self.times(30)
    }

    /// Returns how long after its deletion a job's stores are wiped for the
    /// last time: 20 min. A run of the alarm may take 15 min.
    #[must_use]
    pub const fn last_sweep(self) -> u64 {
        self.times(600)
    }

    /// Returns how long a queued job may be silent: 10 min.
    #[must_use]
    pub const fn silence(self) -> u64 {
        self.times(300)
    }

    /// Returns how long a day reports each change before it asks whether anyone
    /// still watches: 1 min.
    #[must_use]
    pub const fn watch(self) -> u64 {
        self.times(30)
    }

    /// Returns how long an unsettled job must be unchanged before it is written
    /// to the bucket: 5 min.
    #[must_use]
    pub const fn quiet(self) -> u64 {
        self.times(150)
    }

    /// Returns how long a server may take to answer, or to send the next bytes:
    /// 30 s, but at least 5 s.
    #[must_use]
    pub fn stall(self) -> u64 {
        self.times(15).max(5 * SECOND)
    }

    /// Returns the pause after a fetch of a provider's keys: 60 s, at most a
    /// minute.
    #[must_use]
    pub fn keys_pause(self) -> u64 {
        self.times(30).min(MINUTE)
    }

    /// Returns how long a fetch of a provider's keys may take: 5 s. A sender
    /// waits for its response meanwhile, and fal.ai waits for 15 s.
    #[must_use]
    pub fn keys_limit(self) -> u64 {
        (self.times(5) / 2).clamp(SECOND, 5 * SECOND)
    }

    fn doubling(self, first: u64, attempts: u32, entropy: u32) -> u64 {
        doubling(self.longest(), first, attempts, entropy)
    }
}

fn doubling(longest: u64, first: u64, attempts: u32, entropy: u32) -> u64 {
    let doubled = first.saturating_mul(1_u64 << attempts.saturating_sub(1).min(32));
    let delay = doubled.min(longest);
    let spread = delay / 2;
    delay - spread / 2 + spread * u64::from(entropy) / u64::from(u32::MAX)
}

/// Reads a `Retry-After` header, seconds or a date, and returns milliseconds.
#[must_use]
pub fn retry_after(header: &str, now: Timestamp) -> Option<u64> {
    match header.trim().parse::<u64>() {
        Ok(seconds) => Some(seconds.saturating_mul(SECOND)),
        Err(_) => Timestamp::parse_http(header).map(|at| at.since(now)),
    }
}

/// The pace at which a sender is asked for a job while the job runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PollPace {
    /// The first pause, in milliseconds.
    pub first_ms: u64,
    /// The factor of each further pause, in thousandths.
    pub factor: u64,
    /// The longest pause, in milliseconds.
    pub most_ms: u64,
}

impl PollPace {
    /// Returns the pause before question `n`, from 1, in milliseconds.
    #[must_use]
    pub fn pause(self, n: u32) -> u64 {
        let mut pause = self.first_ms;
        for _ in 1..n {
            pause = pause.saturating_mul(self.factor) / 1_000;
            if pause >= self.most_ms || self.factor == 1_000 {
                break;
            }
        }
        pause.min(self.most_ms)
    }
}

/// The values that decide the next try.
#[derive(Debug, Clone, Copy)]
pub struct RetryContext<'a> {
    /// The current time.
    pub now: Timestamp,
    /// The pauses of the retries.
    pub pace: Pace,
    /// A random number.
    pub entropy: u32,
    /// Whether the upstream can be asked for a fresh URL, or why not.
    pub renewal: Result<(), &'a str>,
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACE: Pace = Pace::new(1_000);

    #[test]
    fn pauses_double_up_to_a_quarter_of_an_hour() {
        let middle: Vec<u64> = (1..=4).map(|n| PACE.backoff(n, u32::MAX / 2)).collect();
        for (delay, want) in middle.iter().zip([1_000_u64, 2_000, 4_000, 8_000]) {
            assert!(delay.abs_diff(want) <= 1, "{delay} is about {want}");
        }
        assert_eq!((PACE.backoff(1, 0), PACE.backoff(1, u32::MAX)), (750, 1_250));
        for attempts in [20, 64, u32::MAX] {
            let pace = Pace::new(u64::MAX);
            assert!(pace.backoff(attempts, u32::MAX) <= pace.longest() * 5 / 4);
        }
        assert_eq!(
            (Pace::new(2_000).longest(), Pace::new(2_000).patience()),
            (HOUR / 4, 24 * HOUR)
        );
        assert_eq!((Pace::new(1).stall(), Pace::new(2_000).stall()), (5 * SECOND, 30 * SECOND));
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = Timestamp::from_millis(1_000);
        assert_eq!(retry_after(" 2 ", now), Some(2_000));
        assert_eq!(retry_after("Thu, 01 Jan 1970 00:00:06 GMT", now), Some(5_000));
        assert_eq!(retry_after("Thu, 01 Jan 1970 00:00:00 GMT", now), Some(0));
        assert_eq!(retry_after("soon", now), None);
    }
}
