//! Answers readers of a job. Reading never changes the record.

use super::changes::Snapshot;
use super::found::{CommandError, here};
use super::home::Home;
use super::result::rendered;
use super::timeline::{entries_after, entry, text_of};
use crate::domain::archive::relink;
use crate::domain::job::progress::JobProgress;
use crate::domain::job::record::Job;
use crate::domain::job::timeline::{Entry, MAX_INLINE_BODY};
use crate::domain::protocol::read::{EntryBody, FileRead, ReadFile, ReadTimeline, Timeline};
use crate::domain::protocol::wait::Wait;
use crate::edge::platform::{self, Failure};
use crate::edge::storage::object::Slot;
use std::rc::Rc;

/// Returns whether the pass that let a waiting reader in is no longer valid.
fn is_barred(home: &Home, wait: &Wait) -> bool {
    !wait.pass.counts(&home.config.reader_marks(), platform::now())
}

/// Returns the record and its result.
pub async fn read(home: &Home) -> Result<Snapshot, Failure> {
    let seen = home.look()?;
    home.rearm_seen(&seen).await?;
    Ok(seen)
}

/// Returns the record as its readers get it; `None` if its result is too long
/// to be rendered here.
pub async fn render(home: &Home) -> Result<Option<String>, CommandError> {
    let job = home.here()?;
    home.rearm(&job).await?;
    Ok(rendered(home, &job).await?)
}

/// Returns the record and its result when something changes or the time is up;
/// `None` if the reader may no longer wait. Waiting for a job that is not known
/// yet stores nothing.
pub async fn await_news(home: &Home, wait: Wait) -> Result<Option<Rc<Snapshot>>, Failure> {
    if is_barred(home, &wait) {
        return Ok(None);
    }
    let mut seen = Rc::new(home.look()?);
    while platform::now() < wait.until && !seen.ends(&wait) {
        seen = match home.changes.next(seen.change, wait.until).await {
            Some(seen) => seen,
            None => Rc::new(home.look()?),
        };
    }
    home.rearm_seen(&seen).await?;
    Ok(Some(seen))
}

/// Returns where a file is stored. With a wrong nonce it reports the file as
/// missing.
pub async fn file(
    home: &Home,
    ReadFile { n, nonce }: &ReadFile,
) -> Result<Option<FileRead>, CommandError> {
    let job = match home.store.slot()? {
        Slot::Deleted(tombstone) if !tombstone.knows_link(nonce) => {
            return Err(CommandError::Missing);
        }
        slot => here(slot)?,
    };
    if relink::was_replaced(&job, nonce) {
        return Ok(None);
    }
    let file = job.linked_file(*n, nonce).ok_or(CommandError::Missing)?;
    let (name, place) = (file.name.clone(), file.location());
    home.rearm(&job).await?;
    Ok(Some(FileRead { name, place, provider: job.provider, id: job.id.clone() }))
}

/// Returns a part of the timeline. With `wait`, it returns when the part has
/// entries, the wait is over, or the time is up. Returns `None` if the reader
/// may no longer wait.
pub async fn timeline(home: &Home, asked: &ReadTimeline) -> Result<Option<Timeline>, CommandError> {
    let ReadTimeline { after, limit, wait } = *asked;
    if wait.is_some_and(|wait| is_barred(home, &wait)) {
        return Ok(None);
    }
    loop {
        let change = home.changes.latest();
        let job = home.here()?;
        let entries = part(home, &job, after, limit as usize).await?;
        let waits = wait.filter(|wait| {
            entries.is_empty() && platform::now() < wait.until && !wait.is_over(Some(&job))
        });
        let Some(wait) = waits else {
            let (home, progress) = (job.home.clone(), JobProgress::of(&job));
            return Ok(Some(Timeline { home, job: progress, entries }));
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

/// Returns the body of one delivery, if it has one.
pub async fn body(home: &Home, n: u32) -> Result<Option<EntryBody>, CommandError> {
    let job = home.here()?;
    let Some(kept) = entry(home, &job, n).await? else { return Ok(None) };
    let text = text_of(home, &kept)?;
    let mended = kept.entry.mended;
    Ok(kept.entry.body.map(|at| EntryBody { at, text, mended }))
}
