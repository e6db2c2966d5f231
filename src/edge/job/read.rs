//! What readers ask of a job. Reads write nothing.

use super::Job;
use crate::domain::archive::relink;
use crate::domain::job::record::Job as Record;
use crate::domain::job::timeline::{Entry, MAX_INLINE_BODY};
use crate::domain::protocol::{Reply, Timeline, Wait};
use crate::domain::view::sse::JobNews;
use crate::edge::platform::{self, During, Failure};
use crate::edge::storage::object::Slot;
use std::rc::Rc;

/// What a reader is told, as an answer and as that is written: one of many
/// that wait costs the object no reading and no rendering.
pub struct Seen {
    /// The answer.
    pub reply: Reply,
    /// The same as JSON.
    pub text: String,
    /// Which change it shows at least (`Changes::latest`).
    pub change: u64,
}

impl Seen {
    fn is_waited_out(&self, wait: &Wait) -> bool {
        match &self.reply {
            Reply::Job { job, .. } => wait.is_over(Some(job)),
            reply => !matches!(reply, Reply::Missing),
        }
    }
}

impl Job {
    /// The record and its result; with `wait`, when there is news or the time
    /// is up. Waiting for a job that is not known yet stores nothing.
    pub(super) async fn read(&self, wait: Option<Wait>) -> Result<Rc<Seen>, Failure> {
        let mut seen = Rc::new(self.look()?);
        while let Some(wait) =
            wait.filter(|wait| platform::now() < wait.until && !seen.is_waited_out(wait))
        {
            seen = match self.changes.next(seen.change, wait.until).await {
                Some(seen) => seen,
                None => Rc::new(self.look()?),
            };
        }
        Ok(seen)
    }

    pub(super) fn look(&self) -> Result<Seen, Failure> {
        let change = self.changes.latest();
        let reply = match self.store.slot()? {
            Slot::Alias(home) => Reply::Elsewhere(home),
            Slot::Deleted(tombstone) => Reply::Deleted(tombstone.id),
            Slot::Job(job) => Reply::Job { result: self.store.result()?, job },
            Slot::Empty => Reply::Missing,
        };
        let text = serde_json::to_string(&reply).during("writing an answer")?;
        Ok(Seen { reply, text, change })
    }

    /// Tells all who wait what has become of the job. What was written stays
    /// written whatever comes of this.
    pub(super) fn announce(&self) {
        if !self.changes.count() {
            return;
        }
        let seen = self.look().map(Rc::new);
        let seen = seen.inspect_err(|Failure(text)| platform::log_error(text)).ok();
        self.changes.announce(seen.as_ref());
    }

    /// Where a file is. Without its nonce it is as if there were none.
    pub(super) async fn file(&self, n: u32, nonce: &str) -> Result<Reply, Failure> {
        let job = match self.store.slot()? {
            Slot::Job(job) => job,
            Slot::Alias(home) => return Ok(Reply::Elsewhere(home)),
            Slot::Deleted(tombstone) if tombstone.knows_link(nonce) => {
                return Ok(Reply::Deleted(tombstone.id));
            }
            Slot::Deleted(_) | Slot::Empty => return Ok(Reply::Missing),
        };
        if relink::was_replaced(&job, nonce) {
            return Ok(Reply::Replaced);
        }
        let Some(file) = job.linked_file(n, nonce) else { return Ok(Reply::Missing) };
        let (name, place) = (file.name.clone(), file.place());
        self.rearm(&job).await?;
        Ok(Reply::File { name, place })
    }

    /// A part of the timeline; with `wait`, when there is something in it,
    /// other news, or the time is up.
    pub(super) async fn timeline(
        &self,
        after: u32,
        limit: usize,
        wait: Option<Wait>,
    ) -> Result<Reply, Failure> {
        loop {
            let change = self.changes.latest();
            let job = match self.store.slot()? {
                Slot::Job(job) => job,
                Slot::Alias(home) => return Ok(Reply::Elsewhere(home)),
                Slot::Deleted(tombstone) => return Ok(Reply::Deleted(tombstone.id)),
                Slot::Empty => return Ok(Reply::Missing),
            };
            let entries = self.part(&job, after, limit).await?;
            let waits = wait.filter(|wait| {
                entries.is_empty() && platform::now() < wait.until && !wait.is_over(Some(&job))
            });
            let Some(wait) = waits else {
                let (home, news) = (job.home.clone(), JobNews::of(&job));
                return Ok(Reply::Timeline(Box::new(Timeline { home, job: news, entries })));
            };
            self.changes.next(change, wait.until).await;
        }
    }

    async fn part(
        &self,
        job: &Record,
        after: u32,
        limit: usize,
    ) -> Result<Vec<(Entry, Option<String>)>, Failure> {
        let mut part = Vec::new();
        for kept in self.entries_after(job, after, limit).await? {
            let is_short = kept.entry.bytes.is_some_and(|bytes| bytes <= MAX_INLINE_BODY);
            let text = if is_short { self.text_of(&kept)? } else { None };
            part.push((kept.entry, text));
        }
        Ok(part)
    }

    /// One delivery's body.
    pub(super) async fn body(&self, n: u32) -> Result<Reply, Failure> {
        let job = match self.store.slot()? {
            Slot::Job(job) => job,
            Slot::Alias(home) => return Ok(Reply::Elsewhere(home)),
            Slot::Deleted(tombstone) => return Ok(Reply::Deleted(tombstone.id)),
            Slot::Empty => return Ok(Reply::Missing),
        };
        let Some(kept) = self.entry(&job, n).await? else { return Ok(Reply::Missing) };
        let text = self.text_of(&kept)?;
        Ok(match kept.entry.body {
            Some(at) => Reply::Body { at, text },
            None => Reply::Missing,
        })
    }
}
