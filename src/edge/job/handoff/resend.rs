//! Hands the job's last event on again.

use crate::domain::handoff::queue::{self, HandoffEvent};
use crate::domain::job::record::Job;
use crate::domain::job::timeline::EntryWithBody;
use crate::domain::protocol::manage::HandedOn;
use crate::edge::job::found::CommandError;
use crate::edge::job::home::Home;
use crate::edge::job::timeline::entry;
use crate::edge::platform::{self, Failure};

const NO_ONE: &str = "the job has no client webhook, and HANDOFF_URL is not set or the job has not \
                      ended; set it, or wait for the end";

const NOTHING: &str = "the job has had no event to hand on yet; wait for its first";

/// Hands the last event on again. It starts over if the job changes meanwhile,
/// because an old entry is read from the bucket.
pub async fn resend(home: &Home) -> Result<HandedOn, CommandError> {
    let store = &home.store;
    loop {
        let job = home.here()?;
        let nothing = || Ok(HandedOn::Nothing(NOTHING.to_owned()));
        let Some((number, word)) = queue::last_event(&job) else { return nothing() };
        let Some(EntryWithBody { entry, .. }) = entry(home, &job, number).await? else {
            return nothing();
        };
        let event = HandoffEvent {
            entry: number,
            word,
            at: entry.received_at,
            sha256: entry.sha256.as_deref().unwrap_or_default(),
        };
        if let Some(now) = store.job()?.filter(|now| now.version == job.version) {
            return Ok(queue_again(home, now, &event).await?);
        }
    }
}

async fn queue_again(
    home: &Home,
    mut job: Job,
    event: &HandoffEvent<'_>,
) -> Result<HandedOn, Failure> {
    let has_operator = home.config.handoff_url.is_some();
    let noted = queue::again(&mut job, event, has_operator, platform::now());
    if noted.is_none() {
        return Ok(HandedOn::Nothing(NO_ONE.to_owned()));
    }
    home.commit(&mut job, noted.as_ref()).await?;
    Ok(HandedOn::Job(Box::new(job)))
}
