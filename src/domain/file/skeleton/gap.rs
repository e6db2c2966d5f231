//! The skeleton of a body, and the gaps in it.

use crate::domain::file::inline::InlineData;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// The most bytes of a skeleton, its gaps included.
pub const MAX_BYTES: usize = 2 * 1024 * 1024;

/// The bytes that a gap counts for, beside its placeholder.
const GAP_BYTES: usize = 200;

/// A body without its long strings.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Skeleton {
    /// The body as it is written, with placeholders in place of the gaps.
    #[serde(with = "super::stored")]
    pub text: Vec<u8>,
    /// The gaps that the placeholders stand for, in order.
    pub gaps: Vec<Gap>,
    /// Whether the skeleton has only the top-level object, because a full one
    /// would be over [`MAX_BYTES`]. Each of its objects and lists is a gap too.
    pub is_shallow: bool,
    /// Whether there is a skeleton. If even a shallow one is too long, the text
    /// is empty.
    pub is_whole: bool,
}

/// A part of the body that a placeholder stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Gap {
    /// The byte range of the token in the received body, quotes included.
    /// Within a string that is JSON itself, it begins at the escaped quote.
    pub span: Range<usize>,
    /// The length in bytes of the decoded string; in a shallow skeleton, of the
    /// token.
    pub length: usize,
    /// The SHA-256 of the decoded string in hex; empty in a shallow skeleton.
    pub sha256: String,
    /// Whether the bytes can be copied into a JSON text as they are: they are
    /// valid UTF-8 without control characters. Others go through a `Mender`.
    pub is_plain: bool,
    /// The file in the string, if its key allows one there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inline: Option<InlineData>,
    /// The token as the text around it has it, if it is a short file. Such a
    /// file is compared by its content, as in a body that is in memory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub written: Option<String>,
}

impl Gap {
    /// Returns the bytes that the gap counts for, beside its placeholder.
    pub(super) fn held(&self) -> usize {
        GAP_BYTES + self.written.as_ref().map_or(0, String::len)
    }
}
