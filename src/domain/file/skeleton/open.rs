//! Reads a string whose end was not reached yet.

use super::gap::Gap;
use crate::domain::file::inline::{Counter, InlineData, MAX_HELD, MAX_NESTING, MIN_INLINE_CHARS};
use crate::domain::json::unescape::Unescape;
use sha2::{Digest, Sha256};

/// The kind of a string, judged by what was read of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Only white space so far.
    Blank,
    Text,
    /// The string begins like JSON, and is searched.
    Json,
    /// Text that is too long, and is no longer kept.
    Cut,
}

/// A string that is being read.
#[derive(Debug)]
pub(super) struct Open {
    /// The offset in the body at which its token begins.
    pub start: usize,
    /// The offset in the skeleton at which its content begins.
    pub content: usize,
    /// How many gaps there were before it.
    pub first_gap: usize,
    pub kind: Kind,
    pub unescape: Unescape,
    /// The offset in the body of the character or escape that is being read.
    pub unit: usize,
    /// The length of the decoded text, in bytes.
    pub length: usize,
    /// The decoded text. Once the string is JSON or cut: the text that waits to
    /// be hashed.
    pub held: Vec<u8>,
    digest: Option<Sha256>,
    counter: Option<Counter>,
    /// The file in a string that is short enough to be held.
    pub inline: Option<InlineData>,
    /// See [`Gap::is_plain`].
    pub is_plain: bool,
    /// Whether a string within this one is broken, so that it is no JSON.
    pub is_broken_within: bool,
}

impl Open {
    /// Begins a string. `held` is an empty buffer.
    pub const fn new(start: usize, content: usize, first_gap: usize, held: Vec<u8>) -> Self {
        Self {
            start,
            content,
            first_gap,
            kind: Kind::Blank,
            unescape: Unescape::new(),
            unit: start,
            length: 0,
            held,
            digest: None,
            counter: None,
            inline: None,
            is_plain: true,
            is_broken_within: false,
        }
    }

    /// Reads more of the decoded text of a string that `depth` strings contain.
    /// Returns whether the string is cut from now on.
    pub fn take(&mut self, text: &[u8], depth: usize) -> bool {
        self.length += text.len();
        if matches!(self.kind, Kind::Cut | Kind::Json) {
            self.go_on(text);
            return false;
        }
        self.judge(text, depth);
        self.held.extend_from_slice(text);
        if self.kind == Kind::Json {
            self.digest = Some(Sha256::new());
        }
        self.kind != Kind::Json && self.cut()
    }

    /// Returns whether the string is a file although all of it is held, and
    /// notes the file. It needs a gap, because the skeleton's text does not
    /// give its offset in the body.
    pub fn is_short_file(&mut self) -> bool {
        if self.held.len() > MIN_INLINE_CHARS && self.unescape.is_text() {
            self.inline = Counter::of(&self.held).and_then(|mut counter| {
                counter.push(&self.held);
                counter.finish()
            });
        }
        self.inline.is_some()
    }

    /// Returns whether the held text begins with `text`.
    pub fn begins_with(&self, text: &str) -> bool {
        self.held.starts_with(text.as_bytes())
    }

    /// Reads more of a string that is JSON or cut. Gathers tiny pieces, which
    /// escapes make, before it hashes them.
    fn go_on(&mut self, text: &[u8]) {
        if text.len() < MAX_HELD {
            self.held.extend_from_slice(text);
        }
        if self.held.len() >= MAX_HELD || text.len() >= MAX_HELD {
            self.flush();
        }
        if text.len() >= MAX_HELD {
            self.read(text);
        }
    }

    fn flush(&mut self) {
        let held = std::mem::take(&mut self.held);
        self.read(&held);
        self.held = held;
        self.held.clear();
    }

    fn read(&mut self, text: &[u8]) {
        if let Some(digest) = &mut self.digest {
            digest.update(text);
        }
        if let Some(counter) = &mut self.counter {
            counter.push(text);
            self.counter = self.counter.take().filter(|counter| !counter.is_hopeless());
        }
    }

    /// Decides by the first character that is no white space whether the string
    /// may be JSON.
    fn judge(&mut self, text: &[u8], depth: usize) {
        let Some(at) = text.iter().position(|byte| !byte.is_ascii_whitespace()) else { return };
        if self.kind == Kind::Blank {
            let is_json = matches!(text.get(at), Some(b'{' | b'['))
                && depth < usize::from(MAX_NESTING)
                && self.held.len() + at < MAX_HELD;
            self.kind = if is_json { Kind::Json } else { Kind::Text };
        }
    }

    /// Cuts the string if it is over [`MAX_HELD`]. Returns whether it did.
    fn cut(&mut self) -> bool {
        if self.held.len() <= MAX_HELD {
            return false;
        }
        self.kind = Kind::Cut;
        self.digest = Some(Sha256::new());
        self.counter = Counter::of(&self.held);
        self.flush();
        true
    }

    /// Treats a string that began like JSON as text from now on.
    pub const fn give_up(&mut self) {
        self.kind = Kind::Cut;
    }

    pub fn is_cut(&self) -> bool {
        self.kind == Kind::Cut
    }

    /// Ends the string at the offset `at` of the body, and returns its gap.
    pub fn end(&mut self, at: usize) -> Gap {
        self.digest.get_or_insert_default();
        self.flush();
        let (inline, counter) = (self.inline.take(), self.counter.take());
        let counter = counter.filter(|_| self.unescape.is_text());
        Gap {
            span: self.start..at,
            length: self.length,
            sha256: hex::encode(self.digest.take().unwrap_or_default().finalize()),
            is_plain: self.is_plain,
            inline: inline.or_else(|| counter.and_then(Counter::finish)),
            written: None,
        }
    }
}
