//! Describes a copy: the file, its source, and its target.

use crate::domain::alarm::budget::Budget;
use crate::domain::file::source_policy::SourcePolicy;
use crate::domain::upstream::row::DownloadKeys;
use crate::edge::platform::{During, Failure};
use crate::edge::storage::bucket::TITLE;
use crate::edge::storage::object::Store;
use std::collections::HashMap;
use std::time::Duration;
use worker::{Bucket, Data, HttpMetadata, MultipartUpload, PutOptionsBuilder};

/// The most bytes of one put; R2's own limit is a little below 5 GiB.
pub const MAX_PUT_BYTES: u64 = 4 << 30;

/// A file at its source.
pub struct SourceFile<'a> {
    /// The URL, with its secret query.
    pub url: &'a str,
    /// The policy of hosts that files may come from.
    pub sources: &'a SourcePolicy,
    /// The keys for URLs that need one.
    pub keys: DownloadKeys<'a>,
    /// The file's name, whose extension may show its type.
    pub name: &'a str,
    /// The type that the result declares.
    pub declared_type: Option<&'a str>,
    /// The most bytes.
    pub max_bytes: u64,
    /// How long the source may be silent, in milliseconds.
    pub stall_ms: u64,
    /// The subrequests that may still be made after the first fetch.
    pub budget: &'a Budget,
}

/// A copy to make.
pub struct Order<'a> {
    /// The file.
    pub wanted: SourceFile<'a>,
    /// Its key in the bucket.
    pub key: &'a str,
    /// The metadata that is stored with it.
    pub metadata: HashMap<String, String>,
    /// Whether R2 should check the source's MD5.
    pub check_md5: bool,
    /// The failed tries: a slow source gets more time after each.
    pub attempts: u32,
    /// Records uploads, so that they can be aborted if the run dies.
    pub notes: &'a Store,
}

impl SourceFile<'_> {
    /// Returns how long the source may be silent.
    pub fn stall(&self) -> Duration {
        Duration::from_millis(self.stall_ms)
    }
}

/// The target of a file in the bucket.
pub struct Target<'a> {
    /// The bucket.
    pub bucket: &'a Bucket,
    /// The order, with the file's key and metadata.
    pub order: &'a Order<'a>,
    /// The file's media type.
    pub content_type: &'a str,
    /// The content codings that the stored bytes keep.
    pub encoding: Option<&'a str>,
    /// The name that the source gives, if nothing else gives one.
    pub title: Option<String>,
}

impl Target<'_> {
    /// Prepares a put of these bytes.
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
