//! The files that were found in a result, and the outputs that were skipped.

use crate::domain::file::inline::{Encoding, InlineData};
use crate::domain::json;
use crate::domain::json::edit::Edit;
use crate::domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::ops::Range;

/// Where a file's bytes come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum FoundAt {
    /// A URL that was allowed when it was received.
    Url {
        /// The URL with its query, as it was written; encoded if that is not
        /// ASCII.
        url: String,
        /// The host, with the port unless it is the scheme's default.
        host: String,
    },
    /// The delivery's body, at these byte positions.
    Inline {
        /// The byte range in the body.
        span: Range<usize>,
        /// How the bytes are encoded.
        encoding: Encoding,
        /// The data in the token, if the token is read in pieces.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        data: Option<InlineData>,
    },
}

/// A file of a result, which the result may contain more than once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundFile {
    /// What identifies the file within the result: the URL without what a
    /// signer adds, or the position of inline data.
    pub key: String,
    /// Where the bytes come from.
    pub origin: FoundAt,
    /// The JSON Pointers of its first places in the result.
    pub pointers: Vec<String>,
    /// The string tokens that the durable URL replaces.
    pub places: Vec<StringToken>,
    /// A name that is safe in URLs and keys.
    pub name: String,
    /// The name as the sender wrote it, if it differs
    /// ([`crate::domain::file::filename`]).
    pub title: Option<String>,
    /// The media type that the result declares, or that inline data shows.
    pub content_type: Option<String>,
    /// When the URL expires.
    pub expires_at: Option<Timestamp>,
}

/// A string token in the body, or in a string of the body that is JSON itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StringToken {
    /// The byte range in the body, quotes included.
    pub span: Range<usize>,
    /// How many strings contain the token. Each of them escapes it once more.
    pub depth: u8,
}

/// An output that is not copied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// The JSON Pointer of its place in the result.
    pub pointer: String,
    /// The host of its URL, if it has one.
    pub host: Option<String>,
    /// Why it is not copied.
    pub reason: String,
    /// The entry in `ALLOWED_SOURCE_HOSTS` that would allow a copy, if one
    /// would.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allow: Option<String>,
}

/// The files and the skipped outputs of a result.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Discovery {
    /// The files to copy, in the order of their first places.
    pub files: Vec<FoundFile>,
    /// The outputs that are not copied.
    pub skipped: Vec<Skipped>,
}

impl Skipped {
    /// Returns the entry for a result that is too large to search beyond its
    /// top level.
    #[must_use]
    pub fn not_known() -> Self {
        let reason = "the body has over 2 MiB without its long strings: its files are not copied, \
                      and the result is served unchanged";
        Self { reason: reason.to_owned(), ..Self::too_many() }
    }

    pub(super) fn too_many() -> Self {
        Self { pointer: String::new(), host: None, reason: "too many".to_owned(), allow: None }
    }
}

impl FoundAt {
    pub(super) const fn bytes(&self) -> usize {
        match self {
            Self::Url { url, .. } => url.len(),
            Self::Inline { .. } => 0,
        }
    }
}

impl FoundFile {
    /// Returns what identifies the file across deliveries: a short digest of
    /// its key and, if the data is inline, of the body's `sha256`.
    #[must_use]
    pub fn identity(&self, sha256: &str) -> String {
        let body = match self.origin {
            FoundAt::Url { .. } => "",
            FoundAt::Inline { .. } => sha256,
        };
        let digest = Sha256::digest(format!("{body} {}", self.key));
        hex::encode(digest.get(..16).unwrap_or_default())
    }

    /// Returns the edits that write `url` in all its places.
    pub fn edits(&self, url: &str) -> impl Iterator<Item = Edit> {
        let token = json::encode_string(url);
        self.places.iter().map(move |place| (place.span.clone(), place.token(&token)))
    }

    pub(super) fn new(
        key: String,
        origin: FoundAt,
        content_type: Option<String>,
        expires_at: Option<Timestamp>,
    ) -> Self {
        let (pointers, places, name) = (Vec::new(), Vec::new(), String::new());
        Self { key, origin, pointers, places, name, title: None, content_type, expires_at }
    }

    /// Moves its places by `by` bytes: they were counted from a part of the
    /// body that begins there.
    pub(super) fn shift(&mut self, by: usize) {
        for StringToken { span, .. } in &mut self.places {
            *span = span.start + by..span.end + by;
        }
        // A gap's position counts from the beginning of the body already.
        if let FoundAt::Inline { span, data: None, .. } = &mut self.origin {
            *span = span.start + by..span.end + by;
        }
    }
}
