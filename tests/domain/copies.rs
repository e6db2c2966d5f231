//! Tests the effect of ended copies on a job, and when tasks are due.

#![expect(clippy::expect_used, reason = "a panic is how a test fails")]

use crate::common::{Vault, completed, url};
use hookvault::domain::alarm::budget::Budget;
use hookvault::domain::alarm::plan::{Task, plan, watchdog};
use hookvault::domain::archive::failure::{CopyFailure, FailureKind};
use hookvault::domain::archive::kv_copy;
use hookvault::domain::archive::outcome::{CopiedFile, CopyAttempt, end, note_death};
use hookvault::domain::job::file::FileStatus;
use hookvault::domain::job::record::{Archive, Job};
use hookvault::domain::job::timeline::{Entry, EntryOutcome};
use hookvault::domain::retry::{Pace, RetryContext};
use hookvault::domain::time::{HOUR, Timestamp};

const FILE: &str = "437852_0_a.mp4";
const PACE: Pace = Pace::new(2_000);
/// The time when the URLs of `common` expire.
const DEADLINE: Timestamp = Timestamp::from_millis(1_766_875_175_000);

#[expect(clippy::unnecessary_wraps, reason = "as a copy's outcome")]
fn stored() -> Result<CopiedFile, CopyFailure> {
    Ok(CopiedFile { size: 7, etag: "tag".into(), content_type: "video/mp4".into(), verified: true })
}

fn failed(kind: FailureKind) -> Result<CopiedFile, CopyFailure> {
    Err(CopyFailure { kind, message: "the source answers 503".into(), retry_after_ms: None })
}

fn refused(md5: &str) -> Result<CopiedFile, CopyFailure> {
    failed(FailureKind::Md5Refused { actual: Some(md5.to_owned()) })
}

/// Ends a try to copy file `n` at `now`.
fn try_at(
    job: &mut Job,
    n: u32,
    outcome: Result<CopiedFile, CopyFailure>,
    now: Timestamp,
) -> Option<Entry> {
    let source = job.file(n).expect("the file").source.clone();
    let context = RetryContext { now, pace: PACE, entropy: 0, renewal: Err("no key") };
    end(job, CopyAttempt { n, source, outcome }, context)
}

fn job_with(names: &[&str]) -> Job {
    let mut vault = Vault::new();
    for name in names {
        vault.deliver(&completed(name, "s"));
    }
    vault.job.expect("a job")
}

#[test]
fn a_stored_file_settles_the_job() {
    let mut job = job_with(&[FILE]);
    let now = Timestamp::from_millis(DEADLINE.as_millis() - 5_000);
    let entry = try_at(&mut job, 0, stored(), now).expect("an entry");
    assert_eq!((entry.outcome, entry.n), (EntryOutcome::Copy, 2));
    assert_eq!(entry.detail.as_deref(), Some("file 0: a.mp4 stored, 7 bytes"));
    let file = &job.files[0];
    assert_eq!((file.attempts, file.stored().and_then(|object| object.slack_ms)), (1, Some(5_000)));
    assert_eq!((job.archive(), job.stored_at, job.version), (Archive::Stored, Some(now), 2));
    let kept = serde_json::to_string(&job).expect("JSON");
    assert!(!kept.contains("X-Amz-Signature"), "a spent secret is not kept");
    assert_eq!(try_at(&mut job, 0, stored(), now), None, "an end comes once");
}

#[test]
fn a_temporary_failure_is_noted_once_and_retried() {
    let mut job = job_with(&[FILE]);
    let now = Timestamp::from_millis(1_766_868_000_000);
    let first = try_at(&mut job, 0, failed(FailureKind::Transient), now).expect("news");
    let want = "file 0: a.mp4 will be tried again: the source answers 503";
    assert_eq!(first.detail.as_deref(), Some(want));
    assert_eq!(try_at(&mut job, 0, failed(FailureKind::Transient), now), None);
    let file = &job.files[0];
    assert_eq!((file.status(), file.attempts), (FileStatus::Pending, 2));
    assert_eq!(plan(&job, PACE, now).due, [Task::List]);
    assert_eq!(plan(&job, PACE, file.not_before).due, [Task::Copy(0), Task::List]);
}

#[test]
fn a_dead_url_loses_the_file_after_its_deadline() {
    let mut job = job_with(&[FILE]);
    let before = Timestamp::from_millis(DEADLINE.as_millis() - 1);
    try_at(&mut job, 0, failed(FailureKind::Gone), before);
    assert_eq!(job.archive(), Archive::Pending);
    try_at(&mut job, 0, failed(FailureKind::Gone), DEADLINE);
    assert_eq!((job.archive(), job.stored_at), (Archive::Lost, None));
}

#[test]
fn bytes_of_an_older_result_replace_a_lost_file() {
    let mut vault = Vault::new();
    vault.deliver(&completed(FILE, "s"));
    let now = vault.now();
    try_at(vault.job.as_mut().expect("a job"), 0, stored(), now);
    let other = completed(FILE, "s").replace(r#""cfg":1.10"#, r#""cfg":2"#);
    assert_eq!(vault.deliver(&other), EntryOutcome::Applied);
    let job = vault.job.as_mut().expect("a job");
    assert_eq!(job.archive(), Archive::Pending);
    try_at(job, 1, failed(FailureKind::Gone), DEADLINE);
    assert_eq!(
        (job.archive(), job.files[1].key.as_str()),
        (Archive::Stored, "jobs/437852/0-a.mp4")
    );
}

#[test]
fn the_failure_of_a_replaced_url_does_not_count() {
    let mut vault = Vault::new();
    vault.deliver(&completed(FILE, "old"));
    let source = vault.job().files[0].source.clone();
    vault.deliver(&completed(FILE, "new"));
    let context = RetryContext { now: DEADLINE, pace: PACE, entropy: 0, renewal: Err("no key") };
    let tried = CopyAttempt { n: 0, source, outcome: failed(FailureKind::Gone) };
    let job = vault.job.as_mut().expect("a job");
    assert_eq!(end(job, tried, context), None);
    assert_eq!((job.files[0].status(), job.files[0].attempts), (FileStatus::Pending, 0));
}

#[test]
fn only_equal_bytes_twice_prove_the_md5_wrong() {
    let mut job = job_with(&[FILE]);
    let now = Timestamp::from_millis(1_766_868_000_000);
    for (md5, refusals) in [("a", 1), ("b", 1), ("b", 2), ("a", 1)] {
        try_at(&mut job, 0, refused(md5), now);
        assert_eq!(job.files[0].md5_refusals, refusals, "{md5}");
    }
}

#[test]
fn work_is_due_by_deadline_then_listed_then_published() {
    let mut vault = Vault::new();
    let late = url("437852_1_b.mp4", "s").replace("Expires=7200", "Expires=9000");
    let body = format!(
        r#"{{"eventType":"completed","a":"https://x.r2.cloudflarestorage.com/c.png","b":"{late}","c":"{}"}}"#,
        url(FILE, "s")
    );
    vault.deliver(&body);
    let mut job = vault.job.take().expect("a job");
    let now = vault.now();
    let due = plan(&job, PACE, now).due;
    assert_eq!(due, [Task::Copy(2), Task::Copy(1), Task::Copy(0), Task::List]);
    for n in 0..3 {
        try_at(&mut job, n, stored(), now);
    }
    assert_eq!(plan(&job, PACE, now).due, [Task::List, Task::Publish, Task::Record]);
    job.work.publish.done(job.version);
    job.work.published_events = job.events;
    let (context, recorded) =
        (RetryContext { now, pace: PACE, entropy: 0, renewal: Ok(()) }, job.clone());
    kv_copy::note_written(&mut job.work, &recorded, true, context);
    job.work.list.done(job.revision());
    assert_eq!(plan(&job, PACE, now).alarm(now), None);
}

#[test]
fn a_task_that_kills_runs_does_not_block_the_others() {
    let mut vault = Vault::new();
    vault.deliver(&completed(FILE, "s"));
    let mut job = vault.job().clone();
    let mut first = |runs| {
        job.work.runs = runs;
        plan(&job, PACE, vault.now()).due_for_run(runs)[0]
    };
    let firsts: Vec<_> = (1..6).map(&mut first).collect();
    assert_eq!(firsts[..2], [Task::Copy(0), Task::List]);
    assert!(firsts[2..].contains(&Task::List) && firsts[2..].contains(&Task::Copy(0)));
    let now = vault.now();
    let waits: Vec<u64> = (1..4).map(|runs| watchdog(runs, PACE, now).since(now)).collect();
    assert!(waits.windows(2).all(|pair| pair[0] < pair[1]), "{waits:?}");
    assert!(watchdog(u32::MAX, PACE, now).since(now) <= HOUR);
}

#[test]
fn a_run_that_dies_counts_for_the_files_it_copied() {
    let mut job = job_with(&[FILE]);
    let now = Timestamp::from_millis(1_766_868_000_000);
    let context = |now| RetryContext { now, pace: PACE, entropy: 0, renewal: Err("") };
    job.work.copying = vec![0, 7];
    note_death(&mut job, context(now));
    assert_eq!((job.files[0].attempts, job.files[0].status()), (1, FileStatus::Pending));
    assert_eq!((&job.files[0].error, job.work.copying.len()), (&None, 0));
    job.work.copying = vec![0];
    let version = job.version;
    note_death(&mut job, context(DEADLINE.plus(PACE.patience())));
    assert_eq!((job.files[0].status(), job.version), (FileStatus::Lost, version + 1));
}

#[test]
fn a_copy_without_memory_does_not_count_as_a_try() {
    let mut job = job_with(&[FILE]);
    let (version, now) = (job.version, Timestamp::from_millis(1_766_868_000_000));
    assert_eq!(try_at(&mut job, 0, failed(FailureKind::Postponed), now), None);
    let file = &job.files[0];
    assert_eq!((file.attempts, job.version, file.not_before > now), (0, version, true));
}

#[test]
fn a_failure_of_the_vaults_storage_is_retried_without_end() {
    let mut job = job_with(&[FILE]);
    let late = DEADLINE.plus(3 * PACE.patience());
    try_at(&mut job, 0, failed(FailureKind::Storage), late);
    assert_eq!(job.archive(), Archive::Pending);
}

#[test]
fn a_page_of_old_entries_is_due_when_there_are_many() {
    let mut job = job_with(&[FILE]);
    let now = Timestamp::from_millis(1_766_868_000_000);
    let due = |job: &Job| plan(job, PACE, now).due.contains(&Task::Offload);
    job.events = 300;
    assert!(!due(&job), "what is copied may be in the bodies");
    try_at(&mut job, 0, stored(), now);
    assert!(due(&job));
    job.work.offloaded = 100;
    assert!(!due(&job));
}

#[test]
fn a_budget_runs_out() {
    let budget = Budget::of_a_run(45);
    assert!(budget.take(44) && !budget.take(2) && budget.take(1) && !budget.take(1));
    budget.force();
    assert_eq!(budget.left(), 0);
}
