//! Describes a file that the result itself contains.

use serde::{Deserialize, Serialize};

/// Strings of at most so many bytes stay in the result as they are: thumbnails
/// and placeholders.
pub const MIN_INLINE_CHARS: usize = 1_024;

/// How many levels of strings within strings are read.
pub const MAX_NESTING: u8 = 3;

/// How many bytes of a string are held while it is read. What precedes inline
/// data must end within them.
pub const MAX_HELD: usize = 16 * 1024;

/// How inline data is encoded in the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Encoding {
    /// Base64, which only older records have.
    Base64,
    /// Percent-encoded text, which only older records have.
    Percent,
    /// A whole string token, which may be in a string that is JSON itself.
    Token,
}

/// The inline data in a decoded string.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InlineData {
    /// The offset in the string at which the data begins.
    pub start: usize,
    /// The offset at which the data ends.
    pub end: usize,
    /// The size of the file in bytes.
    pub bytes: u64,
    /// The media type that is declared, or that the bytes show.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// Whether the data is no `data:` URI. Then only a key can name it a file.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_bare: bool,
    /// Whether the data is base64. If not, it is percent-encoded.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_base64: bool,
}

impl InlineData {
    /// Returns whether the data is a file at this key.
    #[must_use]
    pub fn is_file_at(&self, key: Option<&str>) -> bool {
        !self.is_bare || is_named(key)
    }
}

/// The error that inline data does not decode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Broken;

/// Returns whether a key names a file.
pub(super) fn is_named(key: Option<&str>) -> bool {
    key.is_some_and(|key| key.ends_with("_uri") || key == "b64_json")
}

/// Returns whether a character may follow a file without being part of it.
pub(super) const fn is_behind(c: char) -> bool {
    c <= ' ' || c == '\x7f'
}
