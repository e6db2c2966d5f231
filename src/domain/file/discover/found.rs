//! What was found in a result: files, and what was skipped.

use crate::domain::file::inline::{Encoding, InlineData};
use crate::domain::json;
use crate::domain::json::edit::Edit;
use crate::domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::ops::Range;

/// Where a file's bytes are to be had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum FoundAt {
    /// At a URL that was allowed when it came.
    Url {
        /// The URL as written, with its query.
        url: String,
        /// Its host, with the port if it has one.
        host: String,
    },
    /// In the delivery itself, at these byte positions of the body.
    Inline {
        /// From its first to after its last character.
        span: Range<usize>,
        /// How the bytes are written.
        encoding: Encoding,
        /// What was found in a token that is only read in pieces.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        data: Option<InlineData>,
    },
}

/// A file of a result, found once or more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundFile {
    /// What makes it the same file within the result: the URL without what a
    /// signer adds, or the position of inline data.
    pub key: String,
    /// Where its bytes are.
    pub origin: FoundAt,
    /// Where in the result it stands.
    pub pointers: Vec<String>,
    /// The string tokens to replace.
    pub places: Vec<StringToken>,
    /// A name that is safe in URLs and keys.
    pub name: String,
    /// The name as it was written, if that is another: [`crate::domain::file::filename`].
    pub title: Option<String>,
    /// The type that the result itself declares.
    pub content_type: Option<String>,
    /// When its URL dies.
    pub expires_at: Option<Timestamp>,
}

/// A string token of the body, or of a string in it that is JSON itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StringToken {
    /// From its first to after its last character, as the body has them.
    pub span: Range<usize>,
    /// How many strings it is in: each has escaped it once more.
    pub depth: u8,
}

/// An output that is not copied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// Where in the result it stands.
    pub pointer: String,
    /// Its host, if it has one.
    pub host: Option<String>,
    /// Why it is not copied.
    pub reason: String,
    /// What `ALLOWED_SOURCE_HOSTS` would have to name for it to be copied, if
    /// any entry helps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allow: Option<String>,
}

/// What is in a result.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Discovery {
    /// The files to copy, in order of their first place.
    pub files: Vec<FoundFile>,
    /// Outputs that are not copied.
    pub skipped: Vec<Skipped>,
}

impl Skipped {
    /// What a result may hold of which only the top level is known.
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
    /// What makes it the same file in a later delivery: a short digest of its
    /// key, and for inline data of the body (`sha256`) that it is in.
    #[must_use]
    pub fn identity(&self, sha256: &str) -> String {
        let body = match self.origin {
            FoundAt::Url { .. } => "",
            FoundAt::Inline { .. } => sha256,
        };
        let digest = Sha256::digest(format!("{body} {}", self.key));
        hex::encode(digest.get(..16).unwrap_or_default())
    }

    /// Returns the edits that put `url` in its places.
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

    /// Counts its places from the beginning of the body instead of from a part
    /// of it that begins at `by`.
    pub(super) fn shift(&mut self, by: usize) {
        for StringToken { span, .. } in &mut self.places {
            *span = span.start + by..span.end + by;
        }
        // A gap's place is told in the body itself.
        if let FoundAt::Inline { span, data: None, .. } = &mut self.origin {
            *span = span.start + by..span.end + by;
        }
    }
}
