//! What is known of a file that is written into the result.

use serde::{Deserialize, Serialize};

/// Shorter data stays in the result as it is: thumbnails and placeholders.
pub const MIN_INLINE_CHARS: usize = 1_024;

/// Strings within strings that are read, one in the other.
pub const MAX_NESTING: u8 = 3;

/// The first bytes of a string that are held while it is read: what stands
/// before the data must end in them.
pub const MAX_HELD: usize = 16 * 1024;

/// How inline bytes are written in the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Encoding {
    /// Base64. Only older records have it.
    Base64,
    /// Percent-encoded text. Only older records have it.
    Percent,
    /// A whole string token, which may stand in a string that is JSON itself.
    Token,
}

/// Inline data in a string, as its text is decoded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InlineData {
    /// Where in the string the data begins.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
    /// The bytes of the file.
    pub bytes: u64,
    /// Its media type, as it is declared or as its bytes show it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// Whether it is no `data:` URI: a key has to say that it is a file.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_bare: bool,
    /// Whether it is base64, and not percent-encoded.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_base64: bool,
}

impl InlineData {
    /// Whether the data is a file at this key.
    #[must_use]
    pub fn is_file_at(&self, key: Option<&str>) -> bool {
        !self.is_bare || is_named(key)
    }
}

/// Inline data does not decode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Broken;

/// Whether a key says that it holds a file.
pub(super) fn is_named(key: Option<&str>) -> bool {
    key.is_some_and(|key| key.ends_with("_uri") || key == "b64_json")
}

/// Whether it may stand behind a file without being part of it.
pub(super) const fn is_behind(c: char) -> bool {
    c <= ' ' || c == '\x7f'
}
