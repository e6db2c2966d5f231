//! Strings of a result that are JSON themselves.

use super::found::StringToken;
use crate::domain::file::inline::MAX_NESTING;
use crate::domain::json;

/// Most bytes of strings that are read one in the other: each is decoded, and
/// an isolate has 128 MB in all.
const MAX_NESTED_BYTES: usize = 32 * 1024 * 1024;

/// Where the text is that is searched: the result, or a string in it.
#[derive(Debug)]
pub(super) struct SearchScope {
    /// The string's pointer.
    pub pointer: String,
    /// How many strings it is in.
    pub depth: u8,
    /// Whether it is a part of what was put in.
    pub is_input: bool,
    /// How many bytes of strings may still be read in it.
    room: usize,
}

impl SearchScope {
    /// Where the result itself is.
    pub(super) const fn result() -> Self {
        Self { pointer: String::new(), depth: 0, is_input: false, room: MAX_NESTED_BYTES }
    }

    /// Returns the place of a string in it, if that is JSON and is to be read.
    pub(super) fn inner(
        &self,
        text: &str,
        describe: impl FnOnce() -> (String, bool),
    ) -> Option<Self> {
        let room = self.room.checked_sub(text.len())?;
        let is_read = self.depth < MAX_NESTING && json::is_nested(text);
        is_read.then(|| {
            let (pointer, is_input) = describe();
            Self { pointer, depth: self.depth + 1, is_input, room }
        })
    }
}

impl StringToken {
    /// Returns the token as it is written there.
    pub(super) fn token(&self, token: &str) -> String {
        let mut written = token.to_owned();
        for _ in 0..self.depth {
            let quoted = json::encode_string(&written);
            written = quoted
                .strip_prefix('"')
                .and_then(|rest| rest.strip_suffix('"'))
                .map(str::to_owned)
                .unwrap_or_default();
        }
        written
    }
}
