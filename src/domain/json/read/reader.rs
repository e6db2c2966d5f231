//! Reads the parts of a JSON text that are the same for all types.

use crate::domain::json::string::decode_string;
use serde::de::{Error, Expected, IgnoredAny, Unexpected};
use std::borrow::Cow;
use std::fmt::{self, Display};

/// The deepest nesting that is read, as in `serde_json`.
const MAX_DEPTH: u8 = 127;

/// The message of an error. It is one pointer in size, because each type's code
/// passes it on in many places.
#[derive(Debug)]
#[expect(clippy::box_collection, reason = "a thin pointer")]
pub(super) struct Wrong(Box<String>);

impl Wrong {
    pub(super) fn of(what: &str) -> Self {
        Self(Box::new(what.to_owned()))
    }
}

impl Display for Wrong {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::error::Error for Wrong {}

impl Error for Wrong {
    fn custom<T: Display>(what: T) -> Self {
        Self(Box::new(what.to_string()))
    }

    // The value is left out of the message: it may be a number, and formatting
    // numbers takes much code.
    fn invalid_type(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::custom(format_args!("invalid type, expected {expected}"))
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::custom(format_args!("invalid value, expected {expected}"))
    }
}

/// A text that is being read.
pub(super) struct Reader<'de> {
    text: &'de str,
    /// The offset of the next byte.
    pub(super) at: usize,
    /// How many more levels it may go down.
    depth: u8,
}

/// A whole number, as nothing here reads fractions.
pub(super) enum Number {
    Whole(u64),
    Negative(i64),
}

impl<'de> Reader<'de> {
    pub(super) const fn new(text: &'de str) -> Self {
        Self { text, at: 0, depth: MAX_DEPTH }
    }

    /// Returns the next byte that is no white space, without taking it.
    pub(super) fn peek(&mut self) -> Option<u8> {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        if rest.first().is_some_and(|first| *first > b' ') {
            return rest.first().copied();
        }
        let blank = rest.iter().take_while(|b| matches!(b, b' ' | b'\n' | b'\r' | b'\t')).count();
        self.at += blank;
        rest.get(blank).copied()
    }

    /// Takes this byte, if it is the next one. Returns whether it was.
    pub(super) fn takes(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    pub(super) fn must_take(&mut self, byte: u8) -> Result<(), Wrong> {
        if self.takes(byte) { Ok(()) } else { Err(self.unexpected(&char::from(byte))) }
    }

    pub(super) fn unexpected(&self, expected: &dyn Display) -> Wrong {
        let found = self.text.get(self.at..).and_then(|rest| rest.chars().next());
        match found {
            Some(found) => Wrong::custom(format_args!("expected {expected}, found `{found}`")),
            None => Wrong::custom(format_args!("EOF while parsing, expected {expected}")),
        }
    }

    pub(super) fn end(&mut self) -> serde_json::Result<()> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.error(&self.unexpected(&"the end"))),
        }
    }

    pub(super) fn error(&self, wrong: &Wrong) -> serde_json::Error {
        serde_json::Error::custom(format_args!("{wrong} at byte {}", self.at))
    }

    /// Enters an object or an array. Fails unless `bracket` is the next byte.
    pub(super) fn open(&mut self, bracket: u8) -> Result<(), Wrong> {
        self.must_take(bracket)?;
        self.depth = self.depth.checked_sub(1).ok_or_else(|| Wrong::of("recursion limit"))?;
        Ok(())
    }

    /// Leaves an object or an array. Fails unless `bracket` is the next byte.
    pub(super) fn close(&mut self, bracket: u8) -> Result<(), Wrong> {
        self.depth += 1;
        self.must_take(bracket)
    }

    /// Takes the next value as it is written.
    pub(super) fn raw(&mut self) -> Result<&'de str, Wrong> {
        self.peek();
        let rest = self.text.get(self.at..).unwrap_or_default();
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<IgnoredAny>();
        let value = values.next().unwrap_or_else(|| Err(Error::custom("EOF while parsing")));
        self.at += values.byte_offset();
        value.map_err(Wrong::custom)?;
        Ok(rest.get(..values.byte_offset()).unwrap_or_default())
    }

    pub(super) fn string(&mut self) -> Result<Cow<'de, str>, Wrong> {
        if self.peek() != Some(b'"') {
            return Err(self.unexpected(&"a string"));
        }
        if let Some(text) = self.short() {
            return Ok(Cow::Borrowed(text));
        }
        decode_string(self.raw()?).ok_or_else(|| Wrong::of("lone surrogate"))
    }

    /// Takes a short string without escapes, like most keys and words. To start
    /// `serde_json` takes longer than to read such a string.
    fn short(&mut self) -> Option<&'de str> {
        const MOST: usize = 64;
        let start = self.at + 1;
        let rest = self.text.as_bytes().get(start..)?;
        let mut end = start;
        // A plain loop: when optimised for size, iterator methods become calls.
        for byte in rest.get(..MOST).unwrap_or(rest) {
            match byte {
                b'"' => break,
                b'\\' | 0..b' ' => return None,
                _ => end += 1,
            }
        }
        let text = self.text.get(start..end)?;
        self.text.as_bytes().get(end).filter(|end| **end == b'"')?;
        self.at = end + 1;
        Some(text)
    }

    /// Takes the next value and drops it.
    pub(super) fn skip(&mut self) -> Result<(), Wrong> {
        let is_short = self.peek() == Some(b'"') && self.short().is_some();
        if is_short || self.word("null") { Ok(()) } else { self.raw().map(drop) }
    }

    /// Takes a word such as `null`, if it is next. Returns whether it was.
    pub(super) fn word(&mut self, word: &str) -> bool {
        self.peek();
        let is_next = self.text.get(self.at..).is_some_and(|rest| rest.starts_with(word));
        self.at += if is_next { word.len() } else { 0 };
        is_next
    }

    pub(super) fn number(&mut self) -> Result<Number, Wrong> {
        let is_negative = self.peek() == Some(b'-');
        let start = self.at + usize::from(is_negative);
        let rest = self.text.get(start..).unwrap_or_default();
        let mut length = 0;
        for byte in rest.as_bytes() {
            if !byte.is_ascii_digit() {
                break;
            }
            length += 1;
        }
        let (digits, behind) = rest.split_at_checked(length).unwrap_or_default();
        let has_more = behind.starts_with(['.', 'e', 'E']);
        let is_odd = digits.starts_with('0') && (is_negative || length > 1);
        let number = match digits.parse::<u64>() {
            Ok(whole) if !is_negative => Some(Number::Whole(whole)),
            Ok(whole) => 0_i64.checked_sub_unsigned(whole).map(Number::Negative),
            Err(_) => None,
        };
        match number.filter(|_| !has_more && !is_odd) {
            Some(number) => {
                self.at = start + length;
                Ok(number)
            }
            None => Err(self.unexpected(&"a whole number")),
        }
    }

    pub(super) fn boolean(&mut self) -> Result<bool, Wrong> {
        if self.word("true") {
            return Ok(true);
        }
        if self.word("false") { Ok(false) } else { Err(self.unexpected(&"a boolean")) }
    }

    pub(super) fn null(&mut self) -> Result<(), Wrong> {
        if self.word("null") { Ok(()) } else { Err(self.unexpected(&"null")) }
    }
}
