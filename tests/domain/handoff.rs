//! Tests which events are handed on, to which receivers, and when.

#![expect(clippy::expect_used, reason = "a panic is how a test fails")]

use crate::common::{Vault, acquired, completed};
use hookvault::domain::alarm::plan::{Task, plan};
use hookvault::domain::archive::outcome::{CopiedFile, CopyAttempt as Copied, end};
use hookvault::domain::handoff::queue::{self, HandoffEvent, SendResult, due_at, note};
use hookvault::domain::job::outbox::{Message, Receiver, State};
use hookvault::domain::job::record::Job;
use hookvault::domain::job::timeline::EntryOutcome;
use hookvault::domain::retry::{Pace, RetryContext};
use hookvault::domain::time::Timestamp;

const PACE: Pace = Pace::new(2_000);
const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;
const FILE: &str = "437852_0_a.mp4";
const FAILED: &str = r#"{"eventType":"failed","jobId":437852,"updatedAt":9000}"#;

const fn context(now: Timestamp) -> RetryContext<'static> {
    RetryContext { now, pace: PACE, entropy: u32::MAX / 2, renewal: Ok(()) }
}

/// Returns a vault whose job has a webhook of its client.
fn vault() -> Vault {
    let mut vault = Vault::new();
    vault.deliver(&acquired(1_000));
    let job = vault.job.as_mut().expect("a job");
    job.webhook = Some("https://app.example/hook".to_owned());
    vault.deliver(&acquired(2_000));
    vault
}

fn told(job: &Job) -> Vec<(&str, Receiver, State)> {
    let messages = job.handoff.messages.iter();
    messages.map(|one| (one.event_type.as_str(), one.receiver, one.state)).collect()
}

fn message(job: &Job, entry: u32) -> &Message {
    job.handoff.find(entry, Receiver::Client).expect("a message")
}

fn tasks(job: &Job, now: Timestamp) -> Vec<Task> {
    let due = plan(job, PACE, now).due;
    due.into_iter().filter(|task| matches!(task, Task::HandOff(..))).collect()
}

fn store(job: &mut Job, now: Timestamp) {
    let source = job.file(0).expect("a file").source.clone();
    let stored = CopiedFile {
        size: 1,
        etag: "e".to_owned(),
        content_type: "video/mp4".to_owned(),
        verified: true,
    };
    end(job, Copied { n: 0, source, outcome: Ok(stored) }, context(now));
}

#[test]
fn a_client_gets_every_event_and_the_operator_the_ends() {
    let mut vault = vault();
    vault.has_operator = true;
    vault.deliver(r#"{"eventType":"retried","jobId":437852,"updatedAt":3000}"#);
    vault.deliver(FAILED);
    vault.deliver(FAILED);
    vault.deliver(r#"{"eventType":"odd","jobId":437852}"#);
    let (client, operator) = (Receiver::Client, Receiver::Operator);
    let want = [
        ("acquired", client, State::Pending),
        ("retried", client, State::Pending),
        ("failed", client, State::Pending),
        ("failed", operator, State::Pending),
    ];
    assert_eq!(told(vault.job()), want);
    let ids: std::collections::HashSet<_> =
        vault.job().handoff.messages.iter().map(|one| &one.id).collect();
    assert_eq!(ids.len(), 4, "each message has an id of its own");
}

#[test]
fn without_a_webhook_nothing_is_queued() {
    let mut vault = Vault::new();
    vault.deliver(&acquired(1_000));
    vault.deliver(FAILED);
    assert!(vault.job().handoff.is_idle());
}

#[test]
fn an_end_waits_for_its_files_and_no_longer_than_15_minutes() {
    let mut vault = vault();
    vault.deliver(&completed(FILE, "s"));
    let job = vault.job.as_mut().expect("a job");
    let now = Timestamp::from_millis(1_766_867_830_000);
    let queued = message(job, 3).since;
    assert_eq!(due_at(job, message(job, 3), PACE), queued.plus(15 * MINUTE));
    assert_eq!(tasks(job, now), [Task::HandOff(2, Receiver::Client)]);
    store(job, now);
    assert_eq!(due_at(job, message(job, 3), PACE), queued);
    let both = [Task::HandOff(2, Receiver::Client), Task::HandOff(3, Receiver::Client)];
    assert_eq!(tasks(job, now), both);
}

#[test]
fn a_newer_result_replaces_a_pending_message() {
    let mut vault = vault();
    vault.deliver(&completed(FILE, "s"));
    let other = completed("437852_0_b.mp4", "s");
    assert_eq!(vault.deliver(&other), EntryOutcome::Applied);
    let words: Vec<_> = vault.job().handoff.messages.iter().map(|one| one.entry).collect();
    assert_eq!(words, [2, 4]);
}

#[test]
fn a_failed_message_is_retried_for_three_days() {
    let mut vault = vault();
    let job = vault.job.as_mut().expect("a job");
    let first = message(job, 2).since;
    let (mut now, mut pauses, mut entries) = (first, Vec::new(), 0);
    while message(job, 2).state == State::Pending {
        let why = "the receiver answers 500".to_owned();
        let noted = note(job, (2, Receiver::Client), SendResult::Refused(why, None), context(now));
        entries += usize::from(noted.is_some());
        pauses.push(message(job, 2).at.since(now));
        now = message(job, 2).at.max(now);
        assert!(pauses.len() < 100, "it ends");
    }
    assert_eq!(entries, 2, "the first failure and the last are news");
    assert!(pauses.is_sorted_by(|one, next| one <= next || *next == 0), "{pauses:?}");
    assert!(now.since(first) >= 72 * HOUR && now.since(first) < 80 * HOUR);
    assert_eq!(message(job, 2).error.as_deref(), Some("the receiver answers 500"));
}

#[test]
fn a_receiver_may_ask_for_a_pause() {
    let mut vault = vault();
    let job = vault.job.as_mut().expect("a job");
    let now = message(job, 2).since;
    let busy = |wish| SendResult::Refused("the receiver answers 503".to_owned(), Some(wish));
    note(job, (2, Receiver::Client), busy(5 * MINUTE), context(now));
    assert_eq!(message(job, 2).at.since(now), 5 * MINUTE);
    note(job, (2, Receiver::Client), busy(1_000 * HOUR), context(now));
    assert_eq!(message(job, 2).at.since(now), 15 * MINUTE);
}

#[test]
fn a_newer_delivered_message_ends_older_ones() {
    let mut vault = vault();
    vault.deliver(FAILED);
    let job = vault.job.as_mut().expect("a job");
    let now = Timestamp::from_millis(1_766_867_830_000);
    let refused = SendResult::Refused("the receiver answers 500".to_owned(), None);
    note(job, (2, Receiver::Client), refused, context(now));
    note(job, (3, Receiver::Client), SendResult::Delivered, context(now));
    assert_eq!(message(job, 2).state, State::Failed);
    assert_eq!(message(job, 3).delivered_at, Some(now));
    assert_eq!(job.handoff.state(), Some(State::Delivered));
    assert_eq!(tasks(job, now.plus(HOUR)), []);
}

#[test]
fn a_receiver_that_answers_410_gets_no_more_until_asked_for() {
    let mut vault = vault();
    let job = vault.job.as_mut().expect("a job");
    let now = message(job, 2).since;
    note(job, (2, Receiver::Client), SendResult::Gone, context(now));
    assert_eq!(job.handoff.state(), Some(State::Failed));
    vault.deliver(FAILED);
    let job = vault.job.as_mut().expect("a job");
    assert_eq!(job.handoff.messages.len(), 1);
    let (entry, word) = queue::last_event(job).expect("an event");
    let event = HandoffEvent { entry, word, at: now, sha256: "d" };
    assert!(queue::again(job, &event, false, now).is_some());
    assert_eq!(told(job).last(), Some(&("failed", Receiver::Client, State::Pending)));
}

#[test]
fn handing_on_again_needs_a_receiver() {
    let mut vault = Vault::new();
    vault.deliver(FAILED);
    let job = vault.job.as_mut().expect("a job");
    let event = HandoffEvent { entry: 1, word: "failed", at: vault_now(), sha256: "d" };
    assert_eq!(queue::again(job, &event, false, vault_now()), None);
    assert!(queue::again(job, &event, true, vault_now()).is_some());
    let once = job.handoff.clone();
    queue::again(job, &event, true, vault_now());
    assert_eq!(job.handoff, once, "the same message, with the same id");
}

const fn vault_now() -> Timestamp {
    Timestamp::from_millis(1_766_867_820_001)
}

#[test]
fn an_endless_queue_does_not_grow_the_record() {
    let mut vault = vault();
    for time in 3..100 {
        vault.deliver(&acquired(time * 1_000));
    }
    vault.deliver(&FAILED.replace("9000", "900000"));
    let job = vault.job();
    assert_eq!(job.handoff.messages.len(), 16);
    assert_eq!(told(job).last(), Some(&("failed", Receiver::Client, State::Pending)));
}

#[test]
fn the_stored_message() {
    let mut vault = vault();
    vault.job.as_mut().expect("a job").handoff.messages.truncate(1);
    let text = serde_json::to_string(&vault.job().handoff).expect("JSON");
    let id = &vault.job().handoff.messages[0].id;
    assert_eq!((id.len(), id.starts_with("msg_")), (36, true));
    let want = concat!(
        r#"{"messages":[{"entry":2,"receiver":"client","eventType":"acquired","id":"ID","#,
        r#""state":"pending","since":1766867820002,"at":1766867820002,"attempts":0,"#,
        r#""error":null,"deliveredAt":null}]}"#,
    );
    assert_eq!(text.replace(id.as_str(), "ID"), want);
}
