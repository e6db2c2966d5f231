//! A string that is read, of which the end has not come.

use super::gap::Gap;
use crate::domain::file::inline::{Counter, InlineData, MAX_HELD, MAX_NESTING, MIN_INLINE_CHARS};
use crate::domain::json::unescape::Unescape;
use sha2::{Digest, Sha256};

/// What a string is, as far as it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Only white space by now.
    Blank,
    Text,
    /// It begins as JSON does, and is looked into.
    Json,
    /// A text that is not kept any more.
    Cut,
}

/// A string that is read.
#[derive(Debug)]
pub(super) struct Open {
    /// Where in the body its token begins.
    pub start: usize,
    /// Where in the skeleton its content begins.
    pub content: usize,
    /// How many gaps there were before it.
    pub first_gap: usize,
    pub kind: Kind,
    pub unescape: Unescape,
    /// Where in the body the unit that is read begins.
    pub unit: usize,
    /// The bytes of what it says.
    pub length: usize,
    /// What it says, until it is cut; then what is not read yet.
    pub held: Vec<u8>,
    digest: Option<Sha256>,
    counter: Option<Counter>,
    /// The file that it is, as far as that is known before its end.
    pub inline: Option<InlineData>,
    /// See [`Gap::is_plain`].
    pub is_plain: bool,
    /// Whether a string in it is broken, so that it is no JSON.
    pub is_broken_within: bool,
}

impl Open {
    /// Begins one; `held` is an empty buffer.
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

    /// Takes more of what it says; `depth` tells how many strings it is in.
    /// Returns whether it is cut from now on.
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

    /// Whether it is a file although all of it is held. Its place in the body is
    /// to be told, which a skeleton's text does not.
    pub fn is_short_file(&mut self) -> bool {
        if self.held.len() > MIN_INLINE_CHARS && self.unescape.is_text() {
            self.inline = Counter::of(&self.held).and_then(|mut counter| {
                counter.push(&self.held);
                counter.finish()
            });
        }
        self.inline.is_some()
    }

    /// Whether it is a text that has begun so, and is all held.
    pub fn begins_with(&self, text: &str) -> bool {
        self.held.starts_with(text.as_bytes())
    }

    /// Tiny pieces, as escapes make them, are gathered.
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

    /// Tells by its first character whether it may be JSON.
    fn judge(&mut self, text: &[u8], depth: usize) {
        let Some(at) = text.iter().position(|byte| !byte.is_ascii_whitespace()) else { return };
        if self.kind == Kind::Blank {
            let is_json = matches!(text.get(at), Some(b'{' | b'['))
                && depth < usize::from(MAX_NESTING)
                && self.held.len() + at < MAX_HELD;
            self.kind = if is_json { Kind::Json } else { Kind::Text };
        }
    }

    /// Cuts it, if it is longer than what is held.
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

    /// Takes JSON for text from now on.
    pub const fn give_up(&mut self) {
        self.kind = Kind::Cut;
    }

    pub fn is_cut(&self) -> bool {
        self.kind == Kind::Cut
    }

    /// Ends it as a gap, behind which the body is at `at`.
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
