//! Applies the end of a copy to its job.

use super::failure::{self, CopyFailure, FailureKind, Next};
use crate::domain::job::file::{Archived, File, FileState, Source, StoredObject};
use crate::domain::job::healing::Healing;
use crate::domain::job::record::Job;
use crate::domain::job::timeline::{Entry, EntryOutcome};
use crate::domain::retry::RetryContext;
use crate::domain::time::Timestamp;

/// A file that was copied to the bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopiedFile {
    /// The length in bytes.
    pub size: u64,
    /// The bucket's entity tag.
    pub etag: String,
    /// The media type.
    pub content_type: String,
    /// Whether the source's MD5 was checked.
    pub verified: bool,
}

/// A try to copy a file, after its end.
#[derive(Debug)]
pub struct CopyAttempt {
    /// The file's number.
    pub n: u32,
    /// The source that the try used.
    pub source: Source,
    /// How the try ended.
    pub outcome: Result<CopiedFile, CopyFailure>,
}

/// Notes how a try to copy a file ended. Returns an entry for the timeline.
///
/// Returns `None` if the try was postponed, the file is no longer pending, its
/// source has changed, or the failure repeats the last one.
pub fn end(job: &mut Job, attempt: CopyAttempt, context: RetryContext<'_>) -> Option<Entry> {
    if let Err(CopyFailure { kind: FailureKind::Postponed, .. }) = &attempt.outcome {
        postpone(job, attempt.n, context);
        return None;
    }
    let twin = twin(job, attempt.n);
    let file = job.file_mut(attempt.n).filter(|file| file.is_pending())?;
    let detail = match attempt.outcome {
        Ok(stored) => Some(succeed(file, stored, context.now)),
        // A fresh URL has come in the meantime, so the old one's failure does
        // not count.
        Err(_) if file.source != attempt.source => None,
        Err(failure) => fail(file, failure, twin, context),
    };
    job.note_if_stored(context.now);
    let is_waiting = job.healing.wanted || job.files.iter().any(File::waits_for_url);
    if job.is_settled() && !is_waiting && !job.healing.exhausted {
        job.healing = Healing::default();
    }
    job.touch(context.now);
    detail.map(|detail| {
        job.events += 1;
        let detail = format!("file {}: {detail}", attempt.n);
        Entry::own(job.events, context.now, EntryOutcome::Copy, detail)
    })
}

fn postpone(job: &mut Job, n: u32, context: RetryContext<'_>) {
    if let Some(file) = job.file_mut(n) {
        file.not_before = context.now.plus(context.pace.backoff(1, context.entropy));
    }
}

/// Notes that a run died while it copied files, perhaps because of one of them.
/// The watchdog has already waited, so the files are retried at once. A file
/// that kills every run is given up at the end of its patience.
pub fn note_death(job: &mut Job, context: RetryContext<'_>) {
    for n in std::mem::take(&mut job.work.copying) {
        let Some(file) = job.file_mut(n).filter(|file| file.is_pending()) else {
            continue;
        };
        file.attempts += 1;
        let message = "the Worker stopped while it copied the file".to_owned();
        let failure = CopyFailure { kind: FailureKind::Transient, message, retry_after_ms: None };
        if failure::after_failure(file, &failure, context) == Next::GiveUp {
            file.state = FileState::Lost;
            file.error = Some(failure.message);
            job.note_if_stored(context.now);
            job.touch(context.now);
        }
    }
}

/// Returns the same file from an older result, if its bytes are stored.
fn twin(job: &Job, n: u32) -> Option<Archived> {
    let identity = &job.file(n)?.identity;
    let older = job.files.iter().filter(|file| file.n != n && file.identity == *identity);
    older.rev().find_map(File::archived)
}

fn succeed(file: &mut File, stored: CopiedFile, now: Timestamp) -> String {
    let detail = format!("{} stored, {} bytes", file.name, stored.size);
    file.attempts += 1;
    file.content_type = Some(stored.content_type);
    file.note_stored(StoredObject {
        size: stored.size,
        etag: stored.etag,
        verified: stored.verified,
        slack_ms: file.expires_at.map(|deadline| deadline.since(now)),
        relink: false,
    });
    detail
}

fn fail(
    file: &mut File,
    mut failure: CopyFailure,
    twin: Option<Archived>,
    context: RetryContext<'_>,
) -> Option<String> {
    file.attempts += 1;
    if let FailureKind::Md5Refused { actual } = &failure.kind {
        // Only equal bytes twice show that the source's MD5 is wrong.
        let again = *actual == file.actual_md5;
        file.md5_refusals = if again { file.md5_refusals + 1 } else { 1 };
        file.actual_md5.clone_from(actual);
    }
    file.redirect_host = match &mut failure.kind {
        FailureKind::Astray { host } => host.take(),
        _ => None,
    };
    let is_news = file.error.as_ref() != Some(&failure.message);
    let detail = match (failure::after_failure(file, &failure, context), twin) {
        (Next::RetryAt(at), _) => {
            file.not_before = at;
            is_news.then(|| format!("{} will be tried again: {}", file.name, failure.message))
        }
        (Next::Renew(at), None) => {
            file.not_before = at;
            file.state = FileState::Pending { needs_url: true };
            is_news.then(|| format!("{} needs a fresh URL: {}", file.name, failure.message))
        }
        (Next::GiveUp | Next::Renew(_), Some(twin)) => {
            file.take_over(&twin);
            return Some(format!("{} is stored already, from an earlier result", file.name));
        }
        (Next::GiveUp, None) => {
            file.state = FileState::Lost;
            if let (FailureKind::Gone, Err(why)) = (&failure.kind, context.renewal) {
                failure.message.push_str("; no fresh URL: ");
                failure.message.push_str(why);
            }
            Some(format!("{} lost: {}", file.name, failure.message))
        }
    };
    file.error = Some(failure.message);
    detail
}
