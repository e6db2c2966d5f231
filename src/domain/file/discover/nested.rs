//! Searches strings of a result that are JSON themselves.

use super::found::StringToken;
use crate::domain::file::inline::MAX_NESTING;
use crate::domain::json;

/// The most bytes of strings within strings that are read. Each is decoded into
/// memory, and an isolate has 128 MB in all.
const MAX_NESTED_BYTES: usize = 32 * 1024 * 1024;

/// The text that is searched: the result, or a string in it.
#[derive(Debug)]
pub(super) struct SearchScope {
    /// The JSON Pointer of the string; empty for the result.
    pub pointer: String,
    /// How many strings contain the text.
    pub depth: u8,
    /// Whether the text is part of the job's input.
    pub is_input: bool,
    /// How many more bytes of strings may be read.
    room: usize,
}

impl SearchScope {
    /// Returns the scope of the result itself.
    pub(super) const fn result() -> Self {
        Self { pointer: String::new(), depth: 0, is_input: false, room: MAX_NESTED_BYTES }
    }

    /// Returns the scope of a string in this text, if it is JSON and within the
    /// limits.
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
    /// Returns `token` as it is written here: escaped once for each string
    /// around it.
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
