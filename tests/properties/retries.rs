//! Properties of the pauses between tries, and of their end.

#![expect(clippy::expect_used, reason = "a panic is how a test fails")]

use crate::common::{Vault, completed};
use crate::generate::cases;
use hookvault::domain::archive::failure::{CopyFailure, FailureKind, Next, after_failure};
use hookvault::domain::job::file::File;
use hookvault::domain::retry::{Pace, RetryContext, retry_after};
use hookvault::domain::time::{HOUR, Timestamp};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

const DAY: u64 = 24 * HOUR;

fn failure() -> impl Strategy<Value = CopyFailure> {
    use FailureKind::{Final, Gone, Md5Refused, Storage, Transient};
    let kind = select(vec![Transient, Gone, Final, Storage, Md5Refused { actual: None }]);
    (kind, option::of(prop_oneof![0..DAY, any::<u64>()])).prop_map(|(kind, retry_after_ms)| {
        CopyFailure { kind, message: "no".to_owned(), retry_after_ms }
    })
}

/// Returns a file that was found at `found`, with this deadline and these
/// tries.
fn file(found: u64, expires_at: Option<u64>, attempts: u32) -> File {
    let mut vault = Vault::new();
    vault.deliver(&completed("437852_0_a.mp4", "s"));
    let mut file = vault.job().files.first().expect("a file").clone();
    file.found_at = Timestamp::from_millis(found);
    file.expires_at = expires_at.map(Timestamp::from_millis);
    file.attempts = attempts;
    file
}

/// Generates the milliseconds to a deadline: seconds or days.
fn left() -> impl Strategy<Value = i64> {
    const HALF_A_DAY: i64 = 43_200_000;
    prop_oneof![-5_000..100_000_i64, (-3..4_i64).prop_map(|halves| halves * HALF_A_DAY)]
}

proptest! {
    #![proptest_config(cases(1_500))]

    #[test]
    fn a_pause_is_neither_nothing_nor_long(
        attempts in prop_oneof![0..9_u32, any::<u32>()],
        base in prop_oneof![1..10_000_u64, any::<u64>().prop_map(|base| base.max(1))],
        entropy in any::<u32>(),
    ) {
        let (pace, base) = (Pace::new(base), base.min(HOUR));
        let longest = pace.longest() + pace.longest() / 4;
        let pauses = |attempts, entropy| {
            [pace.backoff(attempts, entropy), pace.healing_backoff(attempts, 0, entropy)]
        };
        let (now, more) = (pauses(attempts, entropy), pauses(attempts.saturating_add(1), entropy));
        for (pause, more) in now.into_iter().zip(more) {
            assert!(pause >= (base - base / 4).max(1) && pause <= longest && pause <= more);
        }
        assert!(pauses(attempts, 0) <= now && now <= pauses(attempts, u32::MAX));
        assert!((1..=longest).contains(&pace.watchdog(attempts)));
        assert!(pace.longest() < pace.patience() && pace.stall() >= 5_000);
        assert!(pace.lease_grace() < pace.silence());
    }

    #[test]
    fn a_retry_after_is_read_or_ignored(text in "([0-9]{0,22}|[A-Z][a-z]{2}, .{0,26})", now in any::<u64>()) {
        let wish = retry_after(&text, Timestamp::from_millis(now));
        let seconds = text.parse::<u64>().ok();
        assert!(seconds.is_none() || wish == seconds.map(|seconds| seconds.saturating_mul(1_000)));
    }

    #[test]
    fn a_failed_file_is_tried_in_time_or_given_up(
        (found, left) in (0..DAY, option::of(left())),
        (now, attempts) in (0..5 * DAY, prop_oneof![1..9_u32, any::<u32>()]),
        (failure, base, entropy) in (failure(), 1..4_000_u64, any::<u32>()),
        can_ask in any::<bool>(),
    ) {
        let deadline = left.map(|left| now.saturating_add_signed(left));
        let (file, pace) = (file(found, deadline, attempts), Pace::new(base));
        let at = Timestamp::from_millis(now);
        let is_dead = deadline.is_some_and(|deadline| deadline <= now);
        let is_gone = failure.kind == FailureKind::Gone;
        let is_ours = failure.kind == FailureKind::Storage;
        let is_over = now >= deadline.unwrap_or(0).max(found) + pace.patience() && !is_ours;
        let renewal = if can_ask { Ok(()) } else { Err("no key") };
        let context = RetryContext { now: at, pace, entropy, renewal };
        let next = after_failure(&file, &failure, context);
        let is_hopeless = is_gone && is_dead && !can_ask;
        let want = failure.kind == FailureKind::Final || is_over || is_hopeless;
        assert_eq!(next == Next::GiveUp, want);
        let (Next::RetryAt(then) | Next::Renew(then)) = next else { return Ok(()) };
        assert_eq!(matches!(next, Next::Renew(_)), can_ask && !is_ours && (is_gone || is_dead));
        let pause = then.since(at);
        assert!(pause > 0 && pause <= pace.longest() + pace.longest() / 4, "{pause}");
        let left = deadline.unwrap_or(0).saturating_sub(now);
        assert!(left == 0 || pause <= base.max(left / 4), "{pause} of {left}");
    }
}
