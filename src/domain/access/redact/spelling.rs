//! Reads the characters of a text in any spelling: percent-escaped, escaped as
//! in JSON or HTML, and all of these in layers.

use std::ops::Range;

/// How many layers deep the parts of an escape may be escaped themselves.
const LEVELS: u8 = 6;
/// How often the character of an escape may begin a further escape.
const MAX_ROUNDS: usize = 8;
/// Stands for a character outside ASCII.
const OTHER: u8 = 0xff;
/// The longest name of an entity, in characters.
const MAX_ENTITY: usize = 8;

/// A text, or the part of it that was received.
#[derive(Clone, Copy)]
pub(super) struct Text<'a> {
    pub bytes: &'a [u8],
    /// Whether nothing follows.
    pub is_whole: bool,
}

/// A character that was read.
#[derive(Clone, Copy)]
pub(super) struct Unit {
    /// The character, or one byte of it.
    pub byte: u8,
    /// Where its spelling ends.
    pub end: usize,
    /// How often it is percent-escaped.
    pub depth: u8,
}

/// The text ends before the character can be decided.
struct Cut;

/// The character of an escape, and where the escape ends; `None` if it is no
/// escape.
type Escape = Result<Option<(u8, usize)>, Cut>;

impl Text<'_> {
    /// Returns the character at `at`; `None` at the end, or if the rest of its
    /// spelling was not received yet.
    #[inline]
    pub fn unit(self, at: usize) -> Option<Unit> {
        let byte = *self.bytes.get(at)?;
        if !is_lead(byte) {
            return Some(Unit { byte, end: at + 1, depth: 0 });
        }
        self.escaped(at, LEVELS)
    }

    fn escaped(self, at: usize, levels: u8) -> Option<Unit> {
        let mut unit = Unit { byte: *self.bytes.get(at)?, end: at + 1, depth: 0 };
        if levels == 0 {
            return Some(unit);
        }
        let mut is_plain = true;
        for _ in 0..MAX_ROUNDS {
            let found = match unit.byte {
                b'%' => self.percent(unit.end, levels).ok()?,
                b'\\' => match self.backslash(at..unit.end, is_plain, levels).ok()? {
                    Ok(found) => Some(found),
                    Err(end) => return Some(Unit { end, ..unit }),
                },
                b'&' => self.entity(unit.end, levels).ok()?,
                _ => None,
            };
            let Some((byte, end)) = found else { break };
            let is_percent = unit.byte == b'%';
            is_plain &= unit.byte != b'\\';
            unit = Unit { byte, end, depth: unit.depth + u8::from(is_percent) };
        }
        Some(unit)
    }

    fn percent(self, at: usize, levels: u8) -> Escape {
        self.hex(at, 2, levels - 1).map(|found| found.map(|(code, end)| (byte_of(code), end)))
    }

    /// Reads an escape that begins with backslashes; `first` is the spelling of
    /// the first one. `is_plain` says that no escape with a backslash has
    /// produced that one.
    ///
    /// The inner error is the end of backslashes that begin no escape. The
    /// whole run counts as one character: otherwise the text after it would be
    /// read again for each backslash.
    fn backslash(
        self,
        first: Range<usize>,
        is_plain: bool,
        levels: u8,
    ) -> Result<Result<(u8, usize), usize>, Cut> {
        let (end, count) = self.run(first)?;
        let Some(next) = self.next(end, levels - 1)? else { return Ok(Err(end)) };
        let found = self.escape(next, count, is_plain, levels)?;
        Ok(found.ok_or(end))
    }

    /// Returns the character that `next` means after `count` backslashes.
    fn escape(self, next: Unit, count: usize, is_plain: bool, levels: u8) -> Escape {
        let byte = match next.byte {
            b'u' => return self.code(next.end, 4, levels),
            b'x' => return self.code(next.end, 2, levels),
            b'/' => b'/',
            b'"' | b'\'' if count % 2 == 1 => next.byte,
            b'n' | b'r' | b't' | b'b' | b'f' => b'\n',
            b'\\' if !is_plain => b'\\',
            _ => return Ok(None),
        };
        Ok(Some((byte, next.end)))
    }

    fn code(self, at: usize, digits: usize, levels: u8) -> Escape {
        let found = self.hex(at, digits, levels - 1)?;
        Ok(found.map(|(code, end)| (byte_of(code), end)))
    }

    /// Returns the end of a run of backslashes and their number. Only those
    /// count that are spelled like the first one.
    fn run(self, first: Range<usize>) -> Result<(usize, usize), Cut> {
        let (mut at, mut count) = (first.end, 1);
        let first = self.bytes.get(first).unwrap_or_default();
        loop {
            let rest = self.bytes.get(at..).unwrap_or_default();
            match repeated(first, rest) {
                Some(0) if !self.is_whole => return Err(Cut),
                None | Some(0) => return Ok((at, count)),
                Some(length) => (at, count) = (at + length, count + 1),
            }
        }
    }

    fn entity(self, mut at: usize, levels: u8) -> Escape {
        let mut name = Vec::new();
        while name.len() < MAX_ENTITY {
            let Some(unit) = self.next(at, levels - 1)? else { break };
            at = unit.end;
            match unit.byte {
                b';' => return Ok(named(&name).map(|byte| (byte, at))),
                byte if byte.is_ascii_alphanumeric() || byte == b'#' => name.push(byte),
                _ => break,
            }
        }
        Ok(None)
    }

    /// Reads a number of hexadecimal digits, each in any spelling.
    fn hex(self, mut at: usize, digits: usize, levels: u8) -> Result<Option<(u32, usize)>, Cut> {
        let mut code = 0;
        for _ in 0..digits {
            let Some(unit) = self.next(at, levels)? else { return Ok(None) };
            let Some(digit) = char::from(unit.byte).to_digit(16) else { return Ok(None) };
            (code, at) = (code * 16 + digit, unit.end);
        }
        Ok(Some((code, at)))
    }

    /// Returns the next character of an escape; `None` at the end of a whole
    /// text.
    fn next(self, at: usize, levels: u8) -> Result<Option<Unit>, Cut> {
        let unit = self.escaped(at, levels);
        if unit.is_none() && !self.is_whole { Err(Cut) } else { Ok(unit) }
    }
}

/// Returns whether an escape may begin with this byte.
pub(super) const fn is_lead(byte: u8) -> bool {
    matches!(byte, b'%' | b'\\' | b'&')
}

/// Returns the character of an HTML entity.
fn named(name: &[u8]) -> Option<u8> {
    let number = |digits, radix| {
        let digits = str::from_utf8(digits).ok()?;
        u32::from_str_radix(digits, radix).ok().map(byte_of)
    };
    match name {
        b"amp" => Some(b'&'),
        b"quot" => Some(b'"'),
        b"apos" => Some(b'\''),
        b"lt" => Some(b'<'),
        b"gt" => Some(b'>'),
        [b'#', b'x' | b'X', digits @ ..] => number(digits, 16),
        [b'#', digits @ ..] => number(digits, 10),
        _ => None,
    }
}

/// Returns the length of a backslash that is spelled like the `first`; 0 if the
/// text is too short to decide.
fn repeated(first: &[u8], rest: &[u8]) -> Option<usize> {
    let next = rest.get(..first.len()).unwrap_or(rest);
    let is_so = first.get(..next.len()).is_some_and(|begun| begun.eq_ignore_ascii_case(next));
    let length = if next.len() == first.len() { next.len() } else { 0 };
    is_so.then_some(length)
}

fn byte_of(code: u32) -> u8 {
    u8::try_from(code).unwrap_or(OTHER)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a text, and returns each character as one letter.
    fn read(text: &str) -> String {
        let text = Text { bytes: text.as_bytes(), is_whole: true };
        let (mut at, mut out) = (0, String::new());
        while let Some(unit) = text.unit(at) {
            assert!(unit.end > at);
            out.push(char::from(unit.byte));
            at = unit.end;
        }
        assert_eq!(at, text.bytes.len());
        out
    }

    #[test]
    fn every_spelling_is_read() {
        for spelled in [
            "a",
            "%61",
            "%2561",
            "%252561",
            "%25%36%31",
            r"\u0061",
            r"\\u0061",
            r"\\\\u0061",
            r"\u005cu0061",
            r"\u005c\u005Cu0061",
            r"\\u005c\\u005cu0061",
            r"\u005c\u0075\u0030\u0030\u0036\u0031",
            "%5Cu0061",
            "%5c%5Cu0061",
            r"\u00256\u0031",
            r"\x61",
            "&#97;",
            "&#x61;",
            "&amp;#x61;",
        ] {
            assert_eq!(read(&format!("x{spelled}y")), "xay", "{spelled}");
            assert_eq!(read(spelled), "a", "{spelled}");
        }
        assert_eq!(read(r#"\/ \" \\\" \\/ a\nb"#), r#"/ " " / a"#.to_owned() + "\nb");
    }

    #[test]
    fn text_without_escapes_is_read_as_it_is() {
        for text in ["100% of", "%", "%4", "%zz", "a&b", "&#;", "&copy;", r"C:\dir", r"\", r"\u12"]
        {
            assert_eq!(read(text), text);
        }
        assert_eq!(read("\\u00e9"), "\u{e9}");
    }

    #[test]
    fn a_cut_escape_waits_for_the_rest() {
        for begun in ["%", "%2", "%25", "\\", "\\\\", "\\u00", "&", "&#1", "&am", "%5", "\\u005c"] {
            let text = Text { bytes: begun.as_bytes(), is_whole: false };
            assert!(text.unit(0).is_none(), "{begun}");
        }
        let text = Text { bytes: b"%41", is_whole: false };
        assert!(text.unit(0).is_some_and(|unit| unit.byte == b'A'));
    }
}
