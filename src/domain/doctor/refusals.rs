//! Judges deliveries that were refused, or that belong to no job.

use super::{Finding, call, duration};
use crate::domain::time::{DAY, Timestamp};
use crate::domain::webhook::rejection::RefusedDelivery;
use crate::domain::words::counted;

/// The greatest age of a refusal in a finding, in milliseconds. `GET /refused`
/// lists older ones.
const LATELY_MS: u64 = DAY;

/// Judges the refused deliveries of the last day, with one finding for each
/// status.
#[must_use]
pub fn refused(kept: &[RefusedDelivery], total: u64, now: Timestamp, base: &str) -> Vec<Finding> {
    let lately = || kept.iter().filter(|one| now.since(one.at) < LATELY_MS);
    let statuses = (400..600).filter_map(|status| {
        let all: Vec<_> = lately().filter(|one| one.status == status).collect();
        of_status(status, &all, now, base)
    });
    let mut checks: Vec<Finding> = statuses.collect();
    if checks.is_empty() {
        checks.push(Finding::ok("refused", format!("none in the last day, {total} in all")));
    }
    checks
}

fn of_status(status: u16, all: &[&RefusedDelivery], now: Timestamp, base: &str) -> Option<Finding> {
    let last = all.iter().max_by_key(|one| one.at)?;
    let more: u64 = all.iter().map(|one| u64::from(one.more)).sum();
    let count = all.len() as u64;
    let others =
        if more > 0 { format!(", and {more} more were only counted") } else { String::new() };
    let ago = duration(now.since(last.at));
    let agent = last.user_agent.as_deref().unwrap_or("an unnamed sender");
    let detail = format!(
        "{} of the last day got {status}{others}; the last, {ago} ago, came from {agent}: {}",
        counted(count, "delivery", "deliveries"),
        last.reason
    );
    Some(Finding::warn(
        "refused",
        detail,
        format!("{}: {}", fix(status), call(base, "GET", "/refused")),
    ))
}

fn fix(status: u16) -> &'static str {
    match status {
        401 => "compare the token in the queue's webhook URL with HOOK_TOKEN",
        405 => "give the queue the final URL: a redirect turns its POST into a GET",
        413 => "raise MAX_BODY_BYTES, or submit with `x-pipelet-output: binary`",
        _ => "see the answers they got",
    }
}

/// Judges the box of deliveries that belong to no job.
#[must_use]
pub fn unmatched(count: u64, base: &str) -> Finding {
    if count == 0 {
        return Finding::ok("unmatched", "every delivery belongs to a job");
    }
    let detail = counted(count, "delivery belongs to no job", "deliveries belong to no job");
    let fix = format!("see why, and assign or drop them: {}", call(base, "GET", "/unmatched"));
    Finding::warn("unmatched", detail, fix)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::doctor::Status;

    fn refusal(status: u16, hour: u64, more: u32) -> RefusedDelivery {
        let at = Timestamp::from_seconds(hour * 3_600);
        let user_agent = Some("queue/1".to_owned());
        RefusedDelivery {
            at,
            status,
            reason: format!("because {status}"),
            user_agent,
            bytes: None,
            more,
        }
    }

    #[test]
    fn refusals_of_the_last_day_are_reported_by_status() {
        let now = Timestamp::from_seconds(100 * 3_600);
        let kept =
            [refusal(401, 99, 7), refusal(401, 98, 0), refusal(413, 90, 0), refusal(405, 76, 0)];
        let checks = refused(&kept, 99, now, "https://v");
        assert_eq!(checks.len(), 2);
        let want = "2 deliveries of the last day got 401, and 7 more were only counted; the last, \
                    1 h ago, came from queue/1: because 401";
        assert_eq!(checks[0].detail, want);
        assert!(checks[0].fix.as_ref().unwrap().contains("'https://v/refused'"));
        assert!(checks[1].fix.as_ref().unwrap().contains("MAX_BODY_BYTES"));
        let old = refused(&kept[3..], 99, now, "https://v");
        assert_eq!(
            (old[0].status, old[0].detail.as_str()),
            (Status::Ok, "none in the last day, 99 in all")
        );
    }

    #[test]
    fn a_delivery_without_a_job_is_a_warning() {
        assert_eq!(unmatched(0, "https://v").status, Status::Ok);
        let check = unmatched(2, "https://v");
        assert_eq!(check.status, Status::Warn);
        assert!(check.fix.unwrap().contains("curl 'https://v/unmatched'"));
    }
}
