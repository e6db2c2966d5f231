//! What readers ask of a job. Reads write nothing.

use super::changes::Seen;
use super::found::Found;
use super::home::Home;
use super::timeline::{entries_after, entry, text_of};
use crate::domain::archive::relink;
use crate::domain::job::news::JobNews;
use crate::domain::job::record::Job;
use crate::domain::job::timeline::{Entry, MAX_INLINE_BODY};
use crate::domain::protocol::command::Command;
use crate::domain::protocol::reply::{Reply, Timeline};
use crate::domain::protocol::wait::Wait;
use crate::edge::platform::{self, Failure};
use crate::edge::storage::object::Slot;
use std::rc::Rc;

/// Whether what let the reader in does not count any more.
pub fn is_barred(home: &Home, command: &Command) -> bool {
    match command {
        Command::Read(Some(wait)) | Command::Timeline { wait: Some(wait), .. } => {
            !wait.pass.counts(&home.config.reader_marks(), platform::now())
        }
        _ => false,
    }
}

/// The record and its result; with `wait`, when there is news or the time
/// is up. Waiting for a job that is not known yet stores nothing.
pub async fn read(home: &Home, wait: Option<Wait>) -> Result<Rc<Seen>, Failure> {
    let mut seen = Rc::new(home.look()?);
    while let Some(wait) = wait.filter(|wait| platform::now() < wait.until && !seen.ends(wait)) {
        seen = match home.changes.next(seen.change, wait.until).await {
            Some(seen) => seen,
            None => Rc::new(home.look()?),
        };
    }
    if let Reply::Job { job, .. } = &seen.reply {
        home.rearm(job).await?;
    }
    Ok(seen)
}

/// Where a file is. Without its nonce it is as if there were none.
pub async fn file(home: &Home, n: u32, nonce: &str) -> Result<Reply, Failure> {
    let job = match home.store.slot()? {
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
    home.rearm(&job).await?;
    Ok(Reply::File { name, place })
}

/// A part of the timeline; with `wait`, when there is something in it,
/// other news, or the time is up.
pub async fn timeline(
    home: &Home,
    after: u32,
    limit: usize,
    wait: Option<Wait>,
) -> Result<Reply, Failure> {
    loop {
        let change = home.changes.latest();
        let job = match home.find()? {
            Found::Here(job) => job,
            gone => return Ok(gone.into()),
        };
        let entries = part(home, &job, after, limit).await?;
        let waits = wait.filter(|wait| {
            entries.is_empty() && platform::now() < wait.until && !wait.is_over(Some(&job))
        });
        let Some(wait) = waits else {
            let (home, news) = (job.home.clone(), JobNews::of(&job));
            return Ok(Reply::Timeline(Box::new(Timeline { home, job: news, entries })));
        };
        home.changes.next(change, wait.until).await;
    }
}

async fn part(
    home: &Home,
    job: &Job,
    after: u32,
    limit: usize,
) -> Result<Vec<(Entry, Option<String>)>, Failure> {
    let mut part = Vec::new();
    for kept in entries_after(home, job, after, limit).await? {
        let is_short = kept.entry.bytes.is_some_and(|bytes| bytes <= MAX_INLINE_BODY);
        let text = if is_short { text_of(home, &kept)? } else { None };
        part.push((kept.entry, text));
    }
    Ok(part)
}

/// One delivery's body.
pub async fn body(home: &Home, n: u32) -> Result<Reply, Failure> {
    let job = match home.find()? {
        Found::Here(job) => job,
        gone => return Ok(gone.into()),
    };
    let Some(kept) = entry(home, &job, n).await? else { return Ok(Reply::Missing) };
    let text = text_of(home, &kept)?;
    Ok(match kept.entry.body {
        Some(at) => Reply::Body { at, text },
        None => Reply::Missing,
    })
}
