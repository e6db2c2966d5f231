//! When what has failed is tried again, and when it is given up.

use crate::domain::job::file::File;
use crate::domain::time::{HOUR, MINUTE, SECOND, Timestamp};

/// How fast everything is tried again: each pause is a multiple of
/// `RETRY_BASE_MS`, so that one variable makes all of them short in a test.
/// The figures in the comments are those of its default, 2 s.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    base_ms: u64,
}

impl Pace {
    /// The pace whose first pause is `base_ms`, an hour at most.
    #[must_use]
    pub const fn new(base_ms: u64) -> Self {
        let base_ms = if base_ms < HOUR { base_ms } else { HOUR };
        Self { base_ms }
    }

    const fn times(self, factor: u64) -> u64 {
        self.base_ms.saturating_mul(factor)
    }

    /// The longest pause between two tries: 15 min.
    #[must_use]
    pub const fn longest(self) -> u64 {
        self.times(450)
    }

    /// How long anything is tried that may still succeed: 24 h.
    #[must_use]
    pub const fn patience(self) -> u64 {
        self.times(43_200)
    }

    /// The pause before try `attempts + 1`: doubling from the base up to the
    /// longest, spread by ±25 % so that many jobs do not knock at once.
    #[must_use]
    pub fn backoff(self, attempts: u32, entropy: u32) -> u64 {
        self.doubling(self.base_ms, attempts, entropy)
    }

    /// The pause before try `attempts + 1` of what has a small quota: doubling
    /// without a limit, so that few tries last long.
    #[must_use]
    pub const fn stretched(self, attempts: u32) -> u64 {
        let exponent = if attempts < 32 { attempts } else { 32 };
        self.times(1 << exponent)
    }

    /// The pause before a run of the alarm counts as dead: from 30 s.
    #[must_use]
    pub fn watchdog(self, runs: u32) -> u64 {
        self.doubling(self.times(15), runs, u32::MAX / 2)
    }

    /// The pause before the upstream is asked again: from 30 s.
    #[must_use]
    pub fn heal_backoff(self, attempts: u32, entropy: u32) -> u64 {
        self.doubling(self.times(15), attempts, entropy)
    }

    /// The pause before a message is handed on again: doubling from the base up
    /// to 4 h, so that few tries last for three days.
    #[must_use]
    pub fn handoff_backoff(self, attempts: u32, entropy: u32) -> u64 {
        doubling(self.times(7_200), self.base_ms, attempts, entropy)
    }

    /// How long handing on a message is tried: 72 h.
    #[must_use]
    pub const fn handoff_patience(self) -> u64 {
        self.times(129_600)
    }

    /// How long a receiver may take to answer: 15 s, never less than 2 s.
    #[must_use]
    pub fn handoff_limit(self) -> u64 {
        (self.times(15) / 2).max(2 * SECOND)
    }

    /// How long a lease may be over before its job counts as silent: 60 s.
    #[must_use]
    pub const fn lease_grace(self) -> u64 {
        self.times(30)
    }

    /// How long a queued job may be silent: 10 min.
    #[must_use]
    pub const fn silence(self) -> u64 {
        self.times(300)
    }

    /// How long a job that has not settled must not have changed before it is
    /// written to the bucket: 5 min.
    #[must_use]
    pub const fn quiet(self) -> u64 {
        self.times(150)
    }

    /// How long a server may take to answer, or to send the next bytes: 30 s,
    /// never less than 5 s.
    #[must_use]
    pub fn stall(self) -> u64 {
        self.times(15).max(5 * SECOND)
    }

    /// How long a provider's keys are left alone after they were asked for: 60 s,
    /// never more.
    #[must_use]
    pub fn keys_pause(self) -> u64 {
        self.times(30).min(MINUTE)
    }

    /// How long a provider's keys are waited for: 5 s, as a sender waits for its
    /// answer meanwhile, and fal.ai for 15 s.
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

/// Why a copy did not succeed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyFailure {
    /// What that means for the next try.
    pub kind: FailureKind,
    /// What went wrong, without secrets.
    pub message: String,
    /// The source's own wish (`Retry-After`), in milliseconds.
    pub retry_after_ms: Option<u64>,
}

/// What a failure means for the next try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FailureKind {
    /// A hiccup: another try may succeed.
    Transient,
    /// The source says that the URL is no good: a 4xx that asks for no patience.
    Gone,
    /// The vault's own storage failed: tried for as long as it takes.
    Storage,
    /// The vault had no room for it just now; this was no try.
    Postponed,
    /// The store refused the bytes because their MD5 is not the source's.
    Md5Refused {
        /// The MD5 that they have, as far as the store tells.
        actual: Option<String>,
    },
    /// No try can succeed: too large, or redirected too often.
    Final,
    /// The source's redirect leads to where nothing is fetched. No try can
    /// succeed, unless the operator allows the host.
    Astray {
        /// What would have to be in `ALLOWED_SOURCE_HOSTS`, if any entry helps.
        host: Option<String>,
    },
}

/// The wish of a `Retry-After` header in milliseconds: seconds or a date.
#[must_use]
pub fn retry_after(header: &str, now: Timestamp) -> Option<u64> {
    match header.trim().parse::<u64>() {
        Ok(seconds) => Some(seconds.saturating_mul(SECOND)),
        Err(_) => Timestamp::parse_http(header).map(|at| at.since(now)),
    }
}

/// What to do with a file whose copy has failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Try again then.
    RetryAt(Timestamp),
    /// Ask the upstream for a fresh URL; until one comes, and as long as this
    /// one may still work, try again then.
    Renew(Timestamp),
    /// It can't be had any more.
    GiveUp,
}

/// What the next try depends on.
#[derive(Debug, Clone, Copy)]
pub struct Circumstances<'a> {
    /// The time.
    pub now: Timestamp,
    /// How fast things are tried again.
    pub pace: Pace,
    /// A random number.
    pub entropy: u32,
    /// Whether the upstream can be asked for a fresh URL, or why not.
    pub renewal: Result<(), &'a str>,
}

/// Decides after a failed try, which `file.attempts` counts already.
#[must_use]
pub fn after_failure(file: &File, failure: &CopyFailure, around: Circumstances<'_>) -> Next {
    let Circumstances { now, pace, .. } = around;
    let is_dead = file.is_dead(now);
    let is_gone = failure.kind == FailureKind::Gone;
    // A deadline before the file was even found is misread or of no use.
    let patience = file.found_at.max(file.expires_at.unwrap_or_default()).plus(pace.patience());
    let is_ours = failure.kind == FailureKind::Storage;
    let is_final = matches!(failure.kind, FailureKind::Final | FailureKind::Astray { .. });
    if is_final || (now >= patience && !is_ours) {
        return Next::GiveUp;
    }
    let wish = failure.retry_after_ms.unwrap_or(0).min(pace.longest());
    let delay = pace.backoff(file.attempts, around.entropy).max(wish);
    let at = now.plus(closer_to_deadline(delay, file.expires_at, around));
    match ((is_gone || is_dead) && !is_ours, around.renewal) {
        (true, Ok(())) => Next::Renew(at),
        (true, Err(_)) if is_gone && is_dead => Next::GiveUp,
        _ => Next::RetryAt(at),
    }
}

/// The nearer the deadline, the denser the tries: never more than a quarter
/// of what is left, whatever the source wishes.
fn closer_to_deadline(delay: u64, deadline: Option<Timestamp>, around: Circumstances<'_>) -> u64 {
    match deadline.map(|deadline| deadline.since(around.now)) {
        Some(left) if left > 0 => delay.min((left / 4).max(around.pace.base_ms)),
        _ => delay,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::file::discover::Discovery;
    use crate::domain::fixtures;
    use crate::domain::job::file::From;

    fn file(expires_at: Option<u64>, attempts: u32) -> File {
        let mut job = fixtures::job();
        let found = Discovery { files: vec![fixtures::found("https://h/a")], skipped: vec![] };
        let from = From { delivery: 1, sha256: "", at: Timestamp::from_millis(0) };
        job.take_up(&found, from);
        let file = job.files.remove(0);
        File { expires_at: expires_at.map(Timestamp::from_millis), attempts, ..file }
    }

    fn file_without_deadline() -> File {
        file(None, 1)
    }

    const PACE: Pace = Pace::new(1_000);

    fn next(file: &File, kind: FailureKind, now: u64, retry_after_ms: Option<u64>) -> Next {
        after(file, kind, now, retry_after_ms, Err("no key"))
    }

    fn after(
        file: &File,
        kind: FailureKind,
        now: u64,
        wish: Option<u64>,
        renewal: Result<(), &str>,
    ) -> Next {
        let failure = CopyFailure { kind, message: String::new(), retry_after_ms: wish };
        let now = Timestamp::from_millis(now);
        let entropy = u32::MAX / 2;
        after_failure(file, &failure, Circumstances { now, pace: PACE, entropy, renewal })
    }

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
    fn a_dead_url_is_given_up_and_a_live_one_is_not() {
        let file = file(Some(100_000), 1);
        assert_eq!(next(&file, FailureKind::Gone, 100_000, None), Next::GiveUp);
        assert!(matches!(next(&file, FailureKind::Gone, 99_999, None), Next::RetryAt(_)));
        assert!(matches!(next(&file, FailureKind::Transient, 100_000, None), Next::RetryAt(_)));
        assert_eq!(next(&file, FailureKind::Final, 1, None), Next::GiveUp);
        let wish = u64::MAX;
        let kind = FailureKind::Transient;
        let at = next(&file_without_deadline(), kind, 0, Some(wish));
        assert_eq!(at, Next::RetryAt(Timestamp::from_millis(PACE.longest())));
        let late = 100_000 + PACE.patience();
        assert_eq!(next(&file, FailureKind::Transient, late, None), Next::GiveUp);
    }

    #[test]
    fn a_fresh_url_is_asked_for_when_this_one_is_no_good() {
        let file = file(Some(100_000), 1);
        let renews = |kind, now| matches!(after(&file, kind, now, None, Ok(())), Next::Renew(_));
        assert!(renews(FailureKind::Gone, 1) && renews(FailureKind::Gone, 100_000));
        assert!(!renews(FailureKind::Transient, 99_999) && renews(FailureKind::Transient, 100_000));
        assert_eq!(after(&file, FailureKind::Final, 1, None, Ok(())), Next::GiveUp);
        let astray = FailureKind::Astray { host: None };
        assert_eq!(after(&file, astray, 1, None, Ok(())), Next::GiveUp);
    }

    #[test]
    fn a_wish_is_seconds_or_a_date() {
        let now = Timestamp::from_millis(1_000);
        assert_eq!(retry_after(" 2 ", now), Some(2_000));
        assert_eq!(retry_after("Thu, 01 Jan 1970 00:00:06 GMT", now), Some(5_000));
        assert_eq!(retry_after("Thu, 01 Jan 1970 00:00:00 GMT", now), Some(0));
        assert_eq!(retry_after("soon", now), None);
    }

    #[test]
    fn tries_get_denser_towards_the_deadline() {
        let file = file(Some(100_000), 10);
        let at = |now| match next(&file, FailureKind::Transient, now, Some(90_000)) {
            Next::RetryAt(at) => at.as_millis() - now,
            _ => 0,
        };
        assert_eq!([at(0), at(60_000), at(99_999)], [25_000, 10_000, 1_000]);
    }
}
