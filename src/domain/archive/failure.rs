//! Decides how a failed copy is retried.

use crate::domain::job::file::File;
use crate::domain::retry::RetryContext;
use crate::domain::time::Timestamp;

/// Why a copy failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyFailure {
    /// The kind of failure, which decides about the next try.
    pub kind: FailureKind,
    /// What went wrong, without secrets.
    pub message: String,
    /// The pause that the source asks for (`Retry-After`), in milliseconds.
    pub retry_after_ms: Option<u64>,
}

/// The kind of failure, which decides about the next try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FailureKind {
    /// A temporary failure: a retry may succeed.
    Transient,
    /// The source says that the URL no longer works: a 4xx that does not ask
    /// for a later try.
    Gone,
    /// The vault's own storage failed. The copy is retried without end.
    Storage,
    /// The vault had no memory left for the copy. It does not count as a try.
    Postponed,
    /// The bucket refused the bytes because their MD5 is not the source's.
    Md5Refused {
        /// The MD5 of the bytes, if the bucket names it.
        actual: Option<String>,
    },
    /// No try can succeed: the file is too large, or redirected too often.
    Final,
    /// The source redirects to a URL that may not be fetched. No try can
    /// succeed, unless the operator allows the host.
    Astray {
        /// The entry of `ALLOWED_SOURCE_HOSTS` that would allow the host, if
        /// any entry can.
        host: Option<String>,
    },
}

/// The next step for a file whose copy has failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Try again at this time.
    RetryAt(Timestamp),
    /// Ask the upstream for a fresh URL. Until it comes, try the present URL
    /// again at this time, because it may still work.
    Renew(Timestamp),
    /// Give the file up: it can't be fetched any more.
    GiveUp,
}

/// Decides the next step after a failed try, which `file.attempts` already
/// counts.
#[must_use]
pub fn after_failure(file: &File, failure: &CopyFailure, context: RetryContext<'_>) -> Next {
    let RetryContext { now, pace, .. } = context;
    let is_dead = file.is_dead(now);
    let is_gone = failure.kind == FailureKind::Gone;
    // A deadline before the file was found is misread or useless.
    let patience = file.found_at.max(file.expires_at.unwrap_or_default()).plus(pace.patience());
    let is_ours = failure.kind == FailureKind::Storage;
    let is_final = matches!(failure.kind, FailureKind::Final | FailureKind::Astray { .. });
    if is_final || (now >= patience && !is_ours) {
        return Next::GiveUp;
    }
    let wish = failure.retry_after_ms.unwrap_or(0).min(pace.longest());
    let delay = pace.backoff(file.attempts, context.entropy).max(wish);
    let at = now.plus(closer_to_deadline(delay, file.expires_at, context));
    match ((is_gone || is_dead) && !is_ours, context.renewal) {
        (true, Ok(())) => Next::Renew(at),
        (true, Err(_)) if is_gone && is_dead => Next::GiveUp,
        _ => Next::RetryAt(at),
    }
}

/// Shortens a delay before a deadline, so that tries become more frequent
/// towards it. The delay is at most a quarter of the time left, even if the
/// source asks for more, but it is not shortened below the base pause.
fn closer_to_deadline(delay: u64, deadline: Option<Timestamp>, context: RetryContext<'_>) -> u64 {
    match deadline.map(|deadline| deadline.since(context.now)) {
        Some(left) if left > 0 => delay.min((left / 4).max(context.pace.base_ms)),
        _ => delay,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::file::discover::found::Discovery;
    use crate::domain::fixtures;
    use crate::domain::job::file::DeliveryRef;
    use crate::domain::retry::Pace;

    const PACE: Pace = Pace::new(1_000);

    fn file(expires_at: Option<u64>, attempts: u32) -> File {
        let mut job = fixtures::job();
        let found = Discovery { files: vec![fixtures::found("https://h/a")], skipped: vec![] };
        let from = DeliveryRef { delivery: 1, sha256: "", at: Timestamp::from_millis(0) };
        job.take_up(&found, from);
        let file = job.files.remove(0);
        File { expires_at: expires_at.map(Timestamp::from_millis), attempts, ..file }
    }

    fn file_without_deadline() -> File {
        file(None, 1)
    }

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
        after_failure(file, &failure, RetryContext { now, pace: PACE, entropy, renewal })
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
    fn a_fresh_url_is_requested_when_this_one_no_longer_works() {
        let file = file(Some(100_000), 1);
        let renews = |kind, now| matches!(after(&file, kind, now, None, Ok(())), Next::Renew(_));
        assert!(renews(FailureKind::Gone, 1) && renews(FailureKind::Gone, 100_000));
        assert!(!renews(FailureKind::Transient, 99_999) && renews(FailureKind::Transient, 100_000));
        assert_eq!(after(&file, FailureKind::Final, 1, None, Ok(())), Next::GiveUp);
        let astray = FailureKind::Astray { host: None };
        assert_eq!(after(&file, astray, 1, None, Ok(())), Next::GiveUp);
    }

    #[test]
    fn tries_become_more_frequent_towards_the_deadline() {
        let file = file(Some(100_000), 10);
        let at = |now| match next(&file, FailureKind::Transient, now, Some(90_000)) {
            Next::RetryAt(at) => at.as_millis() - now,
            _ => 0,
        };
        assert_eq!([at(0), at(60_000), at(99_999)], [25_000, 10_000, 1_000]);
    }
}
