//! The timeline: its newest entries in the object, older ones in pages in the
//! bucket, so that the object does not grow without bound.

use super::Job;
use super::alarm::Run;
use crate::domain::alarm::plan::OFFLOAD_PAGE;
use crate::domain::job::record::Job as Record;
use crate::domain::job::timeline::{BodyAt, Entry, Kept, MAX_INLINE_BODY};
use crate::domain::json;
use crate::domain::keys::StorageKey;
use crate::edge::platform::{self, During, Failure};
use crate::edge::storage::bucket;

impl Job {
    /// At most `limit` entries after number `after`, wherever they are, with
    /// the texts of those that came from a page.
    pub(super) async fn entries_after(
        &self,
        job: &Record,
        after: u32,
        limit: usize,
    ) -> Result<Vec<Kept>, Failure> {
        let mut entries = Vec::new();
        let mut after = after;
        while after < job.work.offloaded && entries.len() < limit {
            let until = page_end(after + 1);
            let page = self.page(job, until).await?;
            entries.extend(page.into_iter().filter(|kept| kept.entry.n > after));
            after = until;
        }
        entries.truncate(limit);
        if entries.len() < limit {
            let newest = self.store.entries(after, limit - entries.len())?;
            entries.extend(newest.into_iter().map(|entry| Kept { entry, text: None }));
        }
        Ok(entries)
    }

    /// Entry `n`, wherever it is.
    pub(super) async fn entry(&self, job: &Record, n: u32) -> Result<Option<Kept>, Failure> {
        if n == 0 || n > job.work.offloaded {
            let entry = self.store.entry(n)?;
            return Ok(entry.map(|entry| Kept { entry, text: None }));
        }
        let page = self.page(job, page_end(n)).await?;
        Ok(page.into_iter().find(|kept| kept.entry.n == n))
    }

    /// The body of an entry as it came, unless it lies in the bucket by itself.
    pub(super) fn text_of(&self, kept: &Kept) -> Result<Option<String>, Failure> {
        match &kept.text {
            Some(text) => Ok(Some(text.clone())),
            None if kept.entry.has_text() => self.store.body(kept.entry.n),
            None => Ok(None),
        }
    }

    /// The body of an entry as it is read, wherever it is; `None` if there is
    /// none, or if no one can read it.
    pub(super) async fn read_text_of(&self, kept: &Kept) -> Result<Option<String>, Failure> {
        let raw = match &kept.entry.body {
            Some(BodyAt::Bucket(key)) => bucket::bytes(&bucket::open(&self.env)?, key).await?,
            _ => self.text_of(kept)?.map(String::into_bytes),
        };
        Ok(raw.and_then(|raw| json::into_tolerant(raw).ok()))
    }

    async fn page(&self, job: &Record, until: u32) -> Result<Vec<Kept>, Failure> {
        let key = StorageKey::Timeline { home: &job.home, until }.path();
        let text = bucket::text(&bucket::open(&self.env)?, &key).await?;
        let text = text.ok_or_else(|| Failure("a page of the timeline is gone".to_owned()))?;
        json::from_str(&text).during("reading a page of the timeline")
    }

    /// Moves the oldest entries to the bucket: first their long bodies, each
    /// by itself, then the page, then what is left here. A crash in between
    /// repeats a write, no more.
    pub(super) async fn offload_entries(&self, run: &Run) -> Result<(), Failure> {
        let Err(Failure(text)) = self.try_offload(run).await else { return Ok(()) };
        platform::log_error(&text);
        let Some(mut job) = self.store.job()? else { return Ok(()) };
        job.work.offload.failed(self.circumstances(Ok(())));
        self.store.save(&job)
    }

    async fn try_offload(&self, run: &Run) -> Result<(), Failure> {
        let store = &self.store;
        let Some(job) = store.job()? else { return Ok(()) };
        let until = job.work.offloaded + OFFLOAD_PAGE;
        let mut entries = store.entries(job.work.offloaded, OFFLOAD_PAGE as usize)?;
        entries.retain(|entry| entry.n <= until);
        let mut page = Vec::new();
        for entry in &entries {
            match self.kept_short(&job, entry.clone(), run).await? {
                Some(kept) => page.push(kept),
                None => return Ok(()),
            }
        }
        let key = StorageKey::Timeline { home: &job.home, until }.path();
        let text = serde_json::to_string(&page).during("writing a page of the timeline")?;
        bucket::put_json(&bucket::open(&self.env)?, &key, text).await?;
        let Some(mut job) = store.job()? else { return Ok(()) };
        let moved = store.keys_of(&entries, job.last_applied)?;
        job.work.offloaded = until;
        job.work.offload.done(job.version);
        store.save(&job)?;
        store.delete(&moved)
    }

    /// An entry with its body, if that is short; a long one goes to the bucket
    /// by itself. `None` if the run has no subrequest left for that.
    pub(super) async fn kept_short(
        &self,
        job: &Record,
        entry: Entry,
        run: &Run,
    ) -> Result<Option<Kept>, Failure> {
        let mut kept = Kept { entry, text: None };
        if kept.entry.has_text() && kept.entry.bytes.is_some_and(|bytes| bytes > MAX_INLINE_BODY) {
            if !run.budget.take(1) {
                return Ok(None);
            }
            kept.entry = self.offload_body(job, &kept.entry).await?;
        }
        kept.text = self.text_of(&kept)?;
        Ok(Some(kept))
    }

    async fn offload_body(&self, job: &Record, entry: &Entry) -> Result<Entry, Failure> {
        let sha256 = entry.sha256.as_deref().unwrap_or_default();
        let key = StorageKey::Body { home: &job.home, sha256 }.path();
        let text = self.store.body(entry.n)?.unwrap_or_default();
        bucket::put_json(&bucket::open(&self.env)?, &key, text).await?;
        let moved = Entry { body: Some(BodyAt::Bucket(key)), ..entry.clone() };
        self.store.save_entry(&moved)?;
        self.store.forget_body(entry.n)?;
        Ok(moved)
    }
}

/// The last entry of the page that `n` is in.
const fn page_end(n: u32) -> u32 {
    n.div_ceil(OFFLOAD_PAGE) * OFFLOAD_PAGE
}
