//! Judges the catalog: jobs that wait, that were lost or given up, and that
//! were never copied.

use super::{Finding, call, duration, some};
use crate::domain::catalog::filter::Filter;
use crate::domain::catalog::row::Row;
use crate::domain::catalog::totals::Totals;
use crate::domain::file::source_policy::SourcePolicy;
use crate::domain::job::record::Archive;
use crate::domain::retry::Pace;
use crate::domain::time::{DAY, Timestamp};
use crate::domain::words::counted;
use std::collections::BTreeMap;

/// The most jobs of each kind that are read, newest first.
pub const MOST: usize = 200;
/// The greatest age of these jobs, in milliseconds. Older ones are no news, and
/// a listing of few days needs few subrequests.
const LATELY_MS: u64 = 6 * DAY;

/// The data from the catalog.
#[derive(Debug, Clone)]
pub struct Jobs {
    /// The sums over all jobs.
    pub totals: Totals,
    /// The newest jobs that [`not_whole`] selects.
    pub not_whole: Vec<Row>,
    /// The newest jobs that [`exhausted`] selects.
    pub exhausted: Vec<Row>,
}

/// The values against which the jobs are judged.
#[derive(Debug, Clone, Copy)]
pub struct Measure<'a> {
    /// The current time.
    pub now: Timestamp,
    /// The pauses between retries.
    pub pace: Pace,
    /// The hosts from which files may be fetched now.
    pub sources: &'a SourcePolicy,
    /// The scheme and the host of the vault, for commands.
    pub base: &'a str,
}

/// Selects the jobs of the last days that have files which are not stored.
#[must_use]
pub fn not_whole(now: Timestamp) -> Filter {
    let archive = vec![Archive::Pending, Archive::Partial, Archive::Lost];
    Filter { archive, since: Some(since(now)), ..Filter::default() }
}

/// Selects the jobs of the last days for which the upstream was asked in vain.
#[must_use]
pub fn exhausted(now: Timestamp) -> Filter {
    Filter { exhausted: true, since: Some(since(now)), ..Filter::default() }
}

fn since(now: Timestamp) -> Timestamp {
    Timestamp::from_millis(now.as_millis().saturating_sub(LATELY_MS))
}

/// Judges the data from the catalog, or reports why the catalog sent no data.
#[must_use]
pub fn checks(told: &Result<Jobs, String>, by: Measure<'_>) -> Vec<Finding> {
    match told {
        Ok(jobs) => vec![
            pending(jobs, by),
            lost(&jobs.not_whole, by),
            hosts(&jobs.not_whole, by),
            healing(&jobs.exhausted, by),
            handoff(&jobs.totals, by),
        ],
        Err(why) => {
            let detail = format!("the state of the jobs is unknown: {why}");
            vec![Finding::warn("pending", detail, "correct `catalog` first")]
        }
    }
}

/// Judges the oldest file that waits to be copied. A first try is made at once.
fn pending(jobs: &Jobs, by: Measure<'_>) -> Finding {
    let numbers = &jobs.totals.numbers;
    let Some(oldest) = numbers.oldest_pending else {
        return Finding::ok("pending", "no file waits to be copied");
    };
    let (count, age) = (numbers.pending, by.now.since(oldest));
    let waiting = counted(count, "file waits", "files wait");
    let detail = format!("{waiting} to be copied, the oldest since {}", duration(age));
    if age < by.pace.silence() {
        return Finding::ok("pending", detail);
    }
    let stuck = jobs.not_whole.iter().find(|row| row.numbers.oldest_pending == Some(oldest));
    let (which, path) = match stuck {
        Some(row) => (format!(" (job {})", row.summary.id), format!("/jobs/{}", row.home.public())),
        None => (String::new(), "/jobs?archive=pending".to_owned()),
    };
    let fix = format!("see `files[].error`: {}", call(by.base, "GET", &path));
    let detail = format!("{detail}{which}");
    if age < by.pace.patience() {
        Finding::warn("pending", detail, fix)
    } else {
        Finding::fail("pending", detail, fix)
    }
}

fn lost(rows: &[Row], by: Measure<'_>) -> Finding {
    let lost: Vec<&Row> = rows.iter().filter(|row| row.numbers.lost > 0).collect();
    if lost.is_empty() {
        return Finding::ok("lost", "no file was lost in the last days");
    }
    let led_astray = lost.iter().all(|row| !row.skipped_hosts.is_empty());
    let ids = ids(lost.into_iter());
    let detail = format!("files were lost in {} of the last days: {}", jobs_of(&ids), some(&ids));
    if led_astray {
        return Finding::warn("lost", detail, "correct `hosts` first");
    }
    let copy = call(by.base, "POST", "/archive?archive=lost,partial");
    let fix = format!("set the queue's key, which gets fresh URLs, then copy again: {copy}");
    Finding::warn("lost", detail, fix)
}

/// Judges the hosts that results named or redirects led to, and from which
/// nothing was fetched.
fn hosts(rows: &[Row], by: Measure<'_>) -> Finding {
    let mut jobs_of: BTreeMap<&String, Vec<String>> = BTreeMap::new();
    for row in rows {
        for host in &row.skipped_hosts {
            jobs_of.entry(host).or_default().push(row.summary.id.clone());
        }
    }
    let (mended, refused): (Vec<_>, Vec<_>) =
        jobs_of.into_iter().partition(|(host, _)| by.sources.has(host));
    let again = call(by.base, "POST", "/archive?archive=partial,lost");
    if !refused.is_empty() {
        let detail =
            format!("results led to files on hosts that are not allowed: {}", of_jobs(&refused));
        let mut all = by.sources.entries();
        all.extend(refused.iter().map(|(host, _)| (*host).clone()));
        let fix = format!(
            "in wrangler.toml, under [vars], set ALLOWED_SOURCE_HOSTS = \"{}\" without those you \
             do not trust, run `npx wrangler deploy`, then {again}",
            all.join(",")
        );
        return Finding::warn("hosts", detail, fix);
    }
    if !mended.is_empty() {
        let detail =
            format!("hosts that are allowed now, with files not copied yet: {}", of_jobs(&mended));
        return Finding::warn("hosts", detail, again);
    }
    let allowed = some(&by.sources.entries());
    Finding::ok("hosts", format!("all files of the last days are on {allowed}"))
}

fn of_jobs(hosts: &[(&String, Vec<String>)]) -> String {
    let told = |(host, ids): &(&String, Vec<String>)| match ids.as_slice() {
        [only] => format!("{host} (job {only})"),
        [first, rest @ ..] => format!("{host} (job {first} and {} more)", rest.len()),
        [] => (*host).clone(),
    };
    hosts.iter().map(told).collect::<Vec<_>>().join(", ")
}

fn healing(rows: &[Row], by: Measure<'_>) -> Finding {
    let ids = ids(rows.iter());
    if ids.is_empty() {
        return Finding::ok("healing", "no job of the last days was given up");
    }
    let detail = format!(
        "the queue was asked for a day without success for {} of the last days: {}",
        jobs_of(&ids),
        some(&ids)
    );
    let id = ids.first().map_or("", String::as_str);
    let why = call(by.base, "GET", &format!("/jobs/{id}"));
    let again = call(by.base, "POST", &format!("/jobs/{id}/archive"));
    Finding::warn("healing", detail, format!("see `healing.error`: {why}; ask again: {again}"))
}

/// Judges the receivers that did not accept a message.
fn handoff(totals: &Totals, by: Measure<'_>) -> Finding {
    let (failed, pending) = (totals.numbers.handoff_failed, totals.numbers.handoff_pending);
    if failed + pending == 0 {
        return Finding::ok("handoff", "all messages are handed on");
    }
    if failed == 0 {
        let pending = counted(pending, "message is", "messages are");
        return Finding::ok("handoff", format!("{pending} still to be handed on"));
    }
    let detail = format!(
        "messages of {} could not be handed on; {}",
        counted(failed, "job", "jobs"),
        counted(pending, "message waits", "messages wait")
    );
    let which = call(by.base, "GET", "/export");
    let fix = format!(
        "see `handoff.messages[].error`: {which} | jq -c 'select(.handoff.state == \"failed\") | \
         [.id, .handoff]'; then {}",
        call(by.base, "POST", "/jobs/<id>/handoff")
    );
    Finding::warn("handoff", detail, fix)
}

fn jobs_of(ids: &[String]) -> String {
    counted(ids.len() as u64, "job", "jobs")
}

fn ids<'a>(rows: impl Iterator<Item = &'a Row>) -> Vec<String> {
    rows.map(|row| row.summary.id.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::doctor::Status;
    use crate::domain::fixtures;

    const NOW: Timestamp = Timestamp::from_millis(1_766_868_000_000);

    fn row(change: impl Fn(&mut Row)) -> Row {
        let mut row = Row::of(&fixtures::job());
        change(&mut row);
        row
    }

    fn found(not_whole: Vec<Row>, exhausted: Vec<Row>) -> Vec<Finding> {
        let mut totals = Totals::default();
        for row in &not_whole {
            totals.add(row);
            totals.numbers.oldest_pending = row.numbers.oldest_pending;
        }
        let sources = SourcePolicy::parse("fal.media").0;
        let by = Measure { now: NOW, pace: Pace::new(2_000), sources: &sources, base: "https://v" };
        checks(&Ok(Jobs { totals, not_whole, exhausted }), by)
    }

    #[test]
    fn a_vault_at_rest_has_no_problem() {
        let found = found(vec![], vec![]);
        assert_eq!(found.len(), 5);
        assert!(found.iter().all(|check| check.status == Status::Ok), "{found:?}");
    }

    #[test]
    fn a_file_that_waits_too_long_is_named() {
        let since = |minutes: u64| {
            let at = Timestamp::from_millis(NOW.as_millis() - minutes * 60_000);
            let waits = row(|row| {
                row.numbers.pending = 1;
                row.numbers.oldest_pending = Some(at);
            });
            found(vec![waits], vec![]).remove(0)
        };
        assert_eq!(since(9).status, Status::Ok);
        let stuck = since(11);
        assert_eq!(stuck.status, Status::Warn);
        assert!(stuck.detail.ends_with("the oldest since 11 min (job 437852)"), "{stuck:?}");
        assert!(stuck.fix.unwrap().contains("'https://v/jobs/437852'"));
        assert_eq!(since(25 * 60).status, Status::Fail);
    }

    #[test]
    fn hosts_are_named_with_the_fix() {
        let skipped = |host: &str| row(|row| row.skipped_hosts = vec![host.into()]);
        let check =
            found(vec![skipped("b.example"), skipped("b.example"), skipped("a.example")], vec![])
                .remove(2);
        assert_eq!(check.status, Status::Warn);
        let want = "a.example (job 437852), b.example (job 437852 and 1 more)";
        assert!(check.detail.ends_with(want), "{check:?}");
        let line = "ALLOWED_SOURCE_HOSTS = \"fal.media,a.example,b.example\"";
        assert!(check.fix.unwrap().contains(line));
        let many = (0..30).map(|n| skipped(&format!("h{n:02}.example"))).collect();
        let check = found(many, vec![]).remove(2);
        assert!(check.detail.contains("h29.example") && check.fix.unwrap().contains("h29.example"));
        let check = found(vec![], vec![]).remove(2);
        assert!(check.detail.ends_with("are on fal.media"), "{check:?}");
        let check = found(vec![skipped("fal.media")], vec![]).remove(2);
        assert!(check.detail.starts_with("hosts that are allowed now"), "{check:?}");
        assert!(!check.fix.unwrap().contains("ALLOWED_SOURCE_HOSTS"));
    }

    #[test]
    fn lost_files_and_abandoned_jobs_are_named() {
        let astray = row(|row| {
            row.numbers.lost = 1;
            row.skipped_hosts = vec!["a.example".into()];
        });
        let check = found(vec![astray], vec![]).remove(1);
        assert_eq!(check.fix.as_deref(), Some("correct `hosts` first"));
        let gone = row(|row| row.numbers.lost = 2);
        let check = found(vec![gone], vec![]).remove(1);
        assert!(check.detail.ends_with("in 1 job of the last days: 437852"), "{check:?}");
        let check = found(vec![], vec![row(|_| {}), row(|_| {})]).remove(3);
        assert_eq!(check.status, Status::Warn);
        assert!(check.detail.contains("2 jobs") && check.fix.unwrap().contains("/archive"));
    }

    #[test]
    fn messages_that_no_receiver_accepted_are_counted() {
        let unheard = row(|row| row.numbers.handoff_failed = 1);
        let check = found(vec![unheard], vec![]).remove(4);
        assert_eq!((check.name.as_str(), check.status), ("handoff", Status::Warn));
        assert!(check.detail.contains("of 1 job "), "{check:?}");
        assert!(check.fix.unwrap().contains("/jobs/<id>/handoff"));
    }

    #[test]
    fn a_silent_catalog_is_a_warning() {
        let sources = SourcePolicy::parse("fal.media").0;
        let by = Measure { now: NOW, pace: Pace::new(2_000), sources: &sources, base: "https://v" };
        let checks = checks(&Err("asking CATALOG".to_owned()), by);
        assert_eq!((checks.len(), checks[0].status), (1, Status::Warn));
    }

    #[test]
    fn only_a_few_days_are_listed() {
        let days = |filter: Filter| (NOW.as_millis() - filter.since.unwrap().as_millis()) / DAY;
        assert_eq!((days(not_whole(NOW)), days(exhausted(NOW))), (6, 6));
    }
}
