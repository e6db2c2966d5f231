//! Sets the alarm with the write of a delivery, for the fewest rows and runs.
//!
//! Record and alarm are written in one transaction, so the record can remember
//! the alarm's time ([`Work::alarm`]). An alarm that rings early enough is not
//! set again. A run that the delivery has begun needs no write of its own to
//! count itself.
//!
//! [`Work::alarm`]: crate::domain::job::tasks::Work::alarm

use super::plan::{self, Task};
use crate::domain::archive::kv_copy;
use crate::domain::job::record::Job;
use crate::domain::retry::Pace;
use crate::domain::time::Timestamp;

/// The delay of an alarm that should ring at once, in milliseconds. An alarm
/// that is set to "now" during an alarm's run may be lost.
pub const SOON_MS: u64 = 10;

/// The actions that accompany the write of a job that a delivery has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AlarmUpdate {
    /// The time to set the alarm for; `None` if it needs no change.
    pub set: Option<Timestamp>,
    /// Whether the Worker that sent the delivery must update the catalog.
    pub tells: bool,
}

/// The facts beside the record that decide about the alarm.
#[derive(Debug, Clone, Copy)]
pub struct DeliveryContext {
    /// The present time.
    pub now: Timestamp,
    /// The pace of retries.
    pub pace: Pace,
    /// When the job is due for deletion, if ever.
    pub ends_at: Option<Timestamp>,
    /// Whether the Worker that sent the delivery can update the catalog.
    pub may_tell: bool,
    /// Whether a run is in progress in this object.
    pub is_running: bool,
}

/// Decides what follows from a delivery, and notes it in the record.
///
/// - If only the catalog must be updated, the sending Worker does it. The next
///   alarm updates the catalog once more, in case that update was lost.
/// - If more is due, the alarm rings at once. The record already notes what its
///   run begins.
/// - A run in progress does the new work itself.
pub fn after_delivery(job: &mut Job, context: DeliveryContext) -> AlarmUpdate {
    if job.work.list.attempts == 0 {
        job.work.list.at = Timestamp::default(); // of another revision
    }
    let plan = plan::plan(job, context.pace, context.now);
    let is_listed_only = plan.due == [Task::List];
    let tells = context.may_tell && plan.due.contains(&Task::List);
    let later = plan.wake.into_iter().chain(context.ends_at).min();
    if let Some(wake) = plan.wake.filter(|_| tells && is_listed_only && job.work.has_ended()) {
        job.work.list.at = wake;
        return AlarmUpdate { set: later.and_then(|at| arm(job, at, context.now)), tells };
    }
    if plan.due.is_empty() {
        let set = later.and_then(|at| arm(job, at, context.now));
        return AlarmUpdate { set, tells: false };
    }
    if context.is_running || is_about_to_run(job, context) {
        return AlarmUpdate { set: None, tells };
    }
    let at = context.now.plus(SOON_MS);
    if job.work.has_ended() {
        begin_run(job, plan.copies(1), at);
        return AlarmUpdate { set: Some(at), tells: false };
    }
    job.work.alarm = Timestamp::default();
    AlarmUpdate { set: Some(at), tells }
}

/// Returns whether a run that a delivery has begun is still to come, or has
/// died after it moved the alarm to its watchdog. The alarm is set in both
/// cases.
fn is_about_to_run(job: &Job, context: DeliveryContext) -> bool {
    !job.work.has_ended() && context.now < job.work.alarm.plus(context.pace.watchdog(1))
}

/// Returns when to set the alarm for, and notes it; `None` if it is known to
/// ring early enough.
fn arm(job: &mut Job, at: Timestamp, now: Timestamp) -> Option<Timestamp> {
    let set = job.work.alarm;
    if set > now && set <= at {
        return None;
    }
    job.work.alarm = at;
    Some(at)
}

/// Notes the run that begins when the alarm rings.
fn begin_run(job: &mut Job, copies: Vec<u32>, at: Timestamp) {
    kv_copy::begin(job);
    (job.work.runs, job.work.copying, job.work.alarm) = (1, copies, at);
}

/// Notes when the alarm is set for. During a run that is the watchdog's time,
/// or a later one, by which no counted run can be recognized; so it is not
/// noted.
pub fn note_set(job: &mut Job, at: Option<Timestamp>) {
    job.work.alarm = at.filter(|_| job.work.has_ended()).unwrap_or_default();
}

/// Returns whether the alarm's run is the one that a delivery has counted. A
/// run that died has moved the alarm to its watchdog. `rings` is the time for
/// which the alarm was set, if the runtime reports it; otherwise the present
/// time is compared with the watchdog's.
#[must_use]
pub fn is_counted(job: &Job, rings: Option<Timestamp>, pace: Pace, now: Timestamp) -> bool {
    let set = job.work.alarm;
    let is_it = rings.map_or_else(|| now < set.plus(pace.watchdog(1)), |rings| rings == set);
    job.work.runs == 1 && set != Timestamp::default() && is_it
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixtures;
    use crate::domain::job::file::{DeliveryRef, File};
    use crate::domain::job::status::Status;
    use crate::domain::job::tasks::{KvCopy, Work};

    const PACE: Pace = Pace::new(2_000);

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn context(now: u64) -> DeliveryContext {
        DeliveryContext {
            now: at(now),
            pace: PACE,
            ends_at: None,
            may_tell: true,
            is_running: false,
        }
    }

    /// Returns a job that a delivery has changed at 1,000 ms, and that the
    /// catalog does not know yet.
    fn job() -> Job {
        let mut job = fixtures::job();
        (job.version, job.events, job.updated_at) = (1, 1, at(1_000));
        (job.status, job.heard_at) = (Status::Queued, at(1_000));
        job
    }

    fn completed() -> Job {
        let mut job = job();
        job.status = Status::Completed;
        let from = DeliveryRef { delivery: 1, sha256: "ab", at: at(1_000) };
        job.files = vec![File::pending(&job.home, 0, &fixtures::found("https://h/a.mp4"), from)];
        job
    }

    #[test]
    fn the_sender_updates_the_catalog_and_the_alarm_does_so_again() {
        let mut job = job();
        let quiet = at(1_000).plus(PACE.quiet());
        assert_eq!(
            after_delivery(&mut job, context(1_000)),
            AlarmUpdate { set: Some(quiet), tells: true }
        );
        assert_eq!((job.work.list.at, job.work.alarm, job.work.runs), (quiet, quiet, 0));
        // The alarm rings early enough for the next delivery as well.
        (job.version, job.events, job.updated_at) = (2, 2, at(2_000));
        assert_eq!(
            after_delivery(&mut job, context(2_000)),
            AlarmUpdate { set: None, tells: true }
        );
        let late = context(quiet.as_millis() + 1);
        (job.updated_at, job.heard_at) = (late.now, late.now);
        assert_eq!(after_delivery(&mut job, late).set, Some(late.now.plus(PACE.quiet())));
    }

    #[test]
    fn the_end_of_a_job_rings_before_its_safety_net() {
        let mut job = job();
        let ends = DeliveryContext { ends_at: Some(at(1_500)), ..context(1_000) };
        assert_eq!(
            after_delivery(&mut job, ends),
            AlarmUpdate { set: Some(at(1_500)), tells: true }
        );
        assert!(job.work.list.at > at(1_500));
    }

    #[test]
    fn the_run_updates_the_catalog_if_the_sender_does_not() {
        let mut job = job();
        let context = DeliveryContext { may_tell: false, ..context(1_000) };
        let soon = at(1_000 + SOON_MS);
        assert_eq!(
            after_delivery(&mut job, context),
            AlarmUpdate { set: Some(soon), tells: false }
        );
        assert_eq!((job.work.runs, job.work.list.at), (1, at(0)));
        // An update that failed waits for its own time.
        job.work = Work::default();
        (job.work.list.attempts, job.work.list.at) = (1, at(9_000));
        assert_eq!(
            after_delivery(&mut job, context),
            AlarmUpdate { set: Some(at(9_000)), tells: false }
        );
    }

    #[test]
    fn a_result_begins_a_run_that_its_own_write_has_counted() {
        let mut job = completed();
        let soon = at(1_000 + SOON_MS);
        assert_eq!(
            after_delivery(&mut job, context(1_000)),
            AlarmUpdate { set: Some(soon), tells: false }
        );
        assert_eq!(
            (job.work.runs, job.work.copying.as_slice(), job.work.alarm),
            (1, &[0][..], soon)
        );
        assert!(is_counted(&job, Some(soon), PACE, at(50_000)));
        let watchdog = soon.plus(PACE.watchdog(1));
        assert!(!is_counted(&job, Some(watchdog), PACE, watchdog), "the run has died");
        assert!(is_counted(&job, None, PACE, at(2_000)) && !is_counted(&job, None, PACE, watchdog));
        // A settled job is written to KV in that run.
        job.files.clear();
        job.work = Work::default();
        after_delivery(&mut job, context(1_000));
        assert_ne!(job.work.kv_copy(), KvCopy::None);
    }

    #[test]
    fn a_run_does_the_work_that_comes_before_and_during_it() {
        let mut job = completed();
        after_delivery(&mut job, context(1_000));
        job.events += 1;
        let begun = job.clone();
        assert_eq!(
            after_delivery(&mut job, context(1_005)),
            AlarmUpdate { set: None, tells: true }
        );
        let running = DeliveryContext { is_running: true, ..context(500_000) };
        assert_eq!(after_delivery(&mut job, running), AlarmUpdate { set: None, tells: true });
        assert_eq!(job.work, begun.work);
        // A run that died long ago is followed by a run that notes its death.
        let late = context(1_000 + SOON_MS + PACE.watchdog(1));
        let set = Some(late.now.plus(SOON_MS));
        assert_eq!(after_delivery(&mut job, late), AlarmUpdate { set, tells: true });
        assert!((0..3).all(|runs| {
            job.work.runs = runs;
            !is_counted(&job, set, PACE, late.now)
        }));
    }

    #[test]
    fn a_run_that_counted_itself_is_not_mistaken_for_a_deliverys() {
        let mut job = job();
        job.work.runs = 1;
        note_set(&mut job, Some(at(7)));
        assert!(!is_counted(&job, Some(at(7)), PACE, at(7)));
        job.work.end_run();
        note_set(&mut job, Some(at(7)));
        assert_eq!(job.work.alarm, at(7));
        assert!(!is_counted(&job, Some(at(7)), PACE, at(7)), "none was counted");
    }
}
