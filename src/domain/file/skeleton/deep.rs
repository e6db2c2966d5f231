//! Makes the full skeleton of a body.
//!
//! The skeleton keeps the body's own spelling. A string may contain JSON with
//! strings of its own. Each open string reads the decoded text of the one
//! around it. So a quote is recognized however often it is escaped, and the
//! offset of its first byte is known.

use super::gap::{Gap, MAX_BYTES, Skeleton};
use super::open::{Kind, Open};
use super::placeholder::{self, MARK};
use super::runs::Runs;
use super::text::extend;
use crate::domain::file::inline::MAX_HELD;
use crate::domain::json::unescape::{PendingChars, Unescape};
use crate::domain::json::utf8::Utf8;
use crate::domain::json::{self, may_go_on};
use std::borrow::Cow;

/// A full skeleton that is being made.
#[derive(Debug)]
pub(super) struct Deep {
    /// Whether quotes begin strings, which they do not in a form.
    pub has_strings: bool,
    out: Vec<u8>,
    gaps: Vec<Gap>,
    /// The bytes that the gaps count for.
    gap_bytes: usize,
    /// The strings that are being read, each within the one before it.
    open: Vec<Open>,
    /// An empty buffer for the next string.
    buffer: Vec<u8>,
    utf8: Utf8,
    /// How many bytes of the body were read.
    at: usize,
    is_too_long: bool,
}

impl Default for Deep {
    fn default() -> Self {
        Self {
            has_strings: true,
            out: Vec::new(),
            gaps: Vec::new(),
            gap_bytes: 0,
            open: Vec::new(),
            buffer: Vec::new(),
            utf8: Utf8::default(),
            at: 0,
            is_too_long: false,
        }
    }
}

impl Runs for Deep {
    /// Returns how many bytes decode to themselves in each open string. Limits
    /// a run so that the result does not depend on how the body is split.
    fn run(&self, chunk: &[u8]) -> usize {
        let special = match self.open.last() {
            _ if !self.has_strings => None,
            None => memchr::memchr(b'"', chunk),
            Some(_) if !self.is_between() => return 0,
            Some(_) => memchr::memchr2(b'"', b'\\', chunk),
        };
        let most = match self.open.last() {
            Some(open) if open.is_cut() => chunk.len(),
            Some(open) if open.kind != Kind::Json => MAX_HELD + 1,
            _ => MAX_BYTES + 1 - self.size().min(MAX_BYTES),
        };
        special.unwrap_or(chunk.len()).min(most)
    }

    fn plain(&mut self, run: &[u8]) {
        for depth in 0..self.open.len() {
            self.end_half(depth);
        }
        self.at += run.len();
        if self.open.last().is_none_or(|open| !open.is_cut()) {
            extend(&mut self.out, run);
        }
        if self.open.is_empty() {
            return;
        }
        self.note_rough(run.iter().any(|byte| *byte < b' '));
        let mut utf8 = std::mem::take(&mut self.utf8);
        self.say_all(&utf8.push(run));
        self.note_rough(std::mem::take(&mut utf8.is_broken));
        self.utf8 = utf8;
    }

    fn special(&mut self, byte: u8) {
        let (start, written) = (self.at, [byte]);
        self.at += 1;
        extend(&mut self.out, &[byte]);
        let mut utf8 = std::mem::take(&mut self.utf8);
        let text = utf8.push(&written);
        self.note_rough(std::mem::take(&mut utf8.is_broken) || byte < b' ');
        self.utf8 = utf8;
        for byte in text.iter() {
            self.feed(0, *byte, start);
        }
        if self.is_between()
            && let Some(open) = self.open.last().filter(|open| open.is_cut())
        {
            self.out.truncate(open.content);
        }
    }

    fn limit(&mut self) {
        if self.size() > MAX_BYTES && self.is_between() {
            self.is_too_long = !self.give_up_prose();
        }
    }

    fn is_too_long(&self) -> bool {
        self.is_too_long
    }
}

impl Deep {
    pub fn held(&self) -> usize {
        let held: usize = self.open.iter().map(|open| open.held.len()).sum();
        self.out.len() + held + self.gap_bytes
    }

    pub fn finish(self) -> Skeleton {
        Skeleton { text: self.out, gaps: self.gaps, is_shallow: false, is_whole: true }
    }

    fn is_between(&self) -> bool {
        self.open.iter().all(|open| open.unescape.is_between())
    }

    /// Notes, if `is_rough`, that the open strings can't be copied as they are.
    fn note_rough(&mut self, is_rough: bool) {
        for open in &mut self.open {
            open.is_plain = open.is_plain && !is_rough;
        }
    }

    /// Adds text that all open strings decode to.
    fn say_all(&mut self, text: &[u8]) {
        for depth in 0..self.open.len() {
            self.take(depth, text);
        }
    }

    /// Adds decoded text to a string.
    fn take(&mut self, depth: usize, text: &[u8]) {
        if let Some(open) = self.open.get_mut(depth)
            && open.take(text, depth)
        {
            self.out.truncate(open.content);
        }
    }

    /// Reads a byte that `depth` strings contain. `start` is the offset in the
    /// body of the bytes that encode it.
    fn feed(&mut self, depth: usize, byte: u8, start: usize) {
        let Some(open) = self.open.get_mut(depth) else {
            if byte == b'"' {
                self.begin(start);
            }
            return;
        };
        if byte == b'"' && open.unescape.ends_at_quote() {
            self.end_half(depth);
            return self.close(depth, start);
        }
        if open.unescape.is_between() {
            open.unit = start;
        }
        let (said, unit) = (open.unescape.push(byte), open.unit);
        self.say(depth, said, unit);
    }

    fn end_half(&mut self, depth: usize) {
        let at = self.at;
        let said = self.open.get_mut(depth).map(|open| open.unescape.end());
        self.say(depth, said.unwrap_or_default(), at);
    }

    fn say(&mut self, depth: usize, said: PendingChars, start: usize) {
        for byte in said.bytes() {
            let is_json = self.open.get(depth).is_some_and(|open| open.kind == Kind::Json);
            self.take(depth, &[*byte]);
            if is_json {
                self.feed(depth + 1, *byte, start);
            }
        }
    }

    fn begin(&mut self, start: usize) {
        let buffer = std::mem::take(&mut self.buffer);
        self.open.push(Open::new(start, self.out.len(), self.gaps.len(), buffer));
    }

    /// Ends the string that `depth` others contain. `quote` is the offset in
    /// the body of its closing quote.
    fn close(&mut self, depth: usize, quote: usize) {
        // A string within it is still open, so it is no JSON.
        let is_cut_off = self.open.len() > depth + 1;
        self.open.truncate(depth + 1);
        let Some(mut open) = self.open.pop() else { return };
        open.is_broken_within |= is_cut_off;
        let content_end = self.out.len().saturating_sub(self.at - quote);
        if self.is_gap(&mut open, depth, content_end) {
            self.put_gap(&mut open, depth, content_end);
        }
        if open.unescape.is_broken {
            self.note_broken(depth);
        }
        self.buffer = open.held;
        self.buffer.clear();
    }

    fn is_gap(&self, open: &mut Open, depth: usize, content_end: usize) -> bool {
        match open.kind {
            Kind::Cut => true,
            Kind::Blank | Kind::Text => open.is_short_file() || open.begins_with(MARK),
            Kind::Json => {
                let is_long = open.length > MAX_HELD || self.gaps.len() > open.first_gap;
                is_long && !self.is_nested(open, depth, content_end)
            }
        }
    }

    /// Notes that the string around `depth` is no JSON.
    fn note_broken(&mut self, depth: usize) {
        if let Some(around) = depth.checked_sub(1).and_then(|around| self.open.get_mut(around)) {
            around.is_broken_within = true;
        }
    }

    fn put_gap(&mut self, open: &mut Open, depth: usize, content_end: usize) {
        let quote = self.out.split_off(content_end);
        let written = open.inline.is_some().then(|| self.token(open, depth));
        self.drop_gaps(open.first_gap);
        self.out.truncate(open.content);
        let gap = Gap { written, ..open.end(self.at) };
        extend(&mut self.out, placeholder::text(self.gaps.len(), &gap).as_bytes());
        self.gap_bytes += gap.held();
        self.gaps.push(gap);
        if open.unescape.is_broken && depth == 0 {
            // An invalid escape keeps the skeleton as invalid as the body.
            extend(&mut self.out, b"\\x");
        }
        extend(&mut self.out, &quote);
    }

    /// Drops the gaps from the index `first` on.
    fn drop_gaps(&mut self, first: usize) {
        let dropped: usize = self.gaps.iter().skip(first).map(Gap::held).sum();
        self.gap_bytes -= dropped.min(self.gap_bytes);
        self.gaps.truncate(first);
    }

    /// Returns the token of a string that is held, as the text around it has
    /// it.
    fn token(&self, open: &Open, depth: usize) -> String {
        let written = self.out.get(open.content..).unwrap_or_default();
        let token = [b"\"", unescaped(written, depth).as_slice(), b"\""].concat();
        if depth > 0 {
            // Only the body itself is repaired.
            return String::from_utf8(token).unwrap_or_default();
        }
        json::tolerant(&token).map(Cow::into_owned).unwrap_or_default()
    }

    /// Returns whether a string that began like JSON is JSON, by the rule of
    /// the other readers.
    fn is_nested(&self, open: &Open, depth: usize, end: usize) -> bool {
        let is_whole = !open.is_broken_within && open.unescape.is_text();
        is_whole && self.text(open, depth, end).is_some_and(|text| json::is_nested(&text))
    }

    /// Returns the decoded text that the skeleton has of a string.
    fn text(&self, open: &Open, depth: usize, end: usize) -> Option<String> {
        let written = self.out.get(open.content..end).unwrap_or_default();
        String::from_utf8(unescaped(written, depth + 1)).ok()
    }

    /// Returns how many bytes are kept for certain. A text that is not cut yet
    /// may still be.
    fn size(&self) -> usize {
        let kept = match self.open.last() {
            Some(open) if open.kind != Kind::Json => open.content,
            _ => self.out.len(),
        };
        kept + self.gap_bytes
    }

    /// Treats a string that began like JSON as text, if it can no longer become
    /// JSON. Returns whether there was one.
    fn give_up_prose(&mut self) -> bool {
        let mut strings = self.open.iter().enumerate();
        let Some((depth, open)) = strings.find(|(depth, open)| self.is_prose(open, *depth)) else {
            return false;
        };
        let (first_gap, content) = (open.first_gap, open.content);
        self.drop_gaps(first_gap);
        self.out.truncate(content);
        self.open.truncate(depth + 1);
        self.open.iter_mut().skip(depth).for_each(Open::give_up);
        true
    }

    fn is_prose(&self, open: &Open, depth: usize) -> bool {
        let text = || self.text(open, depth, self.out.len());
        let is_prose = || open.is_broken_within || !text().is_some_and(|text| may_go_on(&text));
        open.kind == Kind::Json && is_prose()
    }
}

/// Decodes the escapes in `written` as often as `times` says.
fn unescaped(written: &[u8], times: usize) -> Vec<u8> {
    let mut text = match String::from_utf8_lossy(written) {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    };
    for _ in 0..times {
        let (mut unescape, mut said) = (Unescape::new(), Vec::with_capacity(text.len()));
        unescape.push_all(&text, &mut said);
        text = Cow::Owned(said);
    }
    text.into_owned()
}
