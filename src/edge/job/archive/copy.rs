//! Copies a job's files: several at a time, recorded one after the other.

use super::inline::{hiccup, unpack};
use crate::domain::alarm::plan::Task;
use crate::domain::archive::failure::CopyFailure;
use crate::domain::archive::kv_copy;
use crate::domain::archive::outcome::{self, CopiedFile, CopyAttempt};
use crate::domain::job::file::{File, Source};
use crate::domain::job::record::Job;
use crate::domain::upstream::template::CantAsk;
use crate::edge::job::home::Home;
use crate::edge::job::run::Run;
use crate::edge::platform::{self, Failure};
use crate::edge::storage::bucket;
use crate::edge::storage::object::Slot;
use crate::edge::transfer::{self, Order, SourceFile};

/// The files of one job that are copied at the same time.
const AT_ONCE: usize = 4;

/// The subrequests that a copy usually makes.
const COST: u32 = Task::Copy(0).cost();

/// The MD5 refusals after which a file is stored without the check. Its `ETag`
/// is then not an MD5 of the content (as with KMS encryption).
const MAX_MD5_REFUSALS: u32 = 2;

/// Copies the first `most` of `files`; returns how many were tried.
///
/// Transfers overlap, but their ends are recorded one by one: nothing is
/// awaited between reading the record and writing it.
pub async fn copy(home: &Home, files: &[u32], most: usize, run: &Run) -> Result<usize, Failure> {
    let Some(job) = home.store.job()? else { return Ok(0) };
    let files: Vec<&File> = files.iter().take(most).filter_map(|n| job.file(*n)).collect();
    // Inline files need memory, so they are copied one at a time: a file of a
    // short body is decoded whole, one of a body over 256 KiB in pieces.
    let is_inline = |file: &&File| matches!(file.source, Source::Inline { .. });
    let at_once = if files.iter().any(is_inline) { 1 } else { AT_ONCE };
    let may_begin = |_: &&File| run.is_young() && run.budget.take(COST);
    let mut waiting = files.into_iter().take_while(may_begin);
    let (mut transfers, mut tried) = (platform::FutureSet::new(), 0);
    loop {
        while transfers.count() < at_once
            && let Some(file) = waiting.next()
        {
            transfers.begin(transfer(home, &job, file, run));
        }
        let Some(end) = transfers.next().await else { return Ok(tried) };
        note_end(home, &job, end).await?;
        tried += 1;
    }
}

async fn transfer(home: &Home, job: &Job, file: &File, run: &Run) -> CopyAttempt {
    let outcome = fetch_file(home, job, file, run).await;
    CopyAttempt { n: file.n, source: file.source.clone(), outcome }
}

async fn note_end(home: &Home, begun: &Job, tried: CopyAttempt) -> Result<(), Failure> {
    let mut job = match home.store.slot()? {
        Slot::Job(job) => *job,
        Slot::Deleted(_) => {
            let key = begun.file(tried.n).map_or("", |file| file.key.as_str());
            return bucket::delete(&home.env, key).await;
        }
        Slot::Alias(_) | Slot::Empty => return Ok(()),
    };
    let renewal = renewal(home, &job, &tried.source);
    let context = home.retry_context(renewal.map_err(CantAsk::why));
    let n = tried.n;
    let entry = outcome::end(&mut job, tried, context);
    if begun.nonce != job.nonce
        && let Some(object) = job.file_mut(n).and_then(File::stored_mut)
    {
        object.relink = true;
    }
    // A job that is settled now is written to KV next.
    let _noted = kv_copy::begin(&mut job);
    home.note(&job, entry.as_ref())
}

/// Returns whether the upstream can be asked for a fresh URL of a file, or why
/// not.
fn renewal(home: &Home, job: &Job, source: &Source) -> Result<(), CantAsk> {
    let Source::Url { url, .. } = source else { return Err(CantAsk::OtherFile) };
    if job.healing.exhausted {
        return Err(CantAsk::Exhausted);
    }
    let upstreams = &home.config.upstreams;
    let by_result = home.config.asking().question(job);
    let can = by_result.or_else(|why| upstreams.download_of(job.lookup(), url).map_err(|_| why));
    can.map(drop)
}

async fn fetch_file(
    home: &Home,
    job: &Job,
    file: &File,
    run: &Run,
) -> Result<CopiedFile, CopyFailure> {
    let config = &home.config;
    let bucket = bucket::open(&home.env).map_err(|failure| hiccup(&failure))?;
    let Source::Url { url, .. } = &file.source else {
        return unpack(home, job, file, &bucket).await;
    };
    let notes = &home.store;
    let wanted = SourceFile {
        url,
        sources: config.all_sources().of(job.provider),
        keys: config.download_keys(job.lookup()),
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
