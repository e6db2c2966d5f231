//! Makes the skeleton of a body's top level, in which each object and list is a
//! gap.

use super::gap::{Gap, MAX_BYTES, Skeleton};
use super::placeholder::{self, is_like_one};
use super::runs::Runs;
use super::text::extend;
use crate::domain::file::inline::MAX_HELD;
use crate::domain::json::utf8::Utf8;

/// A skeleton of the top level that is being made.
#[derive(Debug, Default)]
pub(super) struct Shallow {
    out: Vec<u8>,
    gaps: Vec<Gap>,
    /// The bytes that the gaps count for.
    gap_bytes: usize,
    depth: usize,
    in_string: bool,
    is_escaped: bool,
    /// The top-level key or value that is being read.
    value: Option<Value>,
    utf8: Utf8,
    /// The last byte outside of strings.
    last: u8,
    /// How many bytes of the body were read.
    at: usize,
    is_too_long: bool,
}

/// A key or value that is being read, and may become a gap.
#[derive(Debug)]
struct Value {
    start: usize,
    /// The offset in the skeleton at which its content begins.
    content: usize,
    is_cut: bool,
    is_plain: bool,
}

impl Runs for Shallow {
    fn run(&self, chunk: &[u8]) -> usize {
        let special = match self.in_string {
            _ if self.is_escaped => return 0,
            true => memchr::memchr2(b'"', b'\\', chunk),
            false => chunk.iter().position(|byte| b"\"{}[]".contains(byte)),
        };
        let is_held = self.value.as_ref().is_some_and(|value| !value.is_cut);
        special.unwrap_or(chunk.len()).min(if is_held { MAX_HELD + 1 } else { chunk.len() })
    }

    fn plain(&mut self, run: &[u8]) {
        self.look(run);
        self.at += run.len();
        match &mut self.value {
            Some(value) if value.is_cut => {}
            Some(value) => {
                extend(&mut self.out, run);
                value.is_cut = self.out.len() - value.content > MAX_HELD;
                if value.is_cut {
                    self.out.truncate(value.content);
                }
            }
            None => extend(&mut self.out, run),
        }
    }

    fn special(&mut self, byte: u8) {
        match byte {
            _ if self.is_escaped => {
                self.is_escaped = false;
                self.plain(&[byte]);
            }
            b'"' => self.quote(),
            b'{' | b'[' => self.open(byte),
            b'}' | b']' => self.close(byte),
            _ => {
                self.is_escaped = true;
                self.plain(&[byte]);
            }
        }
    }

    fn limit(&mut self) {
        self.is_too_long = self.size() > MAX_BYTES;
    }

    fn is_too_long(&self) -> bool {
        self.is_too_long
    }
}

impl Shallow {
    pub fn held(&self) -> usize {
        self.out.len() + self.gap_bytes
    }

    pub fn finish(self) -> Skeleton {
        Skeleton { text: self.out, gaps: self.gaps, is_shallow: true, is_whole: true }
    }

    fn size(&self) -> usize {
        let kept = self.value.as_ref().map_or(self.out.len(), |value| value.content);
        kept + self.gap_bytes
    }

    /// Notes that the value can't be copied as it is, if these bytes can't.
    fn look(&mut self, run: &[u8]) {
        self.utf8.push(run);
        let mut is_rough = std::mem::take(&mut self.utf8.is_broken);
        if self.in_string {
            is_rough |= run.iter().any(|byte| *byte < b' ');
        } else {
            for byte in run {
                is_rough |= is_no_number(self.last, *byte);
                self.last = *byte;
            }
        }
        if let Some(value) = &mut self.value {
            value.is_plain &= !is_rough;
        }
    }

    fn quote(&mut self) {
        self.in_string = !self.in_string;
        if self.depth > 1 {
            return self.plain(b"\"");
        }
        self.look(b"\"");
        self.at += 1;
        let Some(value) = self.value.take() else {
            extend(&mut self.out, b"\"");
            self.value = Some(Value::new(self.at - 1, self.out.len(), false));
            return;
        };
        extend(&mut self.out, b"\"");
        let token = self.out.get(value.content - 1..).unwrap_or_default();
        if value.is_cut || is_like_one(&String::from_utf8_lossy(token)) {
            self.put_gap(&value);
            extend(&mut self.out, b"\"");
        }
    }

    fn open(&mut self, byte: u8) {
        self.depth += 1;
        if self.depth == 2 {
            self.value = Some(Value::new(self.at, self.out.len(), true));
        }
        self.plain(&[byte]);
    }

    fn close(&mut self, byte: u8) {
        self.depth = self.depth.saturating_sub(1);
        self.plain(&[byte]);
        if self.depth == 1
            && let Some(value) = self.value.take()
        {
            extend(&mut self.out, b"\"");
            self.put_gap(&Value { content: self.out.len(), ..value });
            extend(&mut self.out, b"\"");
        }
    }

    fn put_gap(&mut self, value: &Value) {
        self.out.truncate(value.content);
        let span = value.start..self.at;
        let (length, sha256) = (span.len(), String::new());
        let gap =
            Gap { span, length, sha256, is_plain: value.is_plain, inline: None, written: None };
        extend(&mut self.out, placeholder::text(self.gaps.len(), &gap).as_bytes());
        self.gap_bytes += gap.held();
        self.gaps.push(gap);
    }
}

impl Value {
    const fn new(start: usize, content: usize, is_cut: bool) -> Self {
        Self { start, content, is_cut, is_plain: true }
    }
}

/// Returns whether a byte outside of strings belongs to `NaN` or `Infinity` in
/// any spelling. `last` is the byte before it.
const fn is_no_number(last: u8, byte: u8) -> bool {
    matches!(byte, b'N' | b'A' | b'I' | b'i') || (last == b'n' && byte == b'a')
}
