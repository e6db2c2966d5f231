//! Hands the last event on again.

use crate::domain::handoff::queue::{self, Event};
use crate::domain::job::record::Job;
use crate::domain::job::timeline::Kept;
use crate::domain::protocol::reply::Reply;
use crate::edge::job::found::Found;
use crate::edge::job::home::Home;
use crate::edge::job::timeline::entry;
use crate::edge::platform::{self, Failure};

const NO_ONE: &str = "the job was submitted without a webhook of the client's, and HANDOFF_URL is \
                      not set, or the job has not ended";

const NOTHING: &str = "nothing has happened to the job yet that could be handed on";

/// Hands the last event on again. Decides anew if the job goes on meanwhile:
/// an old entry is read from the bucket.
pub async fn hand_off_again(home: &Home) -> Result<Reply, Failure> {
    let store = &home.store;
    loop {
        let job = match home.find()? {
            Found::Here(job) => job,
            gone => return Ok(gone.into()),
        };
        let nothing = || Ok(Reply::NoHandoff(NOTHING.to_owned()));
        let Some((number, word)) = queue::last_event(&job) else { return nothing() };
        let Some(Kept { entry, .. }) = entry(home, &job, number).await? else {
            return nothing();
        };
        let event = Event {
            entry: number,
            word,
            at: entry.received_at,
            sha256: entry.sha256.as_deref().unwrap_or_default(),
        };
        if let Some(now) = store.job()?.filter(|now| now.version == job.version) {
            return queue_again(home, now, &event).await;
        }
    }
}

async fn queue_again(home: &Home, mut job: Job, event: &Event<'_>) -> Result<Reply, Failure> {
    let has_operator = home.config.handoff_url.is_some();
    let noted = queue::again(&mut job, event, has_operator, platform::now());
    if noted.is_none() {
        return Ok(Reply::NoHandoff(NO_ONE.to_owned()));
    }
    home.commit(&job, noted.as_ref()).await?;
    Ok(Box::new(job).into())
}
