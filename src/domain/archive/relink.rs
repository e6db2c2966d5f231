//! New links to a job's files, which make the old ones stop working.

use crate::domain::job::file::File;
use crate::domain::job::record::Job;
use crate::domain::job::tasks::TaskProgress;
use crate::domain::job::timeline::{Entry, EntryOutcome};
use crate::domain::time::Timestamp;
use sha2::{Digest, Sha256};

/// The most old links that a job remembers as replaced. Older ones count as
/// unknown.
const MAX_OLD: usize = 20;

/// Gives the job's files new links that contain `nonce`. Each object in the
/// bucket carries the nonce that opens it, so each file is written again. Until
/// then its old link works.
pub fn renew(job: &mut Job, nonce: String, now: Timestamp) -> Entry {
    let old = std::mem::replace(&mut job.nonce, nonce);
    job.old_links.push(digest(&old));
    let surplus = job.old_links.len().saturating_sub(MAX_OLD);
    job.old_links.drain(..surplus);
    if let Some(result) = &mut job.result {
        result.nonce.get_or_insert(old);
    }
    for object in job.files.iter_mut().filter_map(File::stored_mut) {
        object.relink = true;
    }
    job.touch(now);
    job.events += 1;
    Entry::own(job.events, now, EntryOutcome::Copy, "the files have new links".to_owned())
}

/// Notes that file `n` was written with `nonce`. No `etag` means that there was
/// nothing to write.
pub fn note_written(job: &mut Job, n: u32, nonce: &str, etag: Option<String>, now: Timestamp) {
    // Still newer links may have been requested in the meantime.
    if job.nonce != nonce {
        return;
    }
    let Some(object) = job.file_mut(n).and_then(File::stored_mut) else { return };
    object.relink = false;
    if let Some(etag) = etag.filter(|etag| *etag != object.etag) {
        object.etag = etag;
        job.touch(now);
    }
    job.work.relink = TaskProgress::default();
}

/// Returns whether `nonce` was in an earlier link to the job's files.
#[must_use]
pub fn was_replaced(job: &Job, nonce: &str) -> bool {
    job.old_links.contains(&digest(nonce))
}

/// Returns the digest by which an old nonce is recognized. The nonce itself is
/// not kept.
#[must_use]
pub fn digest(nonce: &str) -> String {
    hex::encode(Sha256::digest(nonce))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixtures;

    #[test]
    fn old_links_are_recognized_and_not_kept() {
        let mut job = fixtures::job();
        let first = job.nonce.clone();
        let now = Timestamp::from_millis(7);
        for n in 0..MAX_OLD {
            renew(&mut job, format!("nonce {n}"), now);
        }
        assert!(was_replaced(&job, &first) && was_replaced(&job, "nonce 0"));
        assert!(!was_replaced(&job, &job.nonce) && !was_replaced(&job, "other"));
        renew(&mut job, "last".to_owned(), now);
        assert!(!was_replaced(&job, &first) && job.old_links.len() == MAX_OLD);
        let text = serde_json::to_string(&job).unwrap();
        assert!(!text.contains(&first) && !text.contains("nonce 0"));
    }
}
