//! What the end of a copy does to a job.

use super::job::{Archive, FileState, Job};
use super::retry::{self, CopyFailure, FailureKind, Next};
use super::time::Timestamp;
use super::timeline::{Entry, Outcome};

/// A file that is in the bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Its length in bytes.
    pub size: u64,
    /// The bucket's entity tag.
    pub etag: String,
    /// Its media type.
    pub content_type: String,
    /// Whether the source's MD5 was checked.
    pub verified: bool,
}

/// Notes how the copy of file `n` ended. The entry is for the timeline; a
/// failure that only repeats the last one makes none.
pub fn end(
    job: &mut Job,
    n: u32,
    outcome: Result<Stored, CopyFailure>,
    now: Timestamp,
    base_ms: u64,
    entropy: u32,
) -> Option<Entry> {
    let file = job.file_mut(n).filter(|file| file.state == FileState::Pending)?;
    file.attempts += 1;
    let (before, name) = (file.error.clone(), file.name.clone());
    let detail = match outcome {
        Ok(stored) => {
            file.state = FileState::Stored;
            file.slack_ms = file.expires_at.map(|deadline| deadline.since(now));
            file.error = None;
            let detail = format!("file {n} ({name}) stored, {} bytes", stored.size);
            file.size = Some(stored.size);
            file.etag = Some(stored.etag);
            file.content_type = Some(stored.content_type);
            file.verified = Some(stored.verified);
            Some(detail)
        }
        Err(failure) => {
            file.md5_refusals += u32::from(failure.kind == FailureKind::Md5Refused);
            let fate = match retry::after_failure(file, &failure, now, base_ms, entropy) {
                Next::RetryAt(at) => {
                    file.not_before = at;
                    "will be tried again"
                }
                Next::GiveUp => {
                    file.state = FileState::Lost;
                    "lost"
                }
            };
            let news = before.as_ref() != Some(&failure.message) || fate == "lost";
            let detail = format!("file {n} ({name}) {fate}: {}", failure.message);
            file.error = Some(failure.message);
            news.then_some(detail)
        }
    };
    settle(job, now);
    detail.map(|detail| {
        job.events += 1;
        Entry::own(job.events, now, Outcome::Copy, detail)
    })
}

fn settle(job: &mut Job, now: Timestamp) {
    if matches!(job.archive(), Archive::Stored | Archive::Partial) && job.stored_at.is_none() {
        job.stored_at = Some(now);
    }
    job.touch(now);
}
