//! The copy of a record in KV, which readers get from the edge near them.
//!
//! The copy exists while the job is at rest. It is deleted when the job
//! continues, so that readers see old data only for as long as KV itself takes
//! to forget it.

use crate::domain::job::record::Job;
use crate::domain::job::tasks::{KvCopy, LastTry, Work};
use crate::domain::names::ObjectName;
use crate::domain::retry::{Pace, RetryContext};
use crate::domain::time::Timestamp;
use serde::{Deserialize, Serialize};

/// The version of the rendering. A copy with another version is not served.
const RENDERING: u32 = 2;
/// The most failed tries to write a first copy, which take a day and a half.
/// Then the copy waits for the next change, because KV's quota is small. For an
/// outdated copy there is no limit.
const MAX_RECORD_TRIES: u32 = 15;

/// The rendering of a copy, stored beside it. A copy with another rendering is
/// not served, because its links would lead to the former `PUBLIC_URL`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rendering {
    rendering: u32,
    public_url: Option<String>,
}

impl Rendering {
    /// Returns the present rendering.
    #[must_use]
    pub fn now(public_url: Option<&str>) -> Self {
        Self { rendering: RENDERING, public_url: public_url.map(str::to_owned) }
    }
}

/// The next step for the copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CopyStep {
    /// Write the copy.
    Write,
    /// Delete the copy.
    Delete,
}

/// Returns the next step and its earliest time; `None` if the copy is up to
/// date. A job that never had a copy has none to delete.
#[must_use]
pub fn step(job: &Job) -> Option<(CopyStep, Timestamp)> {
    let copy = job.work.kv_copy();
    let is_elsewhere = copy.last().is_some_and(|last| last.by_id != is_named_by_id(job));
    if is_elsewhere || !is_at_rest(job) {
        return copy.last().is_some().then_some((CopyStep::Delete, try_at(copy, true)));
    }
    let (version, events) = copy.shown();
    let is_news = version < job.version;
    let is_old = is_news || events < job.events;
    is_old.then_some((CopyStep::Write, try_at(copy, is_news)))
}

/// Returns whether the copy is named by the job's id although the job lives at
/// its reference. Readers ask by the id once it leads here.
#[must_use]
pub const fn is_named_by_id(job: &Job) -> bool {
    matches!(job.home, ObjectName::Reference(_)) && job.id.is_some() && job.unlinked_id.is_none()
}

/// Returns the name of a copy that is written now.
#[must_use]
pub fn name(job: &Job) -> ObjectName {
    named(job, is_named_by_id(job))
}

/// Returns the name of the copy that was written last.
#[must_use]
pub fn written_name(job: &Job) -> ObjectName {
    named(job, job.work.kv_copy().last().is_some_and(|last| last.by_id))
}

fn named(job: &Job, by_id: bool) -> ObjectName {
    let id = job.id.clone().filter(|_| by_id);
    id.map_or_else(|| job.home.clone(), ObjectName::Id)
}

/// Notes that the first copy is about to be written, if that is the next step;
/// returns whether it is. Otherwise a run that dies while writing could leave a
/// copy that the record does not know of.
pub fn begin(job: &mut Job) -> bool {
    let is_first = job.work.kv_copy() == KvCopy::None;
    let begins = is_first && matches!(step(job), Some((CopyStep::Write, _)));
    if begins {
        let last = tried(is_named_by_id(job), 0, Timestamp::default());
        job.work.set_kv_copy(KvCopy::Begun(last));
    }
    begins
}

/// Notes how writing `job`, as it was then, to KV ended.
pub fn note_written(work: &mut Work, job: &Job, is_done: bool, context: RetryContext<'_>) {
    let (copy, by_id) = (work.kv_copy(), is_named_by_id(job));
    let attempts = failures(copy) + 1;
    let is_given_up = copy.shown().0 == 0 && attempts >= MAX_RECORD_TRIES;
    work.set_kv_copy(if is_done || is_given_up {
        // A change without a new version may wait.
        let last = tried(by_id, 0, context.now.plus(context.pace.quiet()));
        KvCopy::Written { version: job.version, events: job.events, last }
    } else {
        copy.after(failed(by_id, attempts, context))
    });
}

/// Notes how deleting the copy from KV ended.
pub fn note_deleted(work: &mut Work, is_done: bool, context: RetryContext<'_>) {
    let copy = work.kv_copy();
    let by_id = copy.last().is_some_and(|last| last.by_id);
    let undone = || copy.after(failed(by_id, failures(copy) + 1, context));
    work.set_kv_copy(if is_done { KvCopy::None } else { undone() });
}

const fn tried(by_id: bool, attempts: u32, at: Timestamp) -> LastTry {
    LastTry { by_id, attempts, at }
}

fn failed(by_id: bool, attempts: u32, context: RetryContext<'_>) -> LastTry {
    tried(by_id, attempts, context.now.plus(pause(attempts, context.pace)))
}

fn failures(copy: KvCopy) -> u32 {
    copy.last().map_or(0, |last| last.attempts)
}

/// Returns the earliest time to write or delete the copy. A new version waits
/// only after a failure.
fn try_at(copy: KvCopy, is_news: bool) -> Timestamp {
    let last = copy.last().filter(|last| !is_news || last.attempts > 0);
    last.map(|last| last.at).unwrap_or_default()
}

/// Returns the pause in milliseconds after `attempts` failures in a row.
#[must_use]
pub fn pause(attempts: u32, pace: Pace) -> u64 {
    pace.stretched(attempts).min(pace.patience())
}

/// The copy of a job that has moved away, until it is deleted from KV.
/// Otherwise readers would get it by the job's former name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrphanedCopy {
    /// The copy's name.
    pub home: ObjectName,
    /// Failed tries to delete the copy.
    pub attempts: u32,
}

impl OrphanedCopy {
    /// Returns the copy that `job` leaves behind, if there may be one.
    #[must_use]
    pub fn of(job: &Job) -> Option<Self> {
        let last = job.work.kv_copy().last();
        last.map(|_| Self { home: written_name(job), attempts: 0 })
    }

    /// Notes that a try has failed; returns when the next one is due.
    pub fn failed(&mut self, pace: Pace, now: Timestamp) -> Timestamp {
        self.attempts = self.attempts.saturating_add(1);
        now.plus(pause(self.attempts, pace))
    }
}

/// Returns whether the record stays unchanged unless something new comes: the
/// job is settled, and the vault does not ask the upstream for more.
fn is_at_rest(job: &Job) -> bool {
    job.is_settled() && (job.healing.is_idle() || job.healing.exhausted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixtures;
    use crate::domain::healing;
    use crate::domain::job::status::Status;

    const PACE: Pace = Pace::new(2_000);

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn context(now: u64) -> RetryContext<'static> {
        RetryContext { now: at(now), pace: PACE, entropy: 0, renewal: Ok(()) }
    }

    fn note(job: &mut Job, is_done: bool, context: RetryContext<'_>) {
        let written = job.clone();
        note_written(&mut job.work, &written, is_done, context);
    }

    /// Returns a failed job whose copy was written at 5,000 ms.
    fn copied() -> Job {
        let mut job = fixtures::job();
        (job.status, job.version, job.events) = (Status::Failed, 3, 2);
        note(&mut job, true, context(5_000));
        job
    }

    fn changed(change: impl Fn(&mut Job)) -> Option<(CopyStep, Timestamp)> {
        let mut job = copied();
        change(&mut job);
        step(&job)
    }

    #[test]
    fn the_copy_follows_the_job() {
        let quiet = at(5_000).plus(PACE.quiet());
        assert_eq!(step(&copied()), None);
        assert_eq!(changed(|job| job.version += 1), Some((CopyStep::Write, at(0))));
        // A duplicate only changes the count, so it may wait.
        assert_eq!(changed(|job| job.events += 1), Some((CopyStep::Write, quiet)));
        assert_eq!(changed(|job| job.status = Status::Retried), Some((CopyStep::Delete, at(0))));
        let asked = |job: &mut Job| drop(healing::request(job, String::new(), at(6_000)));
        assert_eq!(changed(asked), Some((CopyStep::Delete, at(0))));
    }

    #[test]
    fn a_job_at_its_reference_is_read_by_its_id() {
        let mut job = copied();
        job.home = ObjectName::Reference("gw-1".into());
        job.unlinked_id.clone_from(&job.id);
        assert_eq!((name(&job), step(&job)), (job.home.clone(), None));
        job.unlinked_id = None;
        assert_eq!(name(&job), ObjectName::Id("437852".into()));
        // The copy under the former name is deleted before there is another.
        assert_eq!(step(&job), Some((CopyStep::Delete, at(0))));
        assert_eq!(written_name(&job), job.home);
        note_deleted(&mut job.work, true, context(6_000));
        assert_eq!(step(&job), Some((CopyStep::Write, at(0))));
        note(&mut job, true, context(7_000));
        assert_eq!((step(&job), written_name(&job)), (None, ObjectName::Id("437852".into())));
    }

    #[test]
    fn a_job_that_never_had_a_copy_has_none_to_delete() {
        let mut job = fixtures::job();
        job.version = 1;
        assert_eq!(step(&job), None);
        // The write may have succeeded in KV although it failed here.
        job.status = Status::Failed;
        note(&mut job, false, context(5_000));
        job.status = Status::Retried;
        assert_eq!(step(&job), Some((CopyStep::Delete, at(5_000).plus(PACE.stretched(1)))));
        note_deleted(&mut job.work, true, context(9_000));
        assert_eq!(step(&job), None);
    }

    #[test]
    fn a_write_whose_run_died_may_have_been_done() {
        let mut job = fixtures::job();
        (job.status, job.version) = (Status::Failed, 1);
        assert!(begin(&mut job));
        assert_eq!(step(&job), Some((CopyStep::Write, at(0))));
        job.status = Status::Retried;
        assert_eq!(step(&job), Some((CopyStep::Delete, at(0))));
        assert!(OrphanedCopy::of(&job).is_some());
        note_deleted(&mut job.work, true, context(6_000));
        assert_eq!((step(&job), OrphanedCopy::of(&job)), (None, None));
    }

    #[test]
    fn a_first_copy_is_begun_once_and_only_if_it_is_to_be_written() {
        let mut job = fixtures::job();
        job.version = 1;
        assert!(!begin(&mut job), "it goes on");
        job.status = Status::Failed;
        assert!(begin(&mut job) && OrphanedCopy::of(&job).is_some());
        assert!(!begin(&mut job), "it is noted");
        assert!(!begin(&mut copied()), "one is there");
    }

    #[test]
    fn a_first_copy_is_given_up_and_an_outdated_one_never() {
        let tries = |mut job: Job| {
            let mut tries = 0;
            while step(&job).is_some() && tries < 50 {
                note(&mut job, false, context(9_000));
                tries += 1;
            }
            tries
        };
        let mut job = copied();
        job.version += 1;
        assert_eq!(tries(job.clone()), 50);
        assert!(step(&job).is_some_and(|(_, at)| at <= context(9_000).now.plus(PACE.patience())));
        job.work = Work::default();
        assert_eq!(tries(job), 15);
    }

    #[test]
    fn a_job_that_moves_leaves_its_copy_to_be_deleted() {
        let job = fixtures::job();
        assert_eq!(OrphanedCopy::of(&job), None);
        let mut left = OrphanedCopy::of(&copied()).unwrap();
        assert_eq!(left.home, job.home);
        let stored = serde_json::to_string(&left).unwrap();
        assert_eq!(stored, format!(r#"{{"home":"{}","attempts":0}}"#, job.home));
        let pauses: Vec<_> = (0..50).map(|_| left.failed(PACE, at(7)).since(at(7))).collect();
        assert!(pauses.is_sorted() && pauses[0] < PACE.patience());
        assert_eq!(pauses.last(), Some(&PACE.patience()));
    }

    #[test]
    fn a_copy_with_other_links_is_recognized() {
        let (one, none) = (Rendering::now(Some("https://a")), Rendering::now(None));
        assert_ne!(one, none);
        let text = serde_json::to_string(&one).unwrap();
        assert_eq!(text, r#"{"rendering":2,"publicUrl":"https://a"}"#);
        assert_eq!(serde_json::from_str::<Rendering>(&text).unwrap(), one);
    }
}
