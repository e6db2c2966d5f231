//! The files of a job as a whole.

use super::file::{DeliveryRef, File, FileStatus};
use super::record::{Archive, Job};
use crate::domain::access::tokens;
use crate::domain::file::discover::found::Discovery;
use crate::domain::keys;

/// The most files that the record lists, those of older results included. With
/// their URLs, this keeps the record below the 2 MB limit of a stored value.
const MAX_RECORDED_FILES: usize = 700;

impl Job {
    /// Returns the file with number `n`.
    #[must_use]
    pub fn file(&self, n: u32) -> Option<&File> {
        self.files.iter().find(|file| file.n == n)
    }

    /// Returns the file with number `n` if `nonce` is the one in the job's
    /// links.
    #[must_use]
    pub fn linked_file(&self, n: u32, nonce: &str) -> Option<&File> {
        self.file(n).filter(|_| tokens::is_same_secret(&self.nonce, nonce))
    }

    /// Returns the file with number `n` for a change.
    pub fn file_mut(&mut self, n: u32) -> Option<&mut File> {
        self.files.iter_mut().find(|file| file.n == n)
    }

    /// Returns how far the files of the served result are copied.
    #[must_use]
    pub fn archive(&self) -> Archive {
        let count = |state| self.files.iter().filter(|f| f.served && f.status() == state).count();
        let stored = count(FileStatus::Stored);
        let lost = count(FileStatus::Lost);
        if count(FileStatus::Pending) > 0 {
            Archive::Pending
        } else if lost > 0 && stored == 0 {
            Archive::Lost
        } else if lost > 0 || !self.skipped.is_empty() {
            Archive::Partial
        } else if stored > 0 {
            Archive::Stored
        } else {
            Archive::None
        }
    }

    /// Adds a new result's files as pending. Files of older results stay stored
    /// but are no longer served. Returns each file's relative durable URL, in
    /// order.
    pub fn take_up(&mut self, found: &Discovery, from: DeliveryRef<'_>) -> Vec<String> {
        for file in &mut self.files {
            file.served = false;
        }
        self.skipped.clone_from(&found.skipped);
        self.stored_at = None;
        let mut urls = Vec::with_capacity(found.files.len());
        for file in &found.files {
            let n = self.files.last().map_or(0, |last| last.n + 1);
            let file = File::pending(&self.home, n, file, from);
            urls.push(keys::file_path(&self.home, &self.nonce, file.n, &file.name));
            self.files.push(file);
        }
        self.prune();
        urls
    }

    /// Removes the oldest files of old results from the record when there are
    /// too many. Their bytes stay in the bucket, and their links work without
    /// the record.
    fn prune(&mut self) {
        let mut surplus = self.files.len().saturating_sub(MAX_RECORDED_FILES);
        self.files.retain(|file| {
            let goes = surplus > 0 && !file.served;
            surplus -= usize::from(goes);
            !goes
        });
    }
}
