//! Reads the timeline: the newest entries from the object, older ones from
//! pages in the bucket.

use super::home::Home;
use super::run::Run;
use crate::domain::alarm::plan::OFFLOAD_PAGE;
use crate::domain::file::skeleton::{Gap, Skeleton};
use crate::domain::job::record::Job;
use crate::domain::job::timeline::{BodyAt, Entry, EntryWithBody, MAX_INLINE_BODY};
use crate::domain::json;
use crate::domain::keys::StorageKey;
use crate::edge::bodies::{SplicedText, scan};
use crate::edge::platform::{During, Failure};
use crate::edge::storage::bucket;

/// Returns at most `limit` entries after number `after`. Entries from a page
/// come with their texts.
pub async fn entries_after(
    home: &Home,
    job: &Job,
    after: u32,
    limit: usize,
) -> Result<Vec<EntryWithBody>, Failure> {
    let mut entries = Vec::new();
    let mut after = after;
    while after < job.work.offloaded && entries.len() < limit {
        let until = page_end(after + 1);
        let page = page(home, job, until).await?;
        entries.extend(page.into_iter().filter(|kept| kept.entry.n > after));
        after = until;
    }
    entries.truncate(limit);
    if entries.len() < limit {
        let newest = home.store.entries(after, limit - entries.len())?;
        entries.extend(newest.into_iter().map(|entry| EntryWithBody { entry, text: None }));
    }
    Ok(entries)
}

/// Returns entry `n` from wherever it is stored.
pub async fn entry(home: &Home, job: &Job, n: u32) -> Result<Option<EntryWithBody>, Failure> {
    if n == 0 || n > job.work.offloaded {
        let entry = home.store.entry(n)?;
        return Ok(entry.map(|entry| EntryWithBody { entry, text: None }));
    }
    let page = page(home, job, page_end(n)).await?;
    Ok(page.into_iter().find(|kept| kept.entry.n == n))
}

async fn page(home: &Home, job: &Job, until: u32) -> Result<Vec<EntryWithBody>, Failure> {
    let key = StorageKey::Timeline { home: &job.home, until }.path();
    let text = bucket::text(&bucket::open(&home.env)?, &key).await?;
    let text = text.ok_or_else(|| Failure::gone("reading a page of the timeline"))?;
    json::from_str(&text).during("reading a page of the timeline")
}

/// Returns the last entry number of the page that contains `n`.
const fn page_end(n: u32) -> u32 {
    n.div_ceil(OFFLOAD_PAGE) * OFFLOAD_PAGE
}

/// Returns the body of an entry as it was received, unless it is a bucket
/// object of its own.
pub fn text_of(home: &Home, kept: &EntryWithBody) -> Result<Option<String>, Failure> {
    match &kept.text {
        Some(text) => Ok(Some(text.clone())),
        None if kept.entry.has_text() => home.store.body(kept.entry.n),
        None => Ok(None),
    }
}

/// Returns the body of an entry as JSON that can be parsed. `None` if the entry
/// has no body, or one that can't be parsed.
pub async fn read_text_of(home: &Home, kept: &EntryWithBody) -> Result<Option<String>, Failure> {
    let raw = match &kept.entry.body {
        Some(BodyAt::Bucket(key)) => bucket::bytes(&bucket::open(&home.env)?, key).await?,
        _ => text_of(home, kept)?.map(String::into_bytes),
    };
    Ok(raw.and_then(|raw| json::into_tolerant(raw).ok()))
}

/// A delivery's body, ready to be parsed.
pub struct LoadedBody {
    /// The JSON text, with placeholders for its long parts.
    pub text: String,
    /// The parts that the placeholders stand for.
    pub gaps: Vec<Gap>,
    /// Whether only the top level of the body is known.
    pub is_shallow: bool,
    /// Where the body is stored.
    pub body: BodyAt,
}

impl LoadedBody {
    /// Reads the body of an entry. `None` if the entry has no body, or one that
    /// can't be parsed.
    pub async fn of(home: &Home, kept: &EntryWithBody) -> Result<Option<Self>, Failure> {
        let Some(body) = kept.entry.body.clone() else { return Ok(None) };
        let (raw, gaps, is_shallow) = match &body {
            BodyAt::Bucket(key) => {
                let Skeleton { text, gaps, is_shallow, .. } = scan(&home.env, key).await?.skeleton;
                (Some(text), gaps, is_shallow)
            }
            BodyAt::Object => (text_of(home, kept)?.map(String::into_bytes), Vec::new(), false),
        };
        let text = raw.and_then(|raw| json::into_tolerant(raw).ok());
        Ok(text.map(|text| Self { text, gaps, is_shallow, body }))
    }

    /// Fills the placeholders in `text`, which was made from this body.
    pub async fn filled(&self, home: &Home, text: String) -> Result<String, Failure> {
        match &self.body {
            BodyAt::Bucket(key) if !self.gaps.is_empty() => {
                SplicedText::of(key, &text, &self.gaps).text(&home.env).await
            }
            _ => Ok(text),
        }
    }
}

/// Returns an entry with its body if that is short, and moves a longer one to
/// the bucket as an object of its own. `None` if the run has no subrequest left
/// for that.
pub async fn kept_short(
    home: &Home,
    job: &Job,
    entry: Entry,
    run: &Run,
) -> Result<Option<EntryWithBody>, Failure> {
    let mut kept = EntryWithBody { entry, text: None };
    if kept.entry.has_text() && kept.entry.bytes.is_some_and(|bytes| bytes > MAX_INLINE_BODY) {
        if !run.budget.take(1) {
            return Ok(None);
        }
        kept.entry = offload_body(home, job, &kept.entry).await?;
    }
    kept.text = text_of(home, &kept)?;
    Ok(Some(kept))
}

async fn offload_body(home: &Home, job: &Job, entry: &Entry) -> Result<Entry, Failure> {
    let sha256 = entry.sha256.as_deref().unwrap_or_default();
    let key = StorageKey::Body { home: &job.home, sha256 }.path();
    let text = home.store.body(entry.n)?.unwrap_or_default();
    bucket::put_json(&bucket::open(&home.env)?, &key, text).await?;
    let moved = Entry { body: Some(BodyAt::Bucket(key)), ..entry.clone() };
    home.store.drop_body(&moved)?;
    Ok(moved)
}
