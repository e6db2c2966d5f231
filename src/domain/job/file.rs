//! An output file of a job, as the record holds it.

use crate::domain::file::discover::found::{FoundAt, FoundFile};
use crate::domain::file::inline::{Encoding, InlineData};
use crate::domain::file::{expiry, strict_url};
use crate::domain::keys::StorageKey;
use crate::domain::names::ObjectName;
use crate::domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use url::Url;

/// How far a file is on its way, as answers and rows tell it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum FileStatus {
    /// To be copied.
    Pending,
    /// In R2.
    Stored,
    /// Can't be had any more.
    Lost,
}

/// Where a file is on its way, with what is known of it there only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileState {
    /// To be copied.
    Pending {
        /// Whether its URL is no good and the upstream is to be asked for
        /// another.
        needs_url: bool,
    },
    /// In R2.
    Stored(StoredObject),
    /// Can't be had any more.
    Lost,
}

/// A file's bytes in the bucket.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StoredObject {
    /// How many there are.
    pub size: u64,
    /// R2's entity tag.
    pub etag: String,
    /// Whether the source's MD5 was checked when storing.
    pub verified: bool,
    /// Milliseconds that were left until the URL's deadline, if it had one.
    pub slack_ms: Option<u64>,
    /// Whether they carry an old link's nonce, and are to be written anew.
    pub relink: bool,
}

/// One output file.
///
/// The record holds it flat: see `stored_file`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Number within the job; never used again.
    pub n: u32,
    /// Whether the served result holds it; files of older results stay.
    pub served: bool,
    /// Where in the result it stands.
    pub pointers: Vec<String>,
    /// Where it is on its way.
    pub state: FileState,
    /// A name that is safe in URLs and keys.
    pub name: String,
    /// Its name as it was written, if that is another: [`crate::domain::file::filename`].
    pub title: Option<String>,
    /// R2 key of its bytes.
    pub key: String,
    /// Where its bytes come from.
    pub source: Source,
    /// [`FoundFile::identity`]: what makes it the same file in a repeated result.
    pub identity: String,
    /// Media type, once known.
    pub content_type: Option<String>,
    /// When the source's URL dies.
    pub expires_at: Option<Timestamp>,
    /// When it was found.
    pub found_at: Timestamp,
    /// Tries to copy it.
    pub attempts: u32,
    /// Tries in a row whose bytes the store refused with the same MD5.
    pub md5_refusals: u32,
    /// The MD5 that the last refused bytes had.
    pub actual_md5: Option<String>,
    /// Not before this time: copy.
    pub not_before: Timestamp,
    /// What went wrong last.
    pub error: Option<String>,
    /// Where the source's redirect led, as `ALLOWED_SOURCE_HOSTS` would have to
    /// name it, if nothing is fetched there.
    pub redirect_host: Option<String>,
}

/// Where a file's bytes come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum Source {
    /// A URL, with its secret query.
    Url {
        /// The URL as it came; empty once the file is stored, since the secret
        /// in it is of no more use.
        url: String,
        /// Its host.
        host: String,
    },
    /// Bytes `start..end` of a delivery's body.
    Inline {
        /// The delivery's `n`.
        delivery: u32,
        /// First byte.
        start: usize,
        /// After the last byte.
        end: usize,
        /// How they are written.
        encoding: Encoding,
        /// What was found there, if it is to be unpacked in pieces.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        data: Option<InlineData>,
    },
}

/// Where a file can be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum FileLocation {
    /// In the bucket, under this key.
    Bucket(String),
    /// Still at its source.
    Live(UncopiedFile),
    /// Still in the delivery itself, from where it is not served.
    Delivery,
    /// Nowhere any more.
    Nowhere,
}

/// A file that is still at its source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UncopiedFile {
    /// Its URL, with its secret query.
    pub url: String,
    /// The type that the result declares.
    pub declared_type: Option<String>,
    /// [`File::title`].
    pub title: Option<String>,
    /// When it will be copied, at the earliest.
    pub not_before: Timestamp,
}

/// The delivery that a file comes with.
#[derive(Debug, Clone, Copy)]
pub struct DeliveryRef<'a> {
    /// Its `n`.
    pub delivery: u32,
    /// SHA-256 of its body in hex.
    pub sha256: &'a str,
    /// When it came.
    pub at: Timestamp,
}

impl File {
    /// A file that has just been found: number `n` of the job at `home`.
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

    /// Where it can be read.
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

    /// How far it is on its way.
    #[must_use]
    pub const fn status(&self) -> FileStatus {
        match self.state {
            FileState::Pending { .. } => FileStatus::Pending,
            FileState::Stored(_) => FileStatus::Stored,
            FileState::Lost => FileStatus::Lost,
        }
    }

    /// Whether it is to be copied.
    #[must_use]
    pub const fn is_pending(&self) -> bool {
        matches!(self.state, FileState::Pending { .. })
    }

    /// Its bytes in the bucket, if they are there.
    #[must_use]
    pub const fn stored(&self) -> Option<&StoredObject> {
        match &self.state {
            FileState::Stored(object) => Some(object),
            _ => None,
        }
    }

    /// The same, to change what is noted of them.
    pub const fn stored_mut(&mut self) -> Option<&mut StoredObject> {
        match &mut self.state {
            FileState::Stored(object) => Some(object),
            _ => None,
        }
    }

    /// Whether its URL's deadline has passed.
    #[must_use]
    pub fn is_dead(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|deadline| deadline <= now)
    }

    /// Whether a fresh URL would help it.
    #[must_use]
    pub fn waits_for_url(&self) -> bool {
        self.state == FileState::Pending { needs_url: true }
    }

    /// Whether there is nothing to be copied until a fresh URL comes. A
    /// deadline that only stands beside the URL may be misread.
    #[must_use]
    pub fn is_stranded(&self, now: Timestamp) -> bool {
        self.waits_for_url() && self.source.deadline().is_some_and(|deadline| deadline <= now)
    }

    /// Makes it pending as if it had just been found: its new URL gets all the
    /// patience that there is.
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

    /// Notes that its bytes are stored. The secret in its URL is of no more
    /// use then.
    pub fn note_stored(&mut self, object: StoredObject) {
        self.state = FileState::Stored(object);
        self.error = None;
        self.redirect_host = None;
        if let Source::Url { url, .. } = &mut self.source {
            url.clear();
        }
    }

    /// Takes over the bytes that another object has stored.
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

    /// Its stored bytes, if they are.
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
    /// A URL that may be fetched.
    #[must_use]
    pub fn at(url: &Url) -> Self {
        Self::Url { url: url.as_str().to_owned(), host: strict_url::host_of(url) }
    }

    /// The bytes that inline data takes as it is written; 0 for a URL.
    #[must_use]
    pub fn written_bytes(&self) -> usize {
        match self {
            Self::Url { .. } => 0,
            Self::Inline { start, end, .. } => end.saturating_sub(*start),
        }
    }

    /// When its URL dies, as far as that says.
    #[must_use]
    pub fn deadline(&self) -> Option<Timestamp> {
        match self {
            Self::Url { url, .. } => expiry::deadline(&strict_url::read(url).ok()?),
            Self::Inline { .. } => None,
        }
    }

    /// The source of a file that delivery `delivery` told of.
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
    /// [`self::File::identity`].
    pub identity: String,
    /// Its R2 key.
    pub key: String,
    /// Its bytes.
    pub size: u64,
    /// R2's entity tag.
    pub etag: String,
    /// Its media type.
    pub content_type: String,
    /// Whether its MD5 was checked.
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
