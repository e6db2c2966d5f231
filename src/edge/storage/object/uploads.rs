//! Records the uploads that a run of the alarm begins, so that the next run can
//! abort what a dead one left.

use super::store::{Store, UPLOAD};
use crate::edge::platform::Failure;

impl Store {
    /// Records a multipart upload before its first part is sent, so that it can
    /// be aborted if the run dies.
    pub fn note_upload(&self, key: &str, id: &str) -> Result<(), Failure> {
        self.may_upload.set(true);
        self.raw.put(&upload_key(key), id)
    }

    /// Records an object that the next run deletes from the bucket, as an
    /// upload without an id.
    pub fn note_deletion(&self, key: &str) -> Result<(), Failure> {
        self.note_upload(key, "")
    }

    /// Forgets an upload that has ended.
    pub fn forget_upload(&self, key: &str) -> Result<(), Failure> {
        self.raw.remove(&upload_key(key))
    }

    /// Reads the recorded uploads: bucket key and id.
    pub fn uploads(&self) -> Result<Vec<(String, String)>, Failure> {
        if !self.may_upload.get() {
            return Ok(Vec::new());
        }
        let pairs = self.raw.list(&[("prefix", UPLOAD.into())])?;
        self.may_upload.set(!pairs.is_empty());
        let pairs = pairs.into_iter();
        Ok(pairs.filter_map(|(key, id)| Some((key.strip_prefix(UPLOAD)?.to_owned(), id))).collect())
    }
}

fn upload_key(key: &str) -> String {
    format!("{UPLOAD}{key}")
}
