//! Finds the secrets in a text. Every character is read a bounded number of
//! times, so the search takes linear time.

use super::secrets::Secrets;
use super::spelling::{Text, Unit};
use crate::domain::file::expiry;
use std::ops::Range;

/// The longest name of a query member that is compared, in bytes.
const MAX_NAME: usize = 64;
/// The most bytes in which the digits of an escape are spelled, however deep.
const MAX_DIGITS: usize = 256;
/// The hex digits of a capability's MAC.
const MAC_DIGITS: usize = 32;

/// Which secrets are searched for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The configured secrets and capabilities, which open this vault or a
    /// queue.
    Values,
    /// Also presigned queries.
    Result,
    /// Also any token after `/hook/`.
    All,
}

/// The result of a search.
#[derive(Default)]
pub(super) struct SecretSpans {
    /// The secrets, in any order; they may overlap.
    pub spans: Vec<Range<usize>>,
    /// The offset up to which the text is understood. What follows may be the
    /// beginning of a secret.
    pub until: usize,
}

/// The result of the search at one position.
enum Look {
    Nothing,
    Secret(Range<usize>),
    /// The text ends before the position can be decided.
    Cut,
}

/// Finds the secrets in a text that follows the byte `before`.
pub(super) fn find(secrets: &Secrets, kind: Kind, text: Text<'_>, before: u8) -> SecretSpans {
    let (spans, open) = (Vec::new(), 0..0);
    let mut finder = Finder { secrets, kind, text, before, spans, open, query_end: 0, word_end: 0 };
    let until = finder.run();
    // A search that read beyond this position begins again at its mark.
    let until = if finder.open.contains(&until) { finder.open.start } else { until };
    SecretSpans { spans: finder.spans, until }
}

struct Finder<'a> {
    secrets: &'a Secrets,
    kind: Kind,
    text: Text<'a>,
    /// The character before the current one.
    before: u8,
    spans: Vec<Range<usize>>,
    /// The range that was read ahead from marks.
    open: Range<usize>,
    /// The end of the latest query.
    query_end: usize,
    /// The end of the latest word that could have been a capability.
    word_end: usize,
}

impl Finder<'_> {
    /// Searches at each character. Returns where the text is cut, or its end.
    fn run(&mut self) -> usize {
        let mut at = 0;
        while let Some(unit) = self.text.unit(at) {
            let mut end = unit.end;
            match self.value_within(at, unit.end) {
                Look::Cut => return at,
                Look::Secret(span) => {
                    end = end.max(span.end);
                    self.spans.push(span);
                }
                Look::Nothing => match self.mark(at, unit) {
                    Look::Cut => return at,
                    Look::Secret(span) => {
                        self.read_ahead(at..span.end);
                        self.spans.push(span);
                    }
                    Look::Nothing => {}
                },
            }
            (at, self.before) = (end, unit.byte);
        }
        at
    }

    fn read_ahead(&mut self, range: Range<usize>) {
        let start = if range.start < self.open.end { self.open.start } else { range.start };
        self.open = start..range.end.max(self.open.end);
    }

    /// Finds a configured secret that begins inside a character's spelling.
    /// Text before a secret may look like the beginning of an escape, and the
    /// secret's first characters like its digits. A spelling longer than
    /// [`MAX_DIGITS`] is a run of backslashes, and no secret begins inside one.
    fn value_within(&self, start: usize, end: usize) -> Look {
        let inside = end.saturating_sub(MAX_DIGITS).max(start + 1);
        let mut last = 0;
        for at in std::iter::once(start).chain(inside..end) {
            let byte = self.text.bytes.get(at).copied().unwrap_or_default();
            // The first backslash of a run reads the whole run.
            let goes_on = byte == b'\\' && last == byte;
            last = byte;
            if !self.secrets.may_begin(byte) || goes_on {
                continue;
            }
            match self.value(at) {
                // The mask covers the backslash too, so that no half of its
                // escape stays.
                Look::Secret(span) if self.text.bytes.get(start) == Some(&b'\\') => {
                    return Look::Secret(start..span.end);
                }
                Look::Nothing => {}
                found => return found,
            }
        }
        Look::Nothing
    }

    /// Returns the longest configured secret that is spelled at `at`.
    fn value(&self, at: usize) -> Look {
        let Some(first) = self.text.unit(at) else { return Look::Cut };
        let mut longest = Look::Nothing;
        for value in self.secrets.beginning_with(first.byte) {
            match self.spelled(value, first) {
                Look::Cut => return Look::Cut,
                Look::Secret(span) => {
                    if !matches!(&longest, Look::Secret(other) if other.end >= span.end) {
                        longest = Look::Secret(at..span.end);
                    }
                }
                Look::Nothing => {}
            }
        }
        longest
    }

    fn spelled(&self, value: &[u8], first: Unit) -> Look {
        let mut end = first.end;
        for byte in value.iter().skip(1) {
            match self.text.unit(end) {
                Some(unit) if unit.byte == *byte => end = unit.end,
                None if !self.text.is_whole => return Look::Cut,
                _ => return Look::Nothing,
            }
        }
        Look::Secret(end..end)
    }

    /// Finds a secret that a mark before it reveals, such as `/hook/` or `?`.
    fn mark(&mut self, at: usize, unit: Unit) -> Look {
        match unit.byte {
            b'/' if self.kind == Kind::All => self.after_hook(unit.end),
            b'r' if at >= self.word_end && !self.before.is_ascii_alphanumeric() => {
                self.capability(at, unit.end)
            }
            _ if self.kind == Kind::Values => Look::Nothing,
            b'?' | b'&' if at >= self.query_end => self.query(at, unit, unit.end),
            b'x' | b'X' if at >= self.query_end && !is_name(self.before) => {
                self.query(at, unit, at)
            }
            _ => Look::Nothing,
        }
    }

    /// Finds the token after `/hook/`, which may be from before a rotation.
    fn after_hook(&self, mut at: usize) -> Look {
        for byte in b"hook/" {
            match self.text.unit(at) {
                Some(unit) if unit.byte == *byte => at = unit.end,
                None if !self.text.is_whole => return Look::Cut,
                _ => return Look::Nothing,
            }
        }
        let (start, mut end) = (at, at);
        while let Some(unit) = self.text.unit(at) {
            if !is_name(unit.byte) {
                return if end > start { Look::Secret(start..end) } else { Look::Nothing };
            }
            at = unit.end;
            // The dot that ends a sentence is no part of the token.
            if !matches!(unit.byte, b'.' | b':') {
                end = at;
            }
        }
        match self.text.is_whole {
            true if end > start => Look::Secret(start..end),
            true => Look::Nothing,
            false => Look::Cut,
        }
    }

    /// Finds a capability, `r_{reference}.{mac}`.
    fn capability(&mut self, start: usize, after: usize) -> Look {
        let mut at = after;
        // The number of hex digits since the last dot; `None` after other
        // characters.
        let mut digits = None;
        while let Some(unit) = self.text.unit(at) {
            if digits == Some(MAC_DIGITS) && !unit.byte.is_ascii_hexdigit() {
                return Look::Secret(start..at);
            }
            if !is_name(unit.byte) || (at == after && unit.byte != b'_') {
                self.word_end = at;
                return Look::Nothing;
            }
            digits = match unit.byte {
                b'.' => Some(0),
                byte if byte.is_ascii_hexdigit() => digits.map(|count| count + 1),
                _ => None,
            };
            at = unit.end;
        }
        self.word_end = at;
        match self.text.is_whole {
            false => Look::Cut,
            true if digits == Some(MAC_DIGITS) => Look::Secret(start..at),
            true => Look::Nothing,
        }
    }

    /// Reads the query that begins with `first`, at `start`. A member that
    /// signs hides the whole query if that begins with `?`, else all from this
    /// member on.
    fn query(&mut self, at: usize, first: Unit, start: usize) -> Look {
        let mut query = Query::new(first, start);
        let mut end = start;
        while let Some(unit) = self.text.unit(end) {
            if is_hard(unit, query.depth) {
                break;
            }
            if unit.byte == b'=' && query.is_signed() {
                let Some(stop) = self.value_end(unit.end, query.depth) else { return Look::Cut };
                self.spans.push(query.take(stop));
                end = stop;
                continue;
            }
            query.read(unit);
            end = unit.end;
        }
        if !self.text.is_whole && self.text.unit(end).is_none() {
            // The search begins again at the mark, and finds the same secrets.
            return Look::Cut;
        }
        self.query_end = end;
        self.read_ahead(at..end);
        Look::Nothing
    }

    /// Returns where a signed query ends: before the character that closes it
    /// in prose. `None` if the text is cut.
    fn value_end(&self, start: usize, depth: u8) -> Option<usize> {
        let (mut at, mut end) = (start, start);
        while let Some(unit) = self.text.unit(at) {
            let is_outer = matches!(unit.byte, b'&' | b';') && unit.depth < depth;
            let closes = matches!(unit.byte, b')' | b']' | b'}' | b',' | b'\'' | b'|' | b'?');
            if is_hard(unit, depth) || is_outer || (closes && unit.depth <= depth) {
                return Some(end);
            }
            at = unit.end;
            if !matches!(unit.byte, b'.' | b';' | b':' | b'!' | b'*') {
                end = at;
            }
        }
        self.text.is_whole.then_some(end)
    }
}

/// A query that is being read.
struct Query {
    /// How often the query's mark is percent-escaped. A character that is
    /// escaped more often is data.
    depth: u8,
    /// Where the query begins; `None` once a part of it is hidden, or once an
    /// outer query goes on.
    start: Option<usize>,
    /// Where the name of the current member begins.
    name_start: usize,
    name: Vec<u8>,
    /// Whether the query begins with a question mark.
    is_marked: bool,
    /// Whether the name is still being read.
    in_name: bool,
}

impl Query {
    fn new(first: Unit, start: usize) -> Self {
        Self {
            depth: first.depth,
            start: Some(start),
            name_start: start,
            name: Vec::new(),
            is_marked: first.byte == b'?',
            in_name: true,
        }
    }

    fn is_signed(&self) -> bool {
        let name = str::from_utf8(&self.name).unwrap_or_default();
        self.in_name && expiry::is_secret_key(name, self.is_marked)
    }

    /// Returns the part to hide, which ends at `end`.
    fn take(&mut self, end: usize) -> Range<usize> {
        self.in_name = false;
        let start = self.start.take().filter(|_| self.is_marked);
        start.unwrap_or(self.name_start)..end
    }

    fn read(&mut self, unit: Unit) {
        match unit.byte {
            b'?' => *self = Self::new(unit, unit.end),
            b'&' | b';' => {
                // The member may belong to a query around this one.
                self.start = self.start.take().filter(|_| unit.depth >= self.depth);
                self.depth = unit.depth.min(self.depth);
                self.name.clear();
                (self.name_start, self.in_name) = (unit.end, true);
            }
            b'=' => self.in_name = false,
            byte if self.in_name && self.name.len() < MAX_NAME => self.name.push(byte),
            _ => self.in_name = false,
        }
    }
}

/// Returns whether this character ends every query of this depth.
const fn is_hard(unit: Unit, depth: u8) -> bool {
    unit.depth <= depth
        && matches!(unit.byte, 0..=b' ' | 0x7f | b'"' | b'<' | b'>' | b'`' | b'\\' | b'#')
}

/// Returns whether a token or a reference may contain this character.
const fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b':' | b'-')
}
