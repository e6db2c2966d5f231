//! What is to be copied, from where, and to where.

use crate::domain::alarm::budget::Budget;
use crate::domain::file::source_policy::SourcePolicy;
use crate::edge::platform::{During, Failure};
use crate::edge::storage::bucket::TITLE;
use crate::edge::storage::object::Store;
use std::collections::HashMap;
use std::time::Duration;
use worker::{Bucket, Data, HttpMetadata, MultipartUpload, PutOptionsBuilder};

/// Most bytes of one put; R2 itself ends a little below 5 GiB.
pub const MAX_PUT_BYTES: u64 = 4 << 30;

/// A file at its source.
pub struct SourceFile<'a> {
    /// The URL, with its secret query.
    pub url: &'a str,
    /// Where files may be fetched.
    pub sources: &'a SourcePolicy,
    /// Its name, whose extension may tell its type.
    pub name: &'a str,
    /// The type that the result declares.
    pub declared_type: Option<&'a str>,
    /// Most bytes.
    pub max_bytes: u64,
    /// How long the source may be silent, in milliseconds.
    pub stall_ms: u64,
    /// What may still be asked for, beyond the first fetch.
    pub budget: &'a Budget,
}

/// What to copy.
pub struct Order<'a> {
    /// The file.
    pub wanted: SourceFile<'a>,
    /// Where in the bucket it goes.
    pub key: &'a str,
    /// What is stored beside it.
    pub metadata: HashMap<String, String>,
    /// Whether to have the store check the source's MD5.
    pub check_md5: bool,
    /// Tries that have failed: a source that was slow gets longer.
    pub attempts: u32,
    /// Where uploads are noted, to be aborted should the run die.
    pub notes: &'a Store,
}

impl SourceFile<'_> {
    /// Returns how long the source may be silent.
    pub fn stall(&self) -> Duration {
        Duration::from_millis(self.stall_ms)
    }
}

/// Where a file goes.
pub struct Target<'a> {
    /// The bucket.
    pub bucket: &'a Bucket,
    /// The file's key and what is stored beside it.
    pub order: &'a Order<'a>,
    /// Its media type.
    pub content_type: &'a str,
    /// The codings that its bytes keep.
    pub encoding: Option<&'a str>,
    /// Its name as the source tells it, if nothing else does.
    pub title: Option<String>,
}

impl Target<'_> {
    /// Begins a put of these bytes.
    pub fn put(&self, data: Data) -> PutOptionsBuilder<'_> {
        let put = self.bucket.put(self.order.key, data);
        put.http_metadata(self.http()).custom_metadata(self.metadata())
    }

    /// Begins a multipart upload.
    pub async fn begin(&self) -> Result<MultipartUpload, Failure> {
        let begin = self.bucket.create_multipart_upload(self.order.key);
        let begin = begin.http_metadata(self.http()).custom_metadata(self.metadata());
        begin.execute().await.during("beginning an upload")
    }

    /// Returns another handle of an upload.
    pub fn resume(&self, id: &str) -> Result<MultipartUpload, Failure> {
        let upload = self.bucket.resume_multipart_upload(self.order.key, id);
        upload.during("resuming an upload")
    }

    fn metadata(&self) -> HashMap<String, String> {
        let title = self.title.clone().map(|title| (TITLE.to_owned(), title));
        self.order.metadata.clone().into_iter().chain(title).collect()
    }

    fn http(&self) -> HttpMetadata {
        let content_type = Some(self.content_type.to_owned());
        let content_encoding = self.encoding.map(str::to_owned);
        HttpMetadata { content_type, content_encoding, ..Default::default() }
    }
}
