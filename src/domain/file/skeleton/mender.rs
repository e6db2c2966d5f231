//! Repairs the bytes of a gap as the tolerant reader repairs a whole body.

use crate::domain::json::utf8::Utf8;
use crate::domain::json::{encode_string, is_no_number};

/// The length in bytes of the longest invalid word that is repaired:
/// `-Infinity`.
const LONGEST_WORD: usize = 9;

/// Repairs a gap that is not plain, in pieces of any size: invalid UTF-8,
/// control characters in strings, `NaN` and `Infinity`.
#[derive(Debug, Default)]
pub struct Mender {
    utf8: Utf8,
    state: State,
    /// The word outside of strings that is being read.
    word: Vec<u8>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum State {
    #[default]
    Before,
    Outside,
    String,
    /// In a string, after a backslash.
    Escape,
}

impl Mender {
    /// Begins a gap.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Repairs more of the gap, and appends it to `out`.
    pub fn push(&mut self, written: &[u8], out: &mut Vec<u8>) {
        let mut utf8 = std::mem::take(&mut self.utf8);
        for byte in utf8.push(written).iter() {
            self.byte(*byte, out);
        }
        self.utf8 = utf8;
    }

    /// Ends the gap, and appends what was held back to `out`.
    pub fn finish(mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.utf8.end());
        self.end_word(out);
    }

    fn byte(&mut self, byte: u8, out: &mut Vec<u8>) {
        if self.state == State::Before {
            // A token within a string begins with an escaped quote.
            self.state = if byte == b'\\' { State::String } else { State::Outside };
        }
        match (self.state, byte) {
            (State::Outside, _) => self.outside(byte, out),
            (State::Escape, _) => {
                self.state = State::String;
                out.push(byte);
            }
            (_, 0..b' ') => {
                let token = encode_string(char::from(byte).encode_utf8(&mut [0; 4]));
                out.extend_from_slice(token.trim_matches('"').as_bytes());
            }
            _ => {
                self.state = match byte {
                    b'"' => State::Outside,
                    b'\\' => State::Escape,
                    _ => State::String,
                };
                out.push(byte);
            }
        }
    }

    fn outside(&mut self, byte: u8, out: &mut Vec<u8>) {
        let is_word = !byte.is_ascii_whitespace() && !b"\"{}[],:".contains(&byte);
        if is_word && self.word.len() <= LONGEST_WORD {
            return self.word.push(byte);
        }
        if !is_word {
            self.end_word(out);
        }
        out.append(&mut self.word);
        out.push(byte);
        if byte == b'"' {
            self.state = State::String;
        }
    }

    fn end_word(&mut self, out: &mut Vec<u8>) {
        let word = std::mem::take(&mut self.word);
        let is_mended = std::str::from_utf8(&word).is_ok_and(is_no_number);
        out.extend_from_slice(if is_mended { b"null" } else { &word });
    }
}
