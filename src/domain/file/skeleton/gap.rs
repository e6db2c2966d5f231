//! What is kept of a body, and what is known of the rest.

use crate::domain::file::inline::InlineData;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Most bytes of a skeleton, and of what is held beside it while it is made.
pub const MAX_BYTES: usize = 2 * 1024 * 1024;

/// What a gap counts for, beside its placeholder.
const GAP_BYTES: usize = 200;

/// A body without its long strings.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Skeleton {
    /// The body as it is written, but for the placeholders.
    #[serde(with = "super::stored")]
    pub text: Vec<u8>,
    /// What they stand for, in their order.
    pub gaps: Vec<Gap>,
    /// Whether only the top-level object is known, since all of it would be
    /// over [`MAX_BYTES`]: each of its objects and lists is a gap too.
    pub is_shallow: bool,
    /// Whether there is a skeleton: if not even a shallow one is short enough,
    /// the text is empty.
    pub is_whole: bool,
}

/// What a placeholder stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Gap {
    /// The token in the body as it came, quotes included: in a string that is
    /// JSON itself from its escaped quote on.
    pub span: Range<usize>,
    /// The bytes of what it says; in a shallow skeleton of how that is written.
    pub length: usize,
    /// SHA-256 of what it says in hex; empty in a shallow skeleton.
    pub sha256: String,
    /// Whether its bytes may be copied into a JSON text as they are: valid
    /// UTF-8 without control characters. Others go through a `Mender`.
    pub is_plain: bool,
    /// The file that it is, where its key does not tell otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inline: Option<InlineData>,
    /// The token, as the text that it stands in has it, if it is a file that is
    /// short: that is compared by what it says, as in a body that is held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub written: Option<String>,
}

impl Gap {
    /// What it counts for, beside its placeholder.
    pub(super) fn held(&self) -> usize {
        GAP_BYTES + self.written.as_ref().map_or(0, String::len)
    }
}
