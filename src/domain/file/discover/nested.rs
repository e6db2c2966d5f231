//! Strings of a result that are JSON themselves.

use super::found::Place;
use crate::domain::file::inline::MAX_NESTING;
use crate::domain::json;

/// Most bytes of strings that are read one in the other: each is decoded, and
/// an isolate has 128 MB in all.
const MAX_NESTED_BYTES: usize = 32 * 1024 * 1024;

/// Where the text is that is searched: the result, or a string in it.
#[derive(Debug)]
pub(super) struct Within {
    /// The string's pointer.
    pub pointer: String,
    /// How many strings it is in.
    pub depth: u8,
    /// Whether it is a part of what was put in.
    pub is_input: bool,
    /// How many bytes of strings may still be read in it.
    room: usize,
}

impl Within {
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

impl Place {
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

/// Where in a token as it is written stands what it says.
pub(super) struct Escapes<'a> {
    token: &'a [u8],
    written: usize,
    decoded: usize,
}

impl<'a> Escapes<'a> {
    /// Begins behind the quote of `token`.
    pub(super) const fn new(token: &'a str) -> Self {
        Self { token: token.as_bytes(), written: 1, decoded: 0 }
    }

    /// Returns where the byte `at` of what it says is written. Asked in order,
    /// all of it takes linear time.
    pub(super) fn place(&mut self, at: usize) -> usize {
        while self.decoded < at {
            let rest = self.token.get(self.written..).unwrap_or_default();
            let ahead = rest.get(..at - self.decoded).unwrap_or(rest);
            let (written, decoded) = match memchr::memchr(b'\\', ahead).unwrap_or(ahead.len()) {
                0 => escape(rest),
                plain => (plain, plain),
            };
            if written == 0 {
                break;
            }
            self.written += written;
            self.decoded += decoded;
        }
        self.written
    }
}

/// The bytes of the escape that `rest` begins with, and of what it says.
fn escape(rest: &[u8]) -> (usize, usize) {
    let unit = || u32::from_str_radix(std::str::from_utf8(rest.get(2..6)?).ok()?, 16).ok();
    match rest.get(1) {
        None => (0, 0),
        Some(b'u') => match unit() {
            Some(0..=0x7f) => (6, 1),
            Some(0x80..=0x7ff) => (6, 2),
            // Two units are one character.
            Some(0xd800..=0xdbff) => (12, 4),
            _ => (6, 3),
        },
        Some(_) => (2, 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_token_says_is_found_in_it() {
        let token = r#""a\"\u00e9\ud83d\ude00\/é😀\u0041b""#;
        let said = json::decode_string(token).unwrap();
        let mut escapes = Escapes::new(token);
        let places: Vec<_> = said.char_indices().map(|(at, _)| escapes.place(at)).collect();
        assert_eq!(places, [1, 2, 4, 10, 22, 24, 26, 30, 36]);
        assert_eq!(escapes.place(said.len()), token.len() - 1);
        assert_eq!(escapes.place(999), token.len());
    }
}
