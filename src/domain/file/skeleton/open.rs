//! A string that is read, of which the end has not come.

use super::gap::Gap;
use crate::domain::file::inline::{Counter, MAX_HELD, MAX_NESTING};
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
    digest: Option<Sha256>,
    counter: Option<Counter>,
    /// See [`Gap::is_plain`].
    pub is_plain: bool,
    /// Whether it has a control character that is not escaped.
    pub has_control: bool,
    /// Whether a string in it is broken, so that it is no JSON.
    pub is_broken_within: bool,
}

impl Open {
    pub const fn new(start: usize, content: usize, first_gap: usize) -> Self {
        Self {
            start,
            content,
            first_gap,
            kind: Kind::Blank,
            unescape: Unescape::new(),
            unit: start,
            length: 0,
            digest: None,
            counter: None,
            is_plain: true,
            has_control: false,
            is_broken_within: false,
        }
    }

    /// Counts more of what it says.
    pub fn count(&mut self, text: &[u8]) {
        self.length += text.len();
        if let Some(digest) = &mut self.digest {
            digest.update(text);
        }
    }

    /// Takes more of a text, which is counted already. `head` is what is held of
    /// it; `depth` tells how many strings it is in. Returns whether it is cut
    /// from now on.
    pub fn take(&mut self, text: &[u8], head: &mut Vec<u8>, depth: usize) -> bool {
        if self.is_cut() {
            self.go_on(text);
            return false;
        }
        self.judge(text, head.len(), depth);
        head.extend_from_slice(text);
        if self.kind == Kind::Json {
            self.digest = Some(Sha256::new_with_prefix(&*head));
            head.clear();
        }
        self.cut(head)
    }

    fn go_on(&mut self, text: &[u8]) {
        if let Some(counter) = &mut self.counter {
            counter.push(text);
            self.counter = self.counter.take().filter(|counter| !counter.is_hopeless());
        }
    }

    /// Tells by its first character whether it may be JSON.
    fn judge(&mut self, text: &[u8], held: usize, depth: usize) {
        let Some(at) = text.iter().position(|byte| !byte.is_ascii_whitespace()) else { return };
        if self.kind == Kind::Blank {
            let is_json = matches!(text.get(at), Some(b'{' | b'['))
                && depth < usize::from(MAX_NESTING)
                && held + at < MAX_HELD;
            self.kind = if is_json { Kind::Json } else { Kind::Text };
        }
    }

    /// Cuts it, if it is longer than what is held.
    fn cut(&mut self, head: &mut Vec<u8>) -> bool {
        if head.len() <= MAX_HELD {
            return false;
        }
        self.kind = Kind::Cut;
        self.digest = Some(Sha256::new_with_prefix(&*head));
        self.counter = Counter::of(head);
        self.go_on(head);
        head.clear();
        true
    }

    /// Takes JSON for text from now on.
    pub const fn give_up(&mut self) {
        self.kind = Kind::Cut;
    }

    pub fn is_cut(&self) -> bool {
        self.kind == Kind::Cut
    }

    /// Whether a Rust string can hold what it says, as a reader decodes it: one
    /// that is in another has no mended control characters.
    pub const fn is_text(&self, depth: usize) -> bool {
        let is_mended = depth == 0 || !self.has_control || !self.unescape.has_escapes;
        self.unescape.is_text() && is_mended
    }

    /// Ends it at `end` as a gap; `head` is what is held of it.
    pub fn into_gap(self, end: usize, head: &[u8], depth: usize) -> Gap {
        let is_text = self.is_text(depth);
        let digest = self.digest.unwrap_or_else(|| Sha256::new_with_prefix(head));
        Gap {
            span: self.start..end,
            length: self.length,
            sha256: hex::encode(digest.finalize()),
            is_plain: self.is_plain,
            inline: self.counter.filter(|_| is_text).and_then(Counter::finish),
        }
    }
}
