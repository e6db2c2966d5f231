//! Properties of jobs under any sequence of deliveries and tasks.

#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a panic is how a test fails")]

use crate::common::Vault;
use crate::events::resigned;
use crate::generate::cases;
use crate::steps::{End, Step, die, steps};
use crate::work::{comes_to_rest, is_planned};
use hookvault::domain::access::redact::Secrets;
use hookvault::domain::archive::failure::FailureKind;
use hookvault::domain::file::discover::discover;
use hookvault::domain::file::source_policy::SourcePolicy;
use hookvault::domain::job::file::{File, FileStatus};
use hookvault::domain::job::record::{Archive, Job};
use hookvault::domain::job::status::Status;
use hookvault::domain::job::timeline::EntryOutcome;
use hookvault::domain::view::record::{self, Context};
use proptest::prelude::*;
use serde_json::{Map, Value};
use std::collections::HashSet;

fn kept(job: &Job) -> String {
    serde_json::to_string(job).expect("JSON")
}

/// Returns a record without the members that may change unannounced: counts,
/// and when to ask.
fn without_counts(json: &str) -> Value {
    let mut record: Map<String, Value> = serde_json::from_str(json).expect("an object");
    let counts = ["deliveries", "duplicates", "tally", "events", "heals", "healing", "attempts"];
    record.retain(|key, _| !counts.contains(&key.as_str()));
    for file in record["files"].as_array_mut().expect("files") {
        file.as_object_mut().expect("a file").remove("attempts");
    }
    // A message that is refused again, in the same words, is not a visible
    // change.
    let handoff = record.get_mut("handoff").and_then(|handoff| handoff.get_mut("messages"));
    for message in handoff.and_then(Value::as_array_mut).into_iter().flatten() {
        let message = message.as_object_mut().expect("a message");
        message.retain(|key, _| !["attempts", "nextAt"].contains(&key.as_str()));
    }
    record.into()
}

/// Returns what readers see.
fn seen(vault: &Vault) -> Value {
    let context = Context { base: "https://vault.example", secrets: &Secrets::default() };
    let record = record::record(vault.job(), vault.result.as_deref(), context);
    without_counts(&record.expect("a record"))
}

/// Checks what holds after any step.
fn is_sound(was: &Job, before: &Value, vault: &Vault) {
    let job = vault.job();
    assert!(job.version >= was.version && job.attempt >= was.attempt);
    assert!(job.version > was.version || *before == seen(vault), "a change that no reader gets");
    assert!(was.status != Status::Completed || job.status == Status::Completed);
    assert_eq!(job.status == Status::Completed, vault.result.is_some());
    assert!(job.files.windows(2).all(|pair| pair[0].n < pair[1].n));
    says_when_it_was_stored(job);
    let next = was.files.last().map_or(0, |last| last.n + 1);
    let is_old = |n: u32, identity: &str| was.file(n).is_some_and(|old| old.identity == identity);
    assert!(job.files.iter().all(|file| file.n >= next || is_old(file.n, &file.identity)));
    let read: Job = serde_json::from_str(&kept(job)).expect("a record");
    assert_eq!(kept(&read), kept(job));
    assert!(vault.timeline.iter().map(|entry| entry.n).eq(1..=job.events));
}

fn says_when_it_was_stored(job: &Job) {
    let is_stored = |file: &File| file.served && file.stored().is_some();
    let is_over = job.archive() != Archive::Pending && job.files.iter().any(is_stored);
    assert_eq!(job.stored_at.is_some(), is_over, "{:?}", job.archive());
}

/// Checks that a delivery is counted, and that one that was not applied changes
/// nothing else.
fn is_counted(was: &Job, job: &Job, outcome: EntryOutcome) {
    assert_eq!((job.deliveries, job.events), (was.deliveries + 1, was.events + 1));
    assert_eq!(job.tally.values().sum::<u64>(), u64::from(job.deliveries));
    assert_eq!(job.duplicates, was.duplicates + u32::from(outcome == EntryOutcome::Duplicate));
    assert_eq!(outcome == EntryOutcome::Applied, job.last_applied == job.events);
    assert!(outcome != EntryOutcome::Applied || job.version > was.version);
    let may_lend = matches!(outcome, EntryOutcome::Duplicate | EntryOutcome::Late);
    let is_renewed = may_lend && job.version > was.version;
    let is_same = without_counts(&kept(was)) == without_counts(&kept(job));
    assert_eq!(is_same, outcome != EntryOutcome::Applied && !is_renewed, "{outcome:?}");
}

/// Checks that a new result is served, unless it has fewer files than the one
/// before. So no file is lost to a result that only looks the same.
fn is_served(was: &Job, job: &Job, body: &str) {
    let found = discover(body, &SourcePolicy::parse("*.r2.cloudflarestorage.com").0);
    let want: Vec<String> = found.files.iter().map(|file| file.identity(body)).collect();
    let before: Vec<&File> = was.files.iter().filter(|file| file.served).collect();
    let is_there = before.iter().any(|file| file.status() != FileStatus::Lost);
    let served = job.files.iter().filter(|file| file.served);
    if is_there && want.len() < before.len() {
        return assert!(served.map(|file| file.n).eq(before.iter().map(|file| file.n)));
    }
    assert_eq!(served.map(|file| file.identity.clone()).collect::<Vec<_>>(), want);
}

/// Delivers the body twice.
fn is_taken(vault: &mut Vault, body: &str, is_new: bool) {
    let was = vault.job().clone();
    let outcome = vault.deliver(body);
    is_counted(&was, vault.job(), outcome);
    if is_new && body.contains("completed") {
        is_served(&was, vault.job(), body);
    }
    let was = vault.job().clone();
    assert_eq!(vault.deliver(body), EntryOutcome::Duplicate);
    is_counted(&was, vault.job(), EntryOutcome::Duplicate);
}

proptest! {
    #![proptest_config(cases(100))]

    #[test]
    fn a_job_stays_sound(
        (first, steps) in steps(),
        end in prop_oneof![
            Just(End::Well),
            any::<bool>().prop_map(|can_ask| End::Badly(FailureKind::Transient, can_ask)),
            any::<bool>().prop_map(|can_ask| End::Badly(FailureKind::Gone, can_ask)),
        ],
    ) {
        let (mut vault, mut bodies) = (Vault::new(), HashSet::from([first.clone()]));
        vault.has_operator = true;
        vault.deliver(&first);
        vault.job.as_mut().expect("a job").webhook = Some("https://app.example/".to_owned());
        let mut result = first;
        for step in steps {
            let (was, before) = (vault.job().clone(), seen(&vault));
            match step {
                Step::Deliver(body) => {
                    is_taken(&mut vault, &body, bodies.insert(body.clone()));
                    result = Some(body).filter(|body| body.contains("completed")).unwrap_or(result);
                }
                Step::Resigned(by) => {
                    let body = resigned(&result, by);
                    is_taken(&mut vault, &body, bodies.insert(body.clone()));
                }
                Step::Work(which, end) => crate::steps::work(&mut vault, which, &end),
                Step::Die(hours) => die(&mut vault, hours),
            }
            is_sound(&was, &before, &vault);
            is_planned(&vault);
        }
        comes_to_rest(&mut vault, &end);
        says_when_it_was_stored(vault.job());
    }
}
