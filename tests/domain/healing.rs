//! Tests when the upstream is asked, and the effect of its answers.

#![expect(clippy::expect_used, reason = "a panic is how a test fails")]

use crate::common::{Vault, acquired, completed, url};
use hookvault::domain::alarm::plan::{Task, plan};
use hookvault::domain::archive::failure::{CopyFailure, FailureKind};
use hookvault::domain::archive::outcome::{CopiedFile, CopyAttempt, end};
use hookvault::domain::config::Config;
use hookvault::domain::file::source_policy::SourcePolicy;
use hookvault::domain::healing::{self, AnswerMeaning};
use hookvault::domain::job::file::{FileState, FileStatus, Source};
use hookvault::domain::job::record::{Archive, Job};
use hookvault::domain::job::status::Status;
use hookvault::domain::job::timeline::EntryOutcome;
use hookvault::domain::json::edit::splice;
use hookvault::domain::retry::{Pace, RetryContext};
use hookvault::domain::sender::name::SenderName;
use hookvault::domain::sender::table::Senders;
use hookvault::domain::time::Timestamp;
use hookvault::domain::webhook::event::EventKind;
use hookvault::domain::webhook::result::of_event;

const FILE: &str = "437852_0_a.mp4";
const PACE: Pace = Pace::new(2_000);
/// The time when the URLs of `common` expire.
const DEADLINE: Timestamp = Timestamp::from_millis(1_766_875_175_000);

const fn context(now: Timestamp) -> RetryContext<'static> {
    RetryContext { now, pace: PACE, entropy: u32::MAX / 2, renewal: Ok(()) }
}

fn copy_fails(job: &mut Job, kind: FailureKind, now: Timestamp) {
    let message = "the source answers 403".to_owned();
    let failure = CopyFailure { kind, message, retry_after_ms: None };
    let source = job.file(0).expect("the file").source.clone();
    end(job, CopyAttempt { n: 0, source, outcome: Err(failure) }, context(now));
}

fn dead_job() -> Job {
    let mut vault = Vault::new();
    vault.deliver(&completed(FILE, "old"));
    let mut job = vault.job.expect("a job");
    copy_fails(&mut job, FailureKind::Gone, DEADLINE);
    job
}

#[test]
fn a_lease_counts_from_its_delivery_whatever_the_senders_clock() {
    for skew in [0, 3_600_000, 1_766_867_820_000] {
        let mut vault = Vault::new();
        vault.deliver(&acquired(skew));
        let due = healing::due_at(vault.job(), PACE).expect("it will be asked for");
        assert_eq!(due.since(vault.now()), 45_000 + 60_000, "lease and grace");
    }
}

#[test]
fn a_renewed_lease_counts_from_its_renewal() {
    let mut vault = Vault::new();
    vault.deliver(&acquired(1_000));
    let renewed = acquired(600_000).replace("\"acquiredAt\":600000", "\"acquiredAt\":1000");
    assert_eq!(vault.deliver(&renewed), EntryOutcome::Applied);
    let due = healing::due_at(vault.job(), PACE).expect("it will be asked for");
    assert_eq!(due.since(vault.now()), 45_000 + 60_000);
}

#[test]
fn each_status_has_its_time_of_silence() {
    let mut vault = Vault::new();
    vault.deliver(r#"{"eventType":"acquired","jobId":437852}"#);
    let due = |vault: &Vault| healing::due_at(vault.job(), PACE).map(|at| at.since(vault.now()));
    assert_eq!(due(&vault), Some(60_000), "a lease that is not told is over");
    vault.deliver(r#"{"eventType":"retried","jobId":437852}"#);
    assert_eq!(due(&vault), Some(600_000));
    vault.deliver(r#"{"eventType":"failed","jobId":437852}"#);
    assert_eq!(due(&vault), None);
}

#[test]
fn a_dead_file_waits_for_its_fresh_url_and_is_not_fetched_meanwhile() {
    let job = dead_job();
    assert_eq!((job.archive(), job.files[0].waits_for_url()), (Archive::Pending, true));
    let due = plan(&job, PACE, DEADLINE).due;
    assert!(due.contains(&Task::Healing) && !due.contains(&Task::Copy(0)), "{due:?}");
}

#[test]
fn a_url_refused_before_its_deadline_is_tried_during_healing() {
    let mut vault = Vault::new();
    vault.deliver(&completed(FILE, "old"));
    let mut job = vault.job.expect("a job");
    let now = Timestamp::from_millis(1_766_868_000_000);
    copy_fails(&mut job, FailureKind::Gone, now);
    let due = plan(&job, PACE, job.files[0].not_before).due;
    assert!(due.contains(&Task::Healing) && due.contains(&Task::Copy(0)), "{due:?}");
}

#[test]
fn an_answer_applies_as_a_delivery_would_and_counts_as_a_heal() {
    let mut vault = Vault::new();
    vault.deliver(&acquired(1_000));
    let body = completed(FILE, "s").replace(r#""eventType":"completed","#, "");
    assert_eq!(vault.heal(EventKind::Completed, &body), EntryOutcome::Heal);
    let job = vault.job();
    assert_eq!((job.status, job.heals, job.deliveries), (Status::Completed, 1, 1));
    let spaced = completed(FILE, "other").replace(':', ": ").replace("https: ", "https:");
    assert_eq!(vault.deliver(&spaced), EntryOutcome::Duplicate, "the late webhook");
    assert_eq!(vault.job().files.len(), 1);
}

#[test]
fn a_result_that_was_fetched_for_a_delivery_makes_it_a_duplicate() {
    let mut vault = Vault::new();
    let told = r#"{"request_id":"437852","status":"OK","payload":null,"payload_error":"large"}"#;
    assert_eq!(vault.deliver(told), EntryOutcome::Applied);
    assert_eq!(
        (vault.job().status, vault.deliver(told)),
        (Status::Queued, EntryOutcome::Duplicate)
    );
    assert!(vault.job().healing.wanted);
    vault.heal(EventKind::Completed, r#"{"seed":7}"#);
    assert_eq!(vault.deliver(told), EntryOutcome::Duplicate);
    assert!(!vault.job().healing.wanted, "it is not asked for again");
    let other = told.replace("large", "larger");
    assert_eq!(vault.deliver(&other), EntryOutcome::Applied, "which may be another result");
}

#[test]
fn a_failure_leaves_a_wanted_result_wanted() {
    let told = r#"{"request_id":"437852","status":"OK","payload":null}"#;
    let failed = r#"{"request_id":"437852","status":"ERROR","error":"x","payload":null}"#;
    let mut vault = Vault::new();
    vault.deliver(told);
    assert_eq!(
        vault.deliver(failed),
        EntryOutcome::Applied,
        "an earlier attempt's, that comes late"
    );
    assert!(healing::due_at(vault.job(), PACE).is_some());
    vault.heal(EventKind::Completed, r#"{"seed":7}"#);
    assert_eq!((vault.job().status, vault.job().healing.wanted), (Status::Completed, false));
}

#[test]
fn fal_ai_answers_with_the_result_alone() {
    let answer = r#" {"updatedAt":1,"jobId":"437852","seed":7} "#;
    let result = |provider| {
        let event = healing::event_of(answer, EventKind::Completed, provider, Senders::built_in())
            .expect("an answer");
        splice(answer, &of_event(&event, answer.len(), Vec::new()))
    };
    assert_eq!(result(SenderName::FAL), answer);
    assert_eq!(result(SenderName::PIPELET), r#" {"seed":7} "#);
}

#[test]
fn questions_for_fresh_urls_are_spaced() {
    let mut vault = Vault::new();
    vault.deliver(&completed(FILE, "old"));
    copy_fails(vault.job.as_mut().expect("a job"), FailureKind::Gone, DEADLINE);
    let fresh = completed(FILE, "new").replace(r#""eventType":"completed","#, "");
    assert_eq!(vault.heal(EventKind::Completed, &fresh), EntryOutcome::Heal);
    let job = vault.job.as_mut().expect("a job");
    assert!(matches!(&job.files[0].source, Source::Url { url, .. } if url.ends_with("new")));
    assert_eq!(healing::note_failure(job, None, None, context(DEADLINE)), None);
    copy_fails(job, FailureKind::Gone, DEADLINE);
    let due = healing::due_at(job, PACE).expect("asked again");
    assert_eq!(due.since(DEADLINE) / 1_000, 29, "not at once: about 30 s");
}

#[test]
fn healing_is_given_up_after_a_day_and_says_so() {
    let mut job = dead_job();
    let why = || Some("the upstream answers 503".to_owned());
    let first = healing::note_failure(&mut job, why(), None, context(DEADLINE)).expect("news");
    assert!(first.detail.expect("words").ends_with("the upstream answers 503"));
    assert_eq!(healing::note_failure(&mut job, why(), None, context(DEADLINE)), None);
    let late = DEADLINE.plus(24 * 3_600_000);
    let last = healing::note_failure(&mut job, why(), None, context(late)).expect("the end");
    assert_eq!(last.detail.as_deref(), Some("healExhausted: the upstream answers 503"));
    assert_eq!((job.archive(), healing::due_at(&job, PACE)), (Archive::Lost, None));
    let error = job.files[0].error.clone().expect("an error");
    assert_eq!(error, "the source answers 403; no fresh URL: the upstream answers 503");
}

#[test]
fn a_delivery_restarts_the_healing() {
    let mut vault = Vault::new();
    vault.deliver(&acquired(1_000));
    let late = vault.now().plus(48 * 3_600_000);
    let job = vault.job.as_mut().expect("a job");
    healing::note_failure(job, None, None, context(Timestamp::default()));
    healing::note_failure(job, None, None, context(late));
    assert!(job.healing.exhausted && job.status == Status::Acquired);
    vault.deliver(&acquired(99_000));
    assert!(vault.job().healing.is_idle());
}

#[test]
fn without_an_upstream_only_dead_files_are_lost() {
    for known in [None, Some("UPSTREAM_API_KEY is not set".to_owned())] {
        let mut job = dead_job();
        let version = job.version;
        job.healing.error = known;
        healing::note_impossible(&mut job, "UPSTREAM_API_KEY is not set", context(DEADLINE));
        assert_eq!(job.files[0].status(), FileStatus::Lost);
        assert!(job.version > version, "a waiting reader gets the change");
    }
    let mut vault = Vault::new();
    vault.deliver(&acquired(1_000));
    let now = vault.now();
    let job = vault.job.as_mut().expect("a job");
    healing::note_impossible(job, "UPSTREAM_API_KEY is not set", context(now));
    let again = healing::due_at(job, PACE).expect("the operator may mend it");
    assert!(again.since(now) >= PACE.longest());
}

#[test]
fn a_stored_file_ends_the_healing() {
    let mut job = dead_job();
    healing::note_failure(&mut job, None, None, context(DEADLINE));
    let source = Source::Url { url: url(FILE, "new"), host: "h".into() };
    healing::note_fresh_url(&mut job, 0, source.clone(), DEADLINE).expect("an entry");
    let stored =
        CopiedFile { size: 1, etag: "e".into(), content_type: "video/mp4".into(), verified: true };
    end(&mut job, CopyAttempt { n: 0, source, outcome: Ok(stored) }, context(DEADLINE));
    assert!(job.healing.is_idle() && job.heals == 1);
}

#[test]
fn a_file_of_an_older_result_keeps_its_pauses() {
    let mut vault = Vault::new();
    vault.deliver(&completed(FILE, "s"));
    vault.deliver(&completed("437852_1_b.mp4", "s"));
    let (mut job, now) = (vault.job.expect("a job"), Timestamp::from_millis(1_766_868_000_000));
    copy_fails(&mut job, FailureKind::Gone, now);
    healing::note_failure(&mut job, None, None, context(now));
    let stored =
        CopiedFile { size: 1, etag: "e".into(), content_type: "video/mp4".into(), verified: true };
    let source = job.files[1].source.clone();
    end(&mut job, CopyAttempt { n: 1, source, outcome: Ok(stored) }, context(now));
    assert!(job.is_settled() && job.files[0].waits_for_url());
    assert!(healing::due_at(&job, PACE) > Some(now), "{:?}", job.healing);
}

#[test]
fn answers_mean_what_they_say() {
    let end = |kind| AnswerMeaning::End(kind);
    let read_result =
        |status, body| healing::read_result(status, body, Some("437852"), Senders::built_in());
    let cases = [
        (200, r#"{"video":{}}"#, end(EventKind::Completed)),
        (200, r#"{"status":"IN_PROGRESS"}"#, AnswerMeaning::NotReady),
        (200, r#"{"status":"FAILED","error":"x"}"#, end(EventKind::Failed)),
        (200, r#"{"status":"good","image":{}}"#, end(EventKind::Completed)),
    ];
    for (status, body, want) in cases {
        assert_eq!(read_result(status, body), want, "{body}");
    }
    for status in [301, 401, 403, 429, 500, 503] {
        assert!(matches!(read_result(status, "{}"), AnswerMeaning::Refused(_)), "{status}");
    }
    assert!(matches!(read_result(200, "<html>"), AnswerMeaning::Refused(_)));
    for status in [400, 404, 409, 422] {
        assert!(matches!(read_result(status, "{}"), AnswerMeaning::Unclear(_)), "{status}");
    }
    let told = |word: &str| {
        healing::read_status(200, &format!(r#"{{"status":"{word}"}}"#), Senders::built_in())
    };
    assert_eq!(told("CANCELLED"), end(EventKind::Cancelled));
    assert_eq!(told("IN_QUEUE"), AnswerMeaning::NotReady);
    assert!(matches!(told("COMPLETED"), AnswerMeaning::Unclear(_)));
}

#[test]
fn a_fresh_url_is_one_of_the_same_file_at_an_allowed_host() {
    let policy = SourcePolicy::parse("*.r2.cloudflarestorage.com").0;
    let read = |answer: &str| healing::read_download(200, answer, &url(FILE, "old"), &policy);
    let fresh = read(&format!(r#"{{"url":"{}"}}"#, url(FILE, "new"))).expect("a URL");
    assert_eq!(fresh.deadline(), Some(DEADLINE));
    for bad in [
        r#"{"url":"https://evil.example/outputs/free/437852_0_a.mp4"}"#,
        r#"{"url":"https://x.r2.cloudflarestorage.com/outputs/free/437852_0_b.mp4"}"#,
        r#"{"url":7}"#,
        "{}",
        "[]",
    ] {
        assert!(read(bad).is_err(), "{bad}");
    }
    assert!(healing::read_download(404, "{}", "x", &policy).is_err());
}

fn stored_job() -> Job {
    let mut vault = Vault::new();
    vault.deliver(&completed(FILE, "s"));
    let mut job = vault.job.expect("a job");
    store(&mut job, Timestamp::from_millis(1_766_868_000_000));
    job
}

fn store(job: &mut Job, now: Timestamp) {
    let stored =
        CopiedFile { size: 1, etag: "e".into(), content_type: "video/mp4".into(), verified: true };
    let source = job.file(0).expect("the file").source.clone();
    end(job, CopyAttempt { n: 0, source, outcome: Ok(stored) }, context(now));
}

#[test]
fn a_wanted_result_is_requested_once() {
    let (mut job, now) = (stored_job(), Timestamp::from_millis(1_766_869_000_000));
    healing::request(&mut job, "a delivery was refused".to_owned(), now);
    assert_eq!(healing::due_at(&job, PACE), Some(Timestamp::default()));
    let version = job.version;
    assert_eq!(healing::note_end(&mut job, false, None, context(now)), None);
    assert_eq!((healing::due_at(&job, PACE), job.healing.is_idle()), (None, true));
    assert!(job.version > version, "the record tells no more of healing");
}

#[test]
fn a_wanted_result_stays_wanted_when_a_file_is_stored() {
    let mut vault = Vault::new();
    vault.deliver(&completed(FILE, "s"));
    let (mut job, now) = (vault.job.expect("a job"), Timestamp::from_millis(1_766_868_000_000));
    healing::request(&mut job, "a delivery was refused".to_owned(), now);
    store(&mut job, now);
    assert!(job.is_settled() && healing::due_at(&job, PACE).is_some());
}

#[test]
fn each_question_begins_with_other_files() {
    let urls: Vec<_> = (0..9).map(|n| url(&format!("437852_{n}_a.mp4"), "old")).collect();
    let mut vault = Vault::new();
    vault.deliver(&format!(r#"{{"eventType":"completed","results":{urls:?}}}"#));
    let mut job = vault.job.expect("a job");
    job.files.iter_mut().for_each(|file| file.state = FileState::Pending { needs_url: true });
    let config = Config::from_lookup(|name| (name == "UPSTREAM_API_KEY").then(|| "key".to_owned()));
    let first = |job: &Job| {
        let all = healing::downloads(job, &config.upstreams, 8);
        assert_eq!(all.len(), 9);
        all[0].n
    };
    assert_eq!(first(&job), 0);
    job.healing.attempts = 1;
    assert_eq!(first(&job), 8);
    job.healing.attempts = u32::MAX;
    first(&job);
    job.files.clear();
    assert_eq!(healing::downloads(&job, &config.upstreams, 8), []);
}

#[test]
fn a_result_that_is_assigned_days_later_is_healed() {
    let day = 24 * 3_600_000;
    let mut vault = Vault::new();
    vault.deliver_late(&completed(FILE, "old"), 3 * day);
    let now = vault.now().plus(3 * day);
    let mut job = vault.job.expect("a job");
    copy_fails(&mut job, FailureKind::Gone, now);
    assert!(job.files[0].waits_for_url(), "{:?}", job.files[0].state);
}

#[test]
fn a_url_that_outlives_the_questions_is_still_tried() {
    let mut vault = Vault::new();
    vault.deliver(&completed(FILE, "old").replace("7200", "604800"));
    let (mut job, now) = (vault.job.expect("a job"), Timestamp::from_millis(1_766_868_000_000));
    copy_fails(&mut job, FailureKind::Gone, now);
    healing::note_failure(&mut job, None, None, context(now));
    let late = now.plus(24 * 3_600_000);
    healing::note_failure(&mut job, None, None, context(late)).expect("the end");
    assert!(job.healing.exhausted && job.files[0].is_pending());
    assert_eq!(plan(&job, PACE, late).due[0], Task::Copy(0));
}

#[test]
fn a_deadline_that_may_be_misread_stops_no_copy() {
    let bare = "https://a.r2.cloudflarestorage.com/a.mp4";
    let mut vault = Vault::new();
    vault.deliver(&format!(
        r#"{{"eventType":"completed","video":{{"url":"{bare}","expires_at":3600}}}}"#
    ));
    let (mut job, now) = (vault.job.expect("a job"), Timestamp::from_millis(1_766_868_000_000));
    copy_fails(&mut job, FailureKind::Transient, now);
    let next = job.files[0].not_before;
    assert!(job.files[0].waits_for_url() && plan(&job, PACE, next).due.contains(&Task::Copy(0)));
    healing::note_impossible(&mut job, "UPSTREAM_API_KEY is not set", context(now));
    assert_eq!(job.files[0].status(), FileStatus::Pending);
}

#[test]
fn an_answer_about_something_else_is_no_result() {
    let read = |body: &str| healing::read_result(200, body, Some("437852"), Senders::built_in());
    for own in [r#"{"request_id":"437852","video":{}}"#, r#"{"jobId":437852}"#] {
        assert_eq!(read(own), AnswerMeaning::End(EventKind::Completed), "{own}");
    }
    for other in [r#"{"request_id":"437853","video":{}}"#, r#"{"jobId":1,"status":"FAILED"}"#] {
        assert!(matches!(read(other), AnswerMeaning::Refused(_)), "{other}");
    }
    let status = r#"{"status":"COMPLETED","response_url":"https://batch.pipelet.net/r"}"#;
    assert!(matches!(read(status), AnswerMeaning::Unclear(_)));
}

#[test]
fn a_question_that_a_delivery_has_answered_leaves_no_trace() {
    let why = || Some("the upstream does not answer in time".to_owned());
    let mut vault = Vault::new();
    vault.deliver(&acquired(1_000));
    let now = vault.now();
    healing::note_failure(vault.job.as_mut().expect("a job"), why(), None, context(now));
    vault.deliver(r#"{"eventType":"failed","jobId":437852}"#);
    let job = vault.job.as_mut().expect("a job");
    assert_eq!(healing::note_failure(job, why(), None, context(now)), None);
    assert!(job.healing.is_idle(), "{:?}", job.healing);
    let mut dead = dead_job();
    healing::note_impossible(&mut dead, "UPSTREAM_API_KEY is not set", context(DEADLINE));
    assert!(dead.is_settled() && dead.healing.is_idle());
}

/// Returns a vault with a result of two files: one is stored, and the other's
/// URL is dead.
fn half_dead_vault() -> Vault {
    let mut vault = Vault::new();
    vault.deliver(&results(&["a", "b"], "old"));
    let job = vault.job.as_mut().expect("a job");
    store(job, Timestamp::from_millis(1_766_868_000_000));
    job.file_mut(1).expect("the other file").state = FileState::Pending { needs_url: true };
    vault
}

fn results(names: &[&str], by: &str) -> String {
    let urls: Vec<_> = names.iter().map(|name| url(name, by)).collect();
    format!(r#"{{"eventType":"completed","results":{urls:?}}}"#)
}

#[test]
fn a_smaller_result_is_noted_and_given_up_after_a_day() {
    let mut vault = half_dead_vault();
    assert_eq!(vault.heal(EventKind::Completed, &results(&["a"], "new")), EntryOutcome::Heal);
    let detail = vault.timeline.last().and_then(|entry| entry.detail.clone());
    assert!(detail.is_some_and(|words| words.contains("has 1 file, and the present result 2")));
    let mut job = vault.job.expect("a job");
    let first = healing::note_end(&mut job, false, None, context(DEADLINE)).expect("news");
    assert!(first.detail.is_some_and(|words| words.ends_with("does not name the file")));
    assert!(
        healing::due_at(&job, PACE).is_some_and(|at| at > DEADLINE),
        "asked again, after a pause"
    );
    let late = DEADLINE.plus(24 * 3_600_000);
    assert!(healing::note_end(&mut job, false, None, context(late)).is_some());
    let [kept, dead] = job.files.as_slice() else { panic!("two files") };
    assert_eq!((kept.status(), dead.status()), (FileStatus::Stored, FileStatus::Lost));
    assert!(dead.error.as_ref().is_some_and(|words| words.ends_with("does not name the file")));
    assert_eq!((job.archive(), healing::due_at(&job, PACE)), (Archive::Partial, None));
}

#[test]
fn files_that_the_upstream_removed_are_lost_at_once() {
    let removed =
        r#"{"id":"437852","status":"succeeded","output":null,"urls":{},"data_removed":true}"#;
    let mut vault = half_dead_vault();
    vault.heal(EventKind::Completed, removed);
    let served = vault.result.clone();
    let mut job = vault.job.expect("a job");
    assert!(healing::says_removed(removed) && !healing::says_removed("{}"));
    healing::note_end(&mut job, true, None, context(DEADLINE));
    let [kept, dead] = job.files.as_slice() else { panic!("two files") };
    assert_eq!((kept.status(), dead.status()), (FileStatus::Stored, FileStatus::Lost));
    assert!(dead.error.as_ref().is_some_and(|words| words.ends_with("has deleted it")));
    assert_eq!((job.archive(), healing::due_at(&job, PACE)), (Archive::Partial, None));
    assert!(served.is_some_and(|text| text.contains("/0-a") && text.contains("/1-b")));
}
