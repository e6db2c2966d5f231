//! Runs all pending work of an object, in one loop that its alarm starts.

use super::alias::{leftovers, moving};
use super::archive::{copy, kv_copy, manifest, offload, relink, uploads};
use super::gateway::gate;
use super::handoff::send;
use super::healing::attempt;
use super::home::Home;
use super::ingest::park;
use super::run::Run;
use super::{catalog, delete};
use crate::domain::alarm::plan::{self, MAX_COPIES_A_RUN, SHOW_AFTER_MS, Task};
use crate::domain::alarm::schedule;
use crate::domain::archive::outcome;
use crate::domain::job::record::Job;
use crate::domain::job::retention;
use crate::domain::time::Timestamp;
use crate::edge::platform::{self, Failure};
use crate::edge::storage::object::{NoJob, Slot};
use futures_util::future::{Either, join, select};
use std::pin::pin;
use std::time::Duration;
use worker::Delay;

/// Does what is due. `scheduled_at` is when the alarm was set for, if the
/// runtime reports it.
///
/// It never returns an error: our own alarm is the retry, and the runtime would
/// drop the alarm after six failures.
pub async fn run_alarm(home: &Home, scheduled_at: Option<Timestamp>) {
    home.running.set(true);
    let end = run(home, scheduled_at).await;
    home.running.set(false);
    home.store.forget_cache();
    let Err(failure) = end else { return };
    failure.log();
    // The object can't be read or written now: try later. If this fails too,
    // the next reader sets the alarm.
    let later = plan::watchdog(4, home.config.pace, platform::now());
    if let Err(failure) = home.set_alarm(later).await {
        failure.log();
    }
}

/// Sets a watchdog alarm, so that another run follows wherever this one dies.
/// Then aborts leftover uploads and does what the object needs.
async fn run(home: &Home, rings: Option<Timestamp>) -> Result<(), Failure> {
    let run = Run::begin(home.config.max_subrequests);
    let first = plan::watchdog(1, home.config.pace, run.begun);
    home.set_alarm(first).await?;
    uploads::abort_left(home, &run).await?;
    match home.store.slot()? {
        Slot::Job(job) if is_over(home, &job, run.begun) => delete::delete(home).await.map(drop),
        Slot::Job(job) => run_job(home, job, &run, rings).await,
        Slot::Deleted(tombstone) => delete::sweep(home, *tombstone).await,
        Slot::Alias(_) => leftovers::clear(home).await,
        Slot::Empty => run_no_job(home).await,
    }
}

async fn run_no_job(home: &Home) -> Result<(), Failure> {
    match home.store.no_job()? {
        NoJob::Parked(parked) => park::store_parked(home, parked).await,
        // The input is still to be deleted; the watchdog is already set for
        // that.
        NoJob::Input => Ok(()),
        NoJob::Gate => gate::expire(home).await,
        NoJob::Nothing => home.store.forget_everything().await,
    }
}

/// Does the pending work of a job.
///
/// 1. Counts this run durably, unless the delivery that caused it already did,
///    and sets the watchdog by how many runs have died.
/// 2. Works through the due tasks one after the other, within the run's budget.
///    Only copies overlap, and their ends are recorded one by one.
/// 3. Sets the exact next alarm.
async fn run_job(
    home: &Home,
    job: Box<Job>,
    run: &Run,
    rings: Option<Timestamp>,
) -> Result<(), Failure> {
    let is_counted = schedule::is_counted(&job, rings, home.config.pace, run.begun);
    let runs = if is_counted { 1 } else { count_run(home, job, run.begun)? }; // (1)
    // The watchdog of the first run is already set.
    if runs > 1 {
        let watchdog = plan::watchdog(runs, home.config.pace, run.begun);
        home.set_alarm(watchdog).await?;
    }
    work(home, run, runs).await?; // (2)
    end_run(home).await // (3)
}

/// Records that a run has begun, and notes the death of the one before. Returns
/// the number of runs since the last that ended properly.
fn count_run(home: &Home, mut job: Box<Job>, begun: Timestamp) -> Result<u32, Failure> {
    let version = job.version;
    outcome::note_death(&mut job, home.retry_context(Err("")));
    job.work.runs += 1;
    let runs = job.work.runs;
    schedule::note_set(&mut job, None); // the watchdog's time is not written
    job.work.copying = plan::plan(&job, home.config.pace, begun).copies(runs);
    home.store.save(&job)?;
    if job.version > version {
        home.announce();
    }
    Ok(runs)
}

/// Returns whether the job's retention has ended.
fn is_over(home: &Home, job: &Job, now: Timestamp) -> bool {
    retention::ends_at(job, home.config.retention_days).is_some_and(|end| end <= now)
}

async fn work(home: &Home, run: &Run, runs: u32) -> Result<(), Failure> {
    let mut copies = 0;
    while copies < MAX_COPIES_A_RUN && run.is_young() {
        let due = due(home, runs)?;
        let Some(task) = due.first() else { break };
        if let Task::Copy(_) = task {
            if run.budget.left() < task.cost() {
                break;
            }
            let most = MAX_COPIES_A_RUN - copies;
            copies += Box::pin(copy_and_show(home, &due, most, run)).await?;
        } else if run.budget.take(task.cost()) {
            perform(home, *task, run).await?;
        } else {
            break;
        }
    }
    Ok(())
}

/// Returns the tasks that are due now, in order.
fn due(home: &Home, runs: u32) -> Result<Vec<Task>, Failure> {
    let job = home.store.job()?;
    let plan = job.map(|job| plan::plan(&job, home.config.pace, platform::now()));
    Ok(plan.map(|plan| plan.due_for_run(runs)).unwrap_or_default())
}

/// Copies at most `most` files. If that takes long, it puts the job into the
/// catalog before the copies end.
async fn copy_and_show(
    home: &Home,
    due: &[Task],
    most: usize,
    run: &Run,
) -> Result<usize, Failure> {
    let files: Vec<u32> = due.iter().filter_map(Task::file).collect();
    let copies = pin!(copy::copy(home, &files, most, run));
    match select(copies, Delay::from(Duration::from_millis(SHOW_AFTER_MS))).await {
        Either::Left((tried, _)) => tried,
        Either::Right(((), copies)) => {
            let is_due = due.contains(&Task::List) && run.budget.take(Task::List.cost());
            let show = async { if is_due { catalog::list(home).await } else { Ok(()) } };
            let (tried, shown) = join(copies, show).await;
            shown.and(tried)
        }
    }
}

async fn perform(home: &Home, task: Task, run: &Run) -> Result<(), Failure> {
    match task {
        Task::Healing => Box::pin(attempt::attempt(home, run)).await,
        Task::Link => moving::link(home, run).await,
        Task::Publish => Box::pin(manifest::publish(home, run)).await,
        Task::Record => kv_copy::record(home).await,
        Task::HandOff(entry, receiver) => send::hand_off(home, entry, receiver).await,
        Task::Relink(n) => relink::relink(home, n).await,
        Task::List => catalog::list(home).await,
        Task::Offload => offload::offload(home, run).await,
        Task::Copy(_) => Ok(()),
    }
}

/// Returns when the next run is due by the job's needs. If the bucket still
/// holds an upload or object to drop, the run is due after the lease grace at
/// the latest. Such an object may be new: the input of a submission that was
/// refused during this run.
fn next_run(home: &Home, job: &Job) -> Result<Option<Timestamp>, Failure> {
    let next = home.next_alarm(job);
    if home.store.uploads()?.is_empty() {
        return Ok(next);
    }
    let soon = platform::now().plus(home.config.pace.lease_grace());
    Ok(Some(next.map_or(soon, |next| next.min(soon))))
}

/// Writes what the run has not yet written, sets the next alarm, and records
/// its time.
async fn end_run(home: &Home) -> Result<(), Failure> {
    let Some(mut job) = home.store.job()? else { return Ok(()) };
    job.work.end_run();
    let next = next_run(home, &job)?;
    schedule::note_set(&mut job, next);
    home.store.save(&job)?;
    match next {
        Some(at) => home.set_alarm(at).await,
        None => home.clear_alarm().await,
    }
}
