//! Decodes a file from its string token in the body, piece by piece.

use super::data::{Broken, InlineData, MAX_HELD, MAX_NESTING};
use super::unpack::Unpacker;
use crate::domain::json::unescape::{PendingChars, Unescape};
use crate::domain::json::utf8::Utf8;
use std::ops::Range;

/// Decodes one file.
#[derive(Debug)]
pub struct Decoder {
    utf8: Utf8,
    /// The strings that contain the token, the outermost first.
    outer: Vec<Unescape>,
    token: Unescape,
    state: State,
    /// The offset in the decoded string.
    at: usize,
    data: Range<usize>,
    unpacker: Unpacker,
    /// The bytes of the file that are still missing.
    missing: u64,
    is_broken: bool,
    /// Decoded text of the token that waits to be read.
    said: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before the first quote.
    Before,
    Within,
    /// After the last quote.
    Behind,
}

impl Decoder {
    /// Begins a token in which this data was found.
    #[must_use]
    pub fn new(data: &InlineData) -> Self {
        Self {
            utf8: Utf8::default(),
            outer: Vec::new(),
            token: Unescape::default(),
            state: State::Before,
            at: 0,
            data: data.start..data.end,
            unpacker: Unpacker::new(data.is_base64),
            missing: data.bytes,
            is_broken: false,
            said: Vec::new(),
        }
    }

    /// Reads more of the token, from its first quote on, split anywhere.
    /// Appends the bytes of the file to `out`.
    ///
    /// # Errors
    /// Returns [`Broken`] if this is not the token in which the data was found.
    pub fn push(&mut self, written: &[u8], out: &mut Vec<u8>) -> Result<(), Broken> {
        let before = out.len();
        let mut utf8 = std::mem::take(&mut self.utf8);
        let text = utf8.push(written);
        self.utf8 = utf8;
        self.read(&text, out);
        self.flush(out);
        self.count(out.len() - before)
    }

    /// Ends the token.
    ///
    /// # Errors
    /// Returns [`Broken`] if the token is incomplete, or does not contain the
    /// data that was found in it.
    pub fn finish(self) -> Result<(), Broken> {
        let is_whole = self.state == State::Behind && self.utf8.is_at_rest() && !self.is_broken;
        let is_it = is_whole && self.at >= self.data.end && self.token.is_text();
        (is_it && self.missing == 0).then_some(()).ok_or(Broken)
    }

    fn count(&mut self, told: usize) -> Result<(), Broken> {
        match self.missing.checked_sub(told as u64).filter(|_| !self.is_broken) {
            Some(missing) => {
                self.missing = missing;
                Ok(())
            }
            None => Err(Broken),
        }
    }

    fn read(&mut self, mut text: &[u8], out: &mut Vec<u8>) {
        while let Some((first, rest)) = text.split_first() {
            let run = if self.is_plain() { plain(text) } else { 0 };
            if let Some((run, rest)) = text.split_at_checked(run).filter(|_| run > 0) {
                self.content(run, out);
                text = rest;
                continue;
            }
            self.byte(0, *first, out);
            text = rest;
        }
    }

    /// Returns whether all bytes but a quote and a backslash decode to
    /// themselves now.
    fn is_plain(&self) -> bool {
        self.state == State::Within
            && self.token.is_at_rest()
            && self.outer.iter().all(Unescape::is_at_rest)
    }

    /// Reads a byte within the outermost `depth` of the strings around the
    /// token.
    fn byte(&mut self, depth: usize, byte: u8, out: &mut Vec<u8>) {
        let Some(outer) = self.outer.get_mut(depth) else { return self.token_byte(byte, out) };
        self.is_broken |= byte == b'"' && outer.ends_at_quote();
        let said = outer.push(byte);
        self.is_broken |= outer.is_broken;
        for byte in said.bytes() {
            self.byte(depth + 1, *byte, out);
        }
    }

    /// Reads a byte of the token, as the innermost string around it decodes it.
    fn token_byte(&mut self, byte: u8, out: &mut Vec<u8>) {
        match self.state {
            State::Before if byte == b'"' => self.state = State::Within,
            // The quote itself is escaped, so a string contains the token.
            State::Before if byte == b'\\' && self.outer.len() < usize::from(MAX_NESTING) => {
                self.outer.push(Unescape::default());
                self.byte(self.outer.len() - 1, byte, out);
            }
            State::Before | State::Behind => self.is_broken = true,
            State::Within if byte == b'"' && self.token.ends_at_quote() => {
                let said = self.token.end();
                self.say(said, out);
                self.state = State::Behind;
                self.end(out);
            }
            State::Within => {
                let said = self.token.push(byte);
                self.say(said, out);
            }
        }
    }

    fn say(&mut self, said: PendingChars, out: &mut Vec<u8>) {
        if !said.bytes().is_empty() {
            self.content(said.bytes(), out);
        }
    }

    /// Reads more of the token's decoded text. Gathers tiny pieces, which
    /// escapes make.
    fn content(&mut self, text: &[u8], out: &mut Vec<u8>) {
        if text.len() < MAX_HELD {
            self.said.extend_from_slice(text);
        }
        if self.said.len() >= MAX_HELD || text.len() >= MAX_HELD {
            self.flush(out);
        }
        if text.len() >= MAX_HELD {
            self.take(text, out);
        }
    }

    fn flush(&mut self, out: &mut Vec<u8>) {
        let said = std::mem::take(&mut self.said);
        self.take(&said, out);
        self.said = said;
        self.said.clear();
    }

    fn take(&mut self, text: &[u8], out: &mut Vec<u8>) {
        let from = self.data.start.saturating_sub(self.at).min(text.len());
        let to = self.data.end.saturating_sub(self.at).min(text.len());
        self.at += text.len();
        if let Some(data) = text.get(from..to) {
            self.unpacker.push(data, out);
        }
    }

    /// Ends the data. A `%` may still wait for two digits.
    fn end(&mut self, out: &mut Vec<u8>) {
        self.flush(out);
        let unpacker = std::mem::replace(&mut self.unpacker, Unpacker::new(false));
        self.is_broken |= unpacker.finish(out).is_err();
    }
}

/// Returns how many bytes precede a quote or a backslash.
fn plain(text: &[u8]) -> usize {
    memchr::memchr2(b'"', b'\\', text).unwrap_or(text.len())
}
