//! Unpacks a file from its string token as it is written in the body, piece by
//! piece.

use super::data::{Broken, InlineData, MAX_HELD, MAX_NESTING};
use super::unpack::Unpacker;
use crate::domain::json::unescape::{PendingChars, Unescape};
use crate::domain::json::utf8::Utf8;
use std::ops::Range;

/// Unpacks one file.
#[derive(Debug)]
pub struct Decoder {
    utf8: Utf8,
    /// The strings that the token stands in.
    outer: Vec<Unescape>,
    token: Unescape,
    state: State,
    /// Where in the decoded string it is.
    at: usize,
    data: Range<usize>,
    unpacker: Unpacker,
    /// The bytes that are still to come.
    missing: u64,
    is_broken: bool,
    /// What the token says, that is not read yet.
    said: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before the first quote.
    Before,
    Within,
    /// Behind the last quote.
    Behind,
}

impl Decoder {
    /// Begins with a token in which this data was found.
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

    /// Takes more of the token, from its first quote on; it may be split
    /// anywhere. Adds to `out` what of the file that tells.
    ///
    /// # Errors
    /// It is not the token in which the data was found.
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
    /// It was not complete, or did not hold what was found in it.
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

    /// Whether what is no quote and no backslash is said as it is written.
    fn is_plain(&self) -> bool {
        self.state == State::Within
            && self.token.is_at_rest()
            && self.outer.iter().all(Unescape::is_at_rest)
    }

    /// Takes a byte as it is written in so many strings.
    fn byte(&mut self, depth: usize, byte: u8, out: &mut Vec<u8>) {
        let Some(outer) = self.outer.get_mut(depth) else { return self.token_byte(byte, out) };
        self.is_broken |= byte == b'"' && outer.ends_at_quote();
        let said = outer.push(byte);
        self.is_broken |= outer.is_broken;
        for byte in said.bytes() {
            self.byte(depth + 1, *byte, out);
        }
    }

    /// Takes a byte of the token, as the innermost string says it.
    fn token_byte(&mut self, byte: u8, out: &mut Vec<u8>) {
        match self.state {
            State::Before if byte == b'"' => self.state = State::Within,
            // The quote itself is escaped: the token stands in a string.
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

    /// Takes more of what the token says. Tiny pieces, as escapes make them, are
    /// gathered.
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

    /// Ends the data: a `%` may wait for two digits.
    fn end(&mut self, out: &mut Vec<u8>) {
        self.flush(out);
        let unpacker = std::mem::replace(&mut self.unpacker, Unpacker::new(false));
        self.is_broken |= unpacker.finish(out).is_err();
    }
}

/// How many bytes there are before a quote or a backslash.
fn plain(text: &[u8]) -> usize {
    memchr::memchr2(b'"', b'\\', text).unwrap_or(text.len())
}
