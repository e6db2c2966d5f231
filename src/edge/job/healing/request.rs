//! Asks the upstream because somebody wants it.

use super::ask::{HealingOutcome, ask_for_result, take};
use crate::domain::healing;
use crate::edge::job::changes::Snapshot;
use crate::edge::job::found::CommandError;
use crate::edge::job::home::Home;
use crate::edge::platform::{self, Failure};

/// Lets the alarm ask the upstream at once; `why` goes into the timeline.
pub async fn request(home: &Home, why: String) -> Result<(), CommandError> {
    let mut job = home.here()?;
    let entry = healing::request(&mut job, why, platform::now());
    Ok(home.commit(&mut job, Some(&entry)).await?)
}

/// Asks now for the result of a job that has not ended, and returns the job as
/// it is then.
pub async fn fetch_result(home: &Home) -> Result<Snapshot, Failure> {
    if let Some(job) = home.store.job()?
        && !job.status.has_ended()
        && let HealingOutcome::End(kind, answered) = ask_for_result(home, &job).await
    {
        take(home, &job, kind, &answered).await?;
    }
    let seen = home.look()?;
    home.rearm_seen(&seen).await?;
    Ok(seen)
}
