//! Copies again: the effect of `POST /jobs/{id}/archive` on a job.
//!
//! The delivery with the served result is read again, under the present rules.
//! A lost file may be available now, and another's host may be allowed now.
//! Files keep their numbers and links.

use crate::domain::file::discover::found::FoundFile;
use crate::domain::ingest::document::Output;
use crate::domain::job::file::{DeliveryRef, File, FileState, Source};
use crate::domain::job::healing::Healing;
use crate::domain::job::record::Job;
use crate::domain::job::timeline::{Entry, EntryOutcome};
use crate::domain::time::Timestamp;
use crate::domain::words::counted;
use crate::domain::{healing, keys};

/// The delivery with the served result, read again.
#[derive(Debug)]
pub struct ResultDelivery<'a> {
    /// The body.
    pub text: &'a str,
    /// The SHA-256 of the body in hex.
    pub sha256: &'a str,
    /// The result in the body, under the present rules.
    pub output: Output,
}

/// The data to store, all in one transaction.
#[derive(Debug)]
pub struct Recopy {
    /// The timeline's entry.
    pub entry: Entry,
    /// The result's text, if more of its strings are files now.
    pub result: Option<String>,
}

/// Makes all files pending that are not stored. `is_kept` says whether a key is
/// in the bucket. A file whose key is not there counts as not stored, whatever
/// the record says.
pub fn copy(
    job: &mut Job,
    served: &ResultDelivery<'_>,
    is_kept: impl Fn(&str) -> bool,
    now: Timestamp,
) -> Recopy {
    let delivery = job.result.as_ref().map_or(0, |result| result.delivery);
    let from = DeliveryRef { delivery, sha256: served.sha256, at: now };
    let (mut again, mut added) = (0, 0);
    let mut numbers = Vec::new();
    for found in &served.output.found.files {
        let n = if let Some(n) = known(job, &found.identity(from.sha256)) {
            again += u32::from(begin_anew(job, n, found, from, &is_kept));
            n
        } else {
            added += 1;
            add(job, found, from)
        };
        numbers.push(n);
    }
    job.skipped.clone_from(&served.output.found.skipped);
    job.healing = Healing::default();
    if again + added > 0 {
        job.stored_at = None;
    }
    job.touch(now);
    // A file that the present rules do not find keeps its link in the text.
    let is_less = job.files.iter().any(|file| file.served && !numbers.contains(&file.n));
    let result = (added > 0 && !is_less).then(|| text(job, served, &numbers));
    let detail = format!(
        "copy again was requested: {}, and {added} that were skipped",
        counted(u64::from(again), "file", "files")
    );
    job.events += 1;
    Recopy { entry: Entry::own(job.events, now, EntryOutcome::Copy, detail), result }
}

/// Requests the result from the upstream, for a job that has none.
pub fn ask(job: &mut Job, now: Timestamp) -> Entry {
    healing::request(
        job,
        "copy again was requested: the upstream is asked for the result".to_owned(),
        now,
    )
}

fn known(job: &Job, identity: &str) -> Option<u32> {
    job.files.iter().find(|file| file.served && file.identity == *identity).map(|file| file.n)
}

/// Makes a file pending, unless it is stored; returns whether it did.
fn begin_anew(
    job: &mut Job,
    n: u32,
    found: &FoundFile,
    from: DeliveryRef<'_>,
    is_kept: impl Fn(&str) -> bool,
) -> bool {
    let Some(file) = job.file_mut(n) else { return false };
    if file.stored().is_some() && is_kept(&file.key) {
        return false;
    }
    let has_fresh_url = file.is_pending() && !file.waits_for_url();
    if !has_fresh_url {
        file.source = Source::of(&found.origin, from.delivery);
        file.expires_at = found.expires_at;
    }
    // A dead URL can't be fetched, so the upstream is asked for another at
    // once.
    file.begin_anew(from.at, file.is_dead(from.at));
    true
}

fn add(job: &mut Job, found: &FoundFile, from: DeliveryRef<'_>) -> u32 {
    let n = job.files.last().map_or(0, |last| last.n + 1);
    let mut file = File::pending(&job.home, n, found, from);
    file.state = FileState::Pending { needs_url: file.is_dead(from.at) };
    job.files.push(file);
    n
}

fn text(job: &mut Job, served: &ResultDelivery<'_>, numbers: &[u32]) -> String {
    let path = |n: &u32| {
        let name = job.file(*n).map(|file| file.name.as_str()).unwrap_or_default();
        keys::file_path(&job.home, &job.nonce, *n, name)
    };
    let urls: Vec<String> = numbers.iter().map(path).collect();
    if let Some(result) = &mut job.result {
        result.nonce = None;
        (result.key, result.bytes) = (None, None);
    }
    served.output.text(served.text, &urls)
}
