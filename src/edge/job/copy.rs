//! Copies a job's files: several at a time, noted one after the other.

use super::Job;
use super::alarm::Run;
use crate::domain::alarm::plan::Task;
use crate::domain::archive::outcome::{self, Stored, Tried};
use crate::domain::file::inline;
use crate::domain::file::media_type;
use crate::domain::job::file::{File, Source};
use crate::domain::job::record::Job as Record;
use crate::domain::job::timeline::BodyAt;
use crate::domain::retry::{Circumstances, CopyFailure, FailureKind};
use crate::domain::upstream::CantAsk;
use crate::edge::platform::{self, Failure};
use crate::edge::storage::bucket;
use crate::edge::storage::object::Slot;
use crate::edge::transfer::memory::{self, Room};
use crate::edge::transfer::{self, Order, Wanted, abort_left};
use futures_util::{StreamExt, future::ready, stream};
use std::ops::Range;
use std::pin::pin;
use worker::Bucket;

/// Files of one job that are copied at the same time.
const AT_ONCE: usize = 4;
/// Subrequests that each takes as a rule.
const COST: u32 = Task::Copy(0).cost();
/// MD5 refusals after which a file is stored without the check: the tag was
/// not an MD5 of the content then (KMS-style).
const MAX_MD5_REFUSALS: u32 = 2;

impl Job {
    /// Copies the first `most` of `files`; returns how many were tried.
    ///
    /// The transfers overlap, the notes of their ends do not: nothing is
    /// awaited between a read of the record and its write.
    pub(super) async fn copy(
        &self,
        files: &[u32],
        most: usize,
        run: &Run,
    ) -> Result<usize, Failure> {
        let Some(job) = self.store.job()? else { return Ok(0) };
        let files: Vec<&File> = files.iter().take(most).filter_map(|n| job.file(*n)).collect();
        // An inline file is unpacked in memory: one at a time.
        let is_inline = |file: &&File| matches!(file.source, Source::Inline { .. });
        let at_once = if files.iter().any(is_inline) { 1 } else { AT_ONCE };
        let may_begin = |_: &&File| ready(run.is_young() && run.budget.take(COST));
        let transfers = stream::iter(files)
            .take_while(may_begin)
            .map(|file| self.transfer(&job, file, run))
            .buffer_unordered(at_once);
        let mut transfers = pin!(transfers);
        let mut tried = 0;
        while let Some(end) = transfers.next().await {
            self.note_end(&job, end).await?;
            tried += 1;
        }
        Ok(tried)
    }

    async fn transfer(&self, job: &Record, file: &File, run: &Run) -> Tried {
        let outcome = self.fetch_file(job, file, run).await;
        Tried { n: file.n, source: file.source.clone(), outcome }
    }

    async fn note_end(&self, begun: &Record, tried: Tried) -> Result<(), Failure> {
        let mut job = match self.store.slot()? {
            Slot::Job(job) => *job,
            Slot::Deleted(_) => {
                let key = begun.file(tried.n).map_or("", |file| file.key.as_str());
                return self.discard(key).await;
            }
            Slot::Alias(_) | Slot::Empty => return Ok(()),
        };
        let renewal = self.renewal(&job, &tried.source);
        let around = self.circumstances(renewal.map_err(CantAsk::why));
        let n = tried.n;
        let entry = outcome::end(&mut job, tried, around);
        if begun.nonce != job.nonce
            && let Some(file) = job.file_mut(n)
        {
            file.relink = true;
        }
        self.note(&job, entry.as_ref())
    }

    /// Whether the upstream can be asked for a fresh URL of a file.
    fn renewal(&self, job: &Record, source: &Source) -> Result<(), CantAsk> {
        let Source::Url { url, .. } = source else { return Err(CantAsk::OtherFile) };
        if job.healing.exhausted {
            return Err(CantAsk::Exhausted);
        }
        let upstreams = &self.config.upstreams;
        let by_result = upstreams.result_of(job);
        let can = by_result.or_else(|why| upstreams.download_of(job, url).map_err(|_| why));
        can.map(drop)
    }

    /// What the next try depends on, now.
    pub(super) fn circumstances<'a>(&self, renewal: Result<(), &'a str>) -> Circumstances<'a> {
        let (now, entropy) = (platform::now(), platform::entropy());
        Circumstances { now, pace: self.config.pace, entropy, renewal }
    }

    async fn fetch_file(
        &self,
        job: &Record,
        file: &File,
        run: &Run,
    ) -> Result<Stored, CopyFailure> {
        let config = &self.config;
        let bucket = bucket::open(&self.env).map_err(hiccup)?;
        let Source::Url { url, .. } = &file.source else {
            return self.unpack(job, file, &bucket).await;
        };
        let notes = &self.store;
        let wanted = Wanted {
            url,
            sources: &config.sources,
            name: &file.name,
            declared_type: file.content_type.as_deref(),
            max_bytes: config.max_file_bytes,
            stall_ms: config.pace.stall(),
            budget: &run.budget,
        };
        let order = Order {
            wanted,
            key: &file.key,
            metadata: bucket::file_metadata(job, file),
            check_md5: file.md5_refusals < MAX_MD5_REFUSALS,
            attempts: file.attempts,
            notes,
        };
        transfer::copy(&bucket, &order).await
    }

    /// Stores a file that was written into the delivery itself.
    async fn unpack(
        &self,
        job: &Record,
        file: &File,
        bucket: &Bucket,
    ) -> Result<Stored, CopyFailure> {
        let _room = Room::take(file.source.written_bytes()).ok_or_else(memory::full)?;
        let bytes = self.inline_bytes(job, &file.source).await?;
        let content_type =
            file.content_type.as_deref().unwrap_or(media_type::OCTET_STREAM).to_owned();
        let metadata = bucket::file_metadata(job, file);
        let put = bucket::put(bucket, &file.key, bytes, &content_type, metadata);
        let object = put.await.map_err(hiccup)?;
        Ok(Stored { size: object.size(), etag: object.etag(), content_type, verified: true })
    }

    async fn inline_bytes(&self, job: &Record, source: &Source) -> Result<Vec<u8>, CopyFailure> {
        let broken = || CopyFailure {
            kind: FailureKind::Final,
            message: "the inline data does not decode".to_owned(),
            retry_after_ms: None,
        };
        let Source::Inline { delivery, start, end, encoding } = source else {
            return Err(broken());
        };
        let written = self.delivered(job, *delivery, *start..*end).await.map_err(hiccup)?;
        inline::decode(&written, *encoding).ok_or_else(broken)
    }

    /// Aborts the uploads that runs have left when they died: no other run is
    /// under way.
    pub(super) async fn abort_left_uploads(&self, run: &Run) -> Result<(), Failure> {
        for (key, id) in self.store.uploads()? {
            let Ok(bucket) = bucket::open(&self.env) else { break };
            if run.budget.take(1) && abort_left(&bucket, &key, &id).await {
                self.store.forget_upload(&key)?;
            }
        }
        Ok(())
    }

    /// A part of a delivery's body as it is read.
    async fn delivered(&self, job: &Record, n: u32, part: Range<usize>) -> Result<String, Failure> {
        let gone = || Failure("a delivery's body is gone".to_owned());
        let kept = self.entry(job, n).await?.ok_or_else(gone)?;
        let text = match &kept.entry.body {
            // Its positions are not those of what is kept.
            _ if kept.entry.mended => {
                self.read_text_of(&kept).await?.and_then(|text| text.get(part).map(str::to_owned))
            }
            Some(BodyAt::Bucket(key)) => bucket::part(&bucket::open(&self.env)?, key, part).await?,
            _ => self.text_of(&kept)?.and_then(|text| text.get(part).map(str::to_owned)),
        };
        text.ok_or_else(gone)
    }
}

/// A failure of the platform: another try may succeed. Its words go to the
/// log, not into the record.
fn hiccup(Failure(text): Failure) -> CopyFailure {
    platform::log_error(&text);
    CopyFailure {
        kind: FailureKind::Storage,
        message: "the vault's own storage failed".to_owned(),
        retry_after_ms: None,
    }
}
