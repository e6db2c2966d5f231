//! When a failed copy is tried again, and when it is given up.

use super::file::File;
use super::time::{HOUR, Timestamp};

/// Longest pause between two tries.
const MAX_DELAY_MS: u64 = HOUR / 4;
/// How long a source that hiccups is tried, from the file's deadline on.
const PATIENCE_MS: u64 = 24 * HOUR;

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
    /// The store refused the bytes because their MD5 is not the source's.
    Md5Refused {
        /// The MD5 that they have, as far as the store tells.
        actual: Option<String>,
    },
    /// No try can succeed: not allowed, or too large.
    Final,
}

/// What to do with a file whose copy has failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Try again then.
    RetryAt(Timestamp),
    /// It can't be had any more.
    GiveUp,
}

/// The pause before try `attempts + 1`: doubling from `base_ms`, at most 15
/// minutes, spread by ±25 % so that many jobs do not knock at once.
#[must_use]
pub fn backoff(attempts: u32, base_ms: u64, entropy: u32) -> u64 {
    let doubled = base_ms.saturating_mul(1_u64 << attempts.saturating_sub(1).min(32));
    let delay = doubled.min(MAX_DELAY_MS);
    let spread = delay / 2;
    delay - spread / 2 + spread * u64::from(entropy) / u64::from(u32::MAX)
}

/// Decides after a failed try, which `file.attempts` counts already.
#[must_use]
pub fn after_failure(
    file: &File,
    failure: &CopyFailure,
    now: Timestamp,
    base_ms: u64,
    entropy: u32,
) -> Next {
    let dead = file.expires_at.is_some_and(|deadline| deadline <= now);
    // A deadline before the file was even found is misread or of no use.
    let patience = file.found_at.max(file.expires_at.unwrap_or_default()).plus(PATIENCE_MS);
    match failure.kind {
        FailureKind::Final => return Next::GiveUp,
        FailureKind::Gone if dead => return Next::GiveUp,
        _ if now >= patience => return Next::GiveUp,
        _ => {}
    }
    let wish = failure.retry_after_ms.unwrap_or(0).min(MAX_DELAY_MS);
    let delay = backoff(file.attempts, base_ms, entropy).max(wish);
    Next::RetryAt(now.plus(closer_to_deadline(delay, file.expires_at, now, base_ms)))
}

/// The nearer the deadline, the denser the tries: never more than a quarter
/// of what is left, whatever the source wishes.
fn closer_to_deadline(
    delay: u64,
    deadline: Option<Timestamp>,
    now: Timestamp,
    base_ms: u64,
) -> u64 {
    match deadline.map(|deadline| deadline.since(now)) {
        Some(left) if left > 0 => delay.min((left / 4).max(base_ms)),
        _ => delay,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::discover::Discovery;
    use crate::domain::file::From;
    use crate::domain::fixtures;

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

    fn next(file: &File, kind: FailureKind, now: u64, retry_after_ms: Option<u64>) -> Next {
        let failure = CopyFailure { kind, message: String::new(), retry_after_ms };
        after_failure(file, &failure, Timestamp::from_millis(now), 1_000, u32::MAX / 2)
    }

    #[test]
    fn pauses_double_up_to_a_quarter_of_an_hour() {
        let middle: Vec<u64> = (1..=4).map(|n| backoff(n, 1_000, u32::MAX / 2)).collect();
        for (delay, want) in middle.iter().zip([1_000_u64, 2_000, 4_000, 8_000]) {
            assert!(delay.abs_diff(want) <= 1, "{delay} is about {want}");
        }
        assert_eq!((backoff(1, 1_000, 0), backoff(1, 1_000, u32::MAX)), (750, 1_250));
        for attempts in [20, 64, u32::MAX] {
            assert!(backoff(attempts, u64::MAX, u32::MAX) <= MAX_DELAY_MS * 5 / 4);
        }
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
        assert_eq!(at, Next::RetryAt(Timestamp::from_millis(MAX_DELAY_MS)));
        let late = 100_000 + PATIENCE_MS;
        assert_eq!(next(&file, FailureKind::Transient, late, None), Next::GiveUp);
    }

    #[test]
    fn tries_get_denser_towards_the_deadline() {
        let file = file(Some(100_000), 10);
        let at = |now| match next(&file, FailureKind::Transient, now, Some(90_000)) {
            Next::RetryAt(at) => at.as_millis() - now,
            Next::GiveUp => 0,
        };
        assert_eq!([at(0), at(60_000), at(99_999)], [25_000, 10_000, 1_000]);
    }
}
