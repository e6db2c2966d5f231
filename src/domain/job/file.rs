//! An output file of a job, as the record stores it.

use crate::domain::file::discover::found::{FoundAt, FoundFile};
use crate::domain::file::inline::{Encoding, InlineData};
use crate::domain::file::{expiry, strict_url};
use crate::domain::keys::StorageKey;
use crate::domain::names::ObjectName;
use crate::domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use url::Url;

/// A file's state as responses and catalog rows show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum FileStatus {
    /// The file is still to be copied.
    Pending,
    /// The bytes are in R2.
    Stored,
    /// The bytes can't be fetched any more.
    Lost,
}

/// A file's state, with the data that only that state has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileState {
    /// The file is still to be copied.
    Pending {
        /// Whether the URL no longer works, so that the upstream must give
        /// another.
        needs_url: bool,
    },
    /// The bytes are in R2.
    Stored(StoredObject),
    /// The bytes can't be fetched any more.
    Lost,
}

/// A file's bytes in the bucket.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StoredObject {
    /// The length in bytes.
    pub size: u64,
    /// R2's entity tag.
    pub etag: String,
    /// Whether the source's MD5 was checked when the bytes were stored.
    pub verified: bool,
    /// The milliseconds that were left until the URL's deadline, if it had one.
    pub slack_ms: Option<u64>,
    /// Whether the object has an old link's nonce: it must be written again.
    pub relink: bool,
}

/// One output file of a job.
///
/// The record stores its members flat: see `stored_file`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// The file's number within the job; it is never used again.
    pub n: u32,
    /// Whether the served result contains the file; older results' files stay.
    pub served: bool,
    /// The JSON pointers to the file in the result.
    pub pointers: Vec<String>,
    /// How far the file is copied.
    pub state: FileState,
    /// A file name that is safe in URLs and keys.
    pub name: String,
    /// The name as the source wrote it, if it differs:
    /// [`crate::domain::file::filename`].
    pub title: Option<String>,
    /// The R2 key of the bytes.
    pub key: String,
    /// Where the bytes come from.
    pub source: Source,
    /// [`FoundFile::identity`]: the same for the same file in a later result.
    pub identity: String,
    /// The media type, once it is known.
    pub content_type: Option<String>,
    /// When the source's URL expires.
    pub expires_at: Option<Timestamp>,
    /// When the file was found, or last got a fresh URL.
    pub found_at: Timestamp,
    /// The tries to copy the file since then.
    pub attempts: u32,
    /// Tries in a row whose bytes the bucket refused with the same MD5.
    pub md5_refusals: u32,
    /// The MD5 of the bytes that were refused last.
    pub actual_md5: Option<String>,
    /// The earliest time of the next try to copy the file.
    pub not_before: Timestamp,
    /// Why the last try failed.
    pub error: Option<String>,
    /// The entry of `ALLOWED_SOURCE_HOSTS` that would allow the host to which
    /// the source redirects, if the present list does not.
    pub redirect_host: Option<String>,
}

/// Where a file's bytes come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum Source {
    /// A URL, with its secret query.
    Url {
        /// The URL as received. It is empty once the file is stored, because
        /// the secret in it is no longer needed.
        url: String,
        /// The URL's host.
        host: String,
    },
    /// Bytes `start..end` of a delivery's body.
    Inline {
        /// The timeline entry of the delivery.
        delivery: u32,
        /// The position of the first byte.
        start: usize,
        /// The position after the last byte.
        end: usize,
        /// How the bytes are encoded.
        encoding: Encoding,
        /// What the scanner found, if the data must be decoded in pieces.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        data: Option<InlineData>,
    },
}

/// Where a file can be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum FileLocation {
    /// The file is in the bucket, under this key.
    Bucket(String),
    /// The file is still at its source.
    Live(UncopiedFile),
    /// The file is still in the delivery's body, from which it is not served.
    Delivery,
    /// The file can't be read any more.
    Nowhere,
}

/// A file that is still at its source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UncopiedFile {
    /// The URL, with its secret query.
    pub url: String,
    /// The media type that the result declares.
    pub declared_type: Option<String>,
    /// The name as the source wrote it: [`File::title`].
    pub title: Option<String>,
    /// The earliest time of the next try to copy the file.
    pub not_before: Timestamp,
}

/// The delivery in which a file was found.
#[derive(Debug, Clone, Copy)]
pub struct DeliveryRef<'a> {
    /// The number of its timeline entry.
    pub delivery: u32,
    /// The SHA-256 of its body in hex.
    pub sha256: &'a str,
    /// When the files in it count as found.
    pub at: Timestamp,
}

impl File {
    /// Returns a file that has just been found, as number `n` of the job at
    /// `home`.
    #[must_use]
    pub fn pending(home: &ObjectName, n: u32, found: &FoundFile, from: DeliveryRef<'_>) -> Self {
        Self {
            n,
            served: true,
            pointers: found.pointers.clone(),
            state: FileState::Pending { needs_url: false },
            name: found.name.clone(),
            title: found.title.clone(),
            key: StorageKey::File { home, n, name: &found.name }.path(),
            source: Source::of(&found.origin, from.delivery),
            identity: found.identity(from.sha256),
            content_type: found.content_type.clone(),
            expires_at: found.expires_at,
            found_at: from.at,
            attempts: 0,
            md5_refusals: 0,
            actual_md5: None,
            not_before: from.at,
            error: None,
            redirect_host: None,
        }
    }

    /// Returns where the file can be read.
    #[must_use]
    pub fn location(&self) -> FileLocation {
        match (&self.state, &self.source) {
            (FileState::Stored(_), _) => FileLocation::Bucket(self.key.clone()),
            (FileState::Lost, _) => FileLocation::Nowhere,
            (FileState::Pending { .. }, Source::Inline { .. }) => FileLocation::Delivery,
            (FileState::Pending { .. }, Source::Url { url, .. }) => {
                FileLocation::Live(UncopiedFile {
                    url: url.clone(),
                    declared_type: self.content_type.clone(),
                    title: self.title.clone(),
                    not_before: self.not_before,
                })
            }
        }
    }

    /// Returns the state without its data.
    #[must_use]
    pub const fn status(&self) -> FileStatus {
        match self.state {
            FileState::Pending { .. } => FileStatus::Pending,
            FileState::Stored(_) => FileStatus::Stored,
            FileState::Lost => FileStatus::Lost,
        }
    }

    /// Returns whether the file is still to be copied.
    #[must_use]
    pub const fn is_pending(&self) -> bool {
        matches!(self.state, FileState::Pending { .. })
    }

    /// Returns the bytes in the bucket, if the file is stored.
    #[must_use]
    pub const fn stored(&self) -> Option<&StoredObject> {
        match &self.state {
            FileState::Stored(object) => Some(object),
            _ => None,
        }
    }

    /// Returns the bytes in the bucket for a change, if the file is stored.
    pub const fn stored_mut(&mut self) -> Option<&mut StoredObject> {
        match &mut self.state {
            FileState::Stored(object) => Some(object),
            _ => None,
        }
    }

    /// Returns whether the URL's deadline has passed.
    #[must_use]
    pub fn is_dead(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|deadline| deadline <= now)
    }

    /// Returns whether the file waits for a fresh URL from the upstream.
    #[must_use]
    pub fn waits_for_url(&self) -> bool {
        self.state == FileState::Pending { needs_url: true }
    }

    /// Returns whether the file can't be copied until a fresh URL comes. Only
    /// the deadline in the URL itself counts: one that the result states beside
    /// it may be misread.
    #[must_use]
    pub fn is_stranded(&self, now: Timestamp) -> bool {
        self.waits_for_url() && self.source.deadline().is_some_and(|deadline| deadline <= now)
    }

    /// Makes the file pending as if it had just been found, so that its new URL
    /// gets the full time for retries.
    pub fn begin_anew(&mut self, now: Timestamp, needs_url: bool) {
        self.state = FileState::Pending { needs_url };
        self.found_at = now;
        self.not_before = now;
        self.attempts = 0;
        self.md5_refusals = 0;
        self.actual_md5 = None;
        self.error = None;
        self.redirect_host = None;
    }

    /// Notes that the bytes are stored. Clears the URL, because the secret in
    /// it is no longer needed.
    pub fn note_stored(&mut self, object: StoredObject) {
        self.state = FileState::Stored(object);
        self.error = None;
        self.redirect_host = None;
        if let Source::Url { url, .. } = &mut self.source {
            url.clear();
        }
    }

    /// Takes over the bytes that another object or an older result has stored.
    pub fn take_over(&mut self, stored: &Archived) {
        self.note_stored(StoredObject {
            size: stored.size,
            etag: stored.etag.clone(),
            verified: stored.verified,
            ..StoredObject::default()
        });
        self.key.clone_from(&stored.key);
        self.content_type = Some(stored.content_type.clone());
    }

    /// Returns what another object needs to take over the stored bytes, if the
    /// file is stored.
    #[must_use]
    pub fn archived(&self) -> Option<Archived> {
        self.stored().map(|object| Archived {
            identity: self.identity.clone(),
            key: self.key.clone(),
            size: object.size,
            etag: object.etag.clone(),
            content_type: self.content_type.clone().unwrap_or_default(),
            verified: object.verified,
        })
    }
}

impl Source {
    /// Returns the source of a URL that may be fetched.
    #[must_use]
    pub fn at(url: &Url) -> Self {
        Self::Url { url: url.as_str().to_owned(), host: strict_url::host_of(url) }
    }

    /// Returns how many bytes inline data takes in the body as written; 0 for a
    /// URL.
    #[must_use]
    pub fn written_bytes(&self) -> usize {
        match self {
            Self::Url { .. } => 0,
            Self::Inline { start, end, .. } => end.saturating_sub(*start),
        }
    }

    /// Returns when the URL expires, if the URL itself says so.
    #[must_use]
    pub fn deadline(&self) -> Option<Timestamp> {
        match self {
            Self::Url { url, .. } => expiry::deadline(&strict_url::read(url).ok()?),
            Self::Inline { .. } => None,
        }
    }

    /// Returns the source of a file that was found in delivery `delivery`.
    #[must_use]
    pub fn of(origin: &FoundAt, delivery: u32) -> Self {
        match origin {
            FoundAt::Url { url, host } => Self::Url { url: url.clone(), host: host.clone() },
            FoundAt::Inline { span, encoding, data } => Self::Inline {
                delivery,
                start: span.start,
                end: span.end,
                encoding: *encoding,
                data: data.clone(),
            },
        }
    }
}

/// A file that another object has stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Archived {
    /// Identifies the file: [`self::File::identity`].
    pub identity: String,
    /// The R2 key.
    pub key: String,
    /// The length in bytes.
    pub size: u64,
    /// R2's entity tag.
    pub etag: String,
    /// The media type.
    pub content_type: String,
    /// Whether the source's MD5 was checked.
    pub verified: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::file::discover::found::Discovery;
    use crate::domain::fixtures;

    #[test]
    fn a_file_is_read_where_its_bytes_are() {
        let mut job = fixtures::job();
        let found = Discovery { files: vec![fixtures::found("https://h/a?q")], skipped: vec![] };
        job.take_up(&found, DeliveryRef { delivery: 1, sha256: "", at: Timestamp::from_millis(5) });
        let mut file = job.files.remove(0);
        let live = UncopiedFile {
            url: "https://h/a?q".into(),
            declared_type: None,
            title: None,
            not_before: Timestamp::from_millis(5),
        };
        assert_eq!(file.location(), FileLocation::Live(live));
        let encoding = Encoding::Base64;
        file.source = Source::Inline { delivery: 1, start: 0, end: 4, encoding, data: None };
        assert_eq!(file.location(), FileLocation::Delivery);
        file.note_stored(StoredObject::default());
        assert_eq!(file.location(), FileLocation::Bucket("jobs/437852/0-a.mp4".into()));
        file.state = FileState::Lost;
        assert_eq!(file.location(), FileLocation::Nowhere);
    }
}
