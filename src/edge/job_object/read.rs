//! What readers ask of a job. Reads write nothing.

use super::Job;
use crate::domain::protocol::{Reply, Wait};
use crate::domain::timeline::{BodyAt, Entry, MAX_INLINE_BODY};
use crate::edge::platform::{self, Failure};
use crate::edge::store::{Slot, Store};

impl Job {
    /// The record and its result; with `wait`, when there is news or the time
    /// is up. Waiting for a job that is not known yet stores nothing.
    pub(super) async fn read(&self, wait: Option<Wait>) -> Result<Reply, Failure> {
        let store = self.store();
        loop {
            let slot = store.slot().await?;
            if let Slot::Alias(home) = slot {
                return Ok(Reply::Elsewhere(home));
            }
            let job = match slot {
                Slot::Job(job) => Some(job),
                Slot::Alias(_) | Slot::Empty => None,
            };
            let waits =
                wait.filter(|wait| platform::now() < wait.until && !wait.is_over(job.as_deref()));
            match (waits, job) {
                (Some(wait), _) => self.changes.next(wait.until).await,
                (None, Some(job)) => {
                    return Ok(Reply::Job { result: store.result().await?, job });
                }
                (None, None) => return Ok(Reply::Missing),
            }
        }
    }

    /// A page of the timeline.
    pub(super) async fn timeline(&self, after: u32, limit: u32) -> Result<Reply, Failure> {
        let store = self.store();
        Ok(match store.slot().await? {
            Slot::Job(_) => Reply::Timeline(page(&store, after, limit as usize).await?),
            Slot::Alias(home) => Reply::Elsewhere(home),
            Slot::Empty => Reply::Missing,
        })
    }

    /// One delivery's body.
    pub(super) async fn body(&self, n: u32) -> Result<Reply, Failure> {
        let store = self.store();
        if let Slot::Alias(home) = store.slot().await? {
            return Ok(Reply::Elsewhere(home));
        }
        let at = store.entry(n).await?.and_then(|entry| entry.body);
        Ok(match at {
            Some(BodyAt::Object) => Reply::Body { at: BodyAt::Object, text: store.body(n).await? },
            Some(at @ BodyAt::Bucket(_)) => Reply::Body { at, text: None },
            None => Reply::Missing,
        })
    }
}

async fn page(
    store: &Store,
    after: u32,
    limit: usize,
) -> Result<Vec<(Entry, Option<String>)>, Failure> {
    let mut page = Vec::new();
    for entry in store.entries(after, limit).await? {
        let is_short = entry.bytes.is_some_and(|bytes| bytes <= MAX_INLINE_BODY);
        let body = if is_short && entry.body == Some(BodyAt::Object) {
            store.body(entry.n).await?
        } else {
            None
        };
        page.push((entry, body));
    }
    Ok(page)
}
