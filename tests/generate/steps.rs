//! Generates the life of a job: deliveries in any order, and its own tasks,
//! which may fail.

use crate::common::Vault;
use crate::events::{event, result};
use hookvault::domain::alarm::plan::{OFFLOAD_PAGE, Task, plan};
use hookvault::domain::archive::failure::{CopyFailure, FailureKind};
use hookvault::domain::archive::kv_copy::{self, CopyStep};
use hookvault::domain::archive::manifest;
use hookvault::domain::archive::outcome::{CopiedFile, CopyAttempt, end, note_death};
use hookvault::domain::archive::relink;
use hookvault::domain::handoff::queue;
use hookvault::domain::healing;
use hookvault::domain::job::file::Source;
use hookvault::domain::job::record::Job;
use hookvault::domain::retry::{Pace, RetryContext};
use hookvault::domain::time::HOUR;
use hookvault::domain::webhook::event::EventKind;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

pub const PACE: Pace = Pace::new(2_000);

#[derive(Debug, Clone)]
pub enum Step {
    Deliver(String),
    /// The last result comes again, with other signatures.
    Resigned(u8),
    /// A pending task runs when it is due, and ends in this way.
    Work(Index, End),
    /// After this many hours, a run of the alarm dies.
    Die(u64),
}

/// How a task ends.
#[derive(Debug, Clone)]
pub enum End {
    Well,
    /// A copy fails in this way, or a question gets no answer. The flag says
    /// whether the upstream can be asked for a fresh URL.
    Badly(FailureKind, bool),
    /// A question is answered with this result.
    Answered(String),
}

/// Generates a job's first delivery and the steps after it.
pub fn steps() -> impl Strategy<Value = (String, Vec<Step>)> {
    (prop_oneof![event(), result()], vec(step(), 0..30))
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => event().prop_map(Step::Deliver),
        3 => result().prop_map(Step::Deliver),
        1 => any::<u8>().prop_map(Step::Resigned),
        6 => (any::<Index>(), an_end()).prop_map(|(which, end)| Step::Work(which, end)),
        1 => (0..60_u64).prop_map(Step::Die),
    ]
}

fn an_end() -> impl Strategy<Value = End> {
    use FailureKind::{Final, Gone, Md5Refused, Postponed, Transient};
    let md5 = Md5Refused { actual: Some("a".to_owned()) };
    let kind = select(vec![Transient, Gone, Gone, Postponed, md5, Final]);
    let badly = (kind, any::<bool>()).prop_map(|(kind, can_ask)| End::Badly(kind, can_ask));
    prop_oneof![2 => Just(End::Well), 4 => badly, 1 => result().prop_map(End::Answered)]
}

/// Does the task that is due next, or one of several.
pub fn work(vault: &mut Vault, which: Index, ending: &End) {
    let Some(at) = plan(vault.job(), PACE, vault.now()).alarm(vault.now()) else { return };
    vault.sleep_until(at);
    let due = plan(vault.job(), PACE, at).due;
    perform(vault, *which.get(&due), ending);
}

pub fn perform(vault: &mut Vault, task: Task, ending: &End) {
    let can_ask = !matches!(ending, End::Badly(_, false)) && !vault.job().healing.exhausted;
    let renewal = if can_ask { Ok(()) } else { Err("no key") };
    let context = RetryContext { now: vault.now(), pace: PACE, entropy: 7, renewal };
    if let (Task::Healing, End::Answered(body)) = (task, ending) {
        vault.heal(EventKind::Completed, body);
    }
    let Some(job) = &mut vault.job else { return };
    let version = job.version;
    let entry = match (task, ending) {
        (Task::Copy(n), ending) => copy(job, n, ending, context),
        (Task::Healing, End::Answered(_)) if job.is_settled() => None,
        (Task::Healing, ending) => ask(job, ending, context),
        (Task::Publish, _) => {
            let published = job.clone();
            return manifest::note_published(&mut job.work, &published, true, context);
        }
        (Task::Record, _) => {
            let recorded = job.clone();
            return match kv_copy::step(job) {
                Some((CopyStep::Delete, _)) => kv_copy::note_deleted(&mut job.work, true, context),
                _ => kv_copy::note_written(&mut job.work, &recorded, true, context),
            };
        }
        (Task::List, _) => return job.work.list.done(job.revision()),
        (Task::Relink(n), _) => {
            let nonce = job.nonce.clone();
            return relink::note_written(job, n, &nonce, None, context.now);
        }
        (Task::Offload, _) => {
            job.work.offloaded += OFFLOAD_PAGE;
            return job.work.offload.done(version);
        }
        (Task::HandOff(entry, receiver), ending) => {
            queue::note(job, (entry, receiver), handed_on(ending), context)
        }
        (Task::Link, _) => None,
    };
    vault.timeline.extend(entry);
}

type Entry = Option<hookvault::domain::job::timeline::Entry>;

fn copy(job: &mut Job, n: u32, ending: &End, context: RetryContext<'_>) -> Entry {
    let source = job.file(n)?.source.clone();
    let content_type = "video/mp4".to_owned();
    let outcome = match ending {
        End::Badly(kind, _) => {
            Err(CopyFailure { kind: kind.clone(), message: "no".into(), retry_after_ms: None })
        }
        _ => Ok(CopiedFile { size: 7, etag: "e".into(), content_type, verified: true }),
    };
    end(job, CopyAttempt { n, source, outcome }, context)
}

/// Returns the result of a hand-off: the receiver accepts the message, wants
/// none, or does not answer.
fn handed_on(ending: &End) -> queue::SendResult {
    match ending {
        End::Badly(FailureKind::Gone, _) => queue::SendResult::Gone,
        End::Badly(FailureKind::Final, _) => queue::SendResult::Impossible("no"),
        End::Badly(..) => queue::SendResult::Refused("no".to_owned(), None),
        End::Well | End::Answered(_) => queue::SendResult::Delivered,
    }
}

/// Asks the upstream. It returns a fresh URL or nothing, or it can't be asked.
fn ask(job: &mut Job, ending: &End, context: RetryContext<'_>) -> Entry {
    let waiting = job.files.iter().find(|file| file.waits_for_url());
    let waiting = waiting.map(|file| (file.n, file.source.clone()));
    match (ending, waiting) {
        (End::Well, Some((n, Source::Url { url, host }))) => {
            let url = url.replace("20251227", "20251229");
            healing::note_fresh_url(job, n, Source::Url { url, host }, context.now)
        }
        (End::Badly(_, false), _) => healing::note_impossible(job, "no key", context),
        (End::Badly(..), _) => healing::note_failure(job, Some("no answer".into()), None, context),
        _ => healing::note_failure(job, None, None, context),
    }
}

/// Lets a run die while it copies the files that are due.
pub fn die(vault: &mut Vault, hours: u64) {
    vault.sleep_until(vault.now().plus(hours * HOUR));
    let now = vault.now();
    let Some(job) = &mut vault.job else { return };
    job.work.copying = plan(job, PACE, now).copies(1);
    note_death(job, RetryContext { now, pace: PACE, entropy: 7, renewal: Err("") });
}
