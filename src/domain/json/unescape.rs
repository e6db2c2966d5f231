//! Decodes the escapes of a string piece by piece, because a token may be too
//! long for memory.

/// Decoded bytes that a read completes: half a surrogate pair that turned out
/// to be alone, and a character.
#[derive(Debug, Clone, Copy, Default)]
pub struct PendingChars {
    bytes: [u8; 8],
    length: usize,
}

impl PendingChars {
    /// Returns the bytes in UTF-8. Half a pair alone takes three, as in WTF-8.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    fn add(&mut self, more: &[u8]) {
        for (place, byte) in self.bytes.iter_mut().skip(self.length).zip(more) {
            *place = *byte;
        }
        self.length = (self.length + more.len()).min(self.bytes.len());
    }

    fn add_char(&mut self, c: char) {
        self.add(c.encode_utf8(&mut [0; 4]).as_bytes());
    }

    /// Adds half a pair, which no Rust string can hold.
    fn add_lone(&mut self, unit: u16) {
        let [high, low] = unit.to_be_bytes();
        let middle = 0x80 | (high & 0xf) << 2 | low >> 6;
        self.add(&[0xe0 | high >> 4, middle, 0x80 | low & 0x3f]);
    }
}

#[derive(Debug, Clone, Copy, Default)]
enum State {
    #[default]
    Plain,
    /// After a backslash.
    Escape,
    /// In `\u`, with `left` digits to come.
    Unit { left: u8, value: u16 },
}

/// A decoder of what is between the quotes of a string token.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unescape {
    state: State,
    /// The first half of a pair whose second half may follow.
    half: Option<u16>,
    /// Whether the string has an escape that JSON does not know.
    pub is_broken: bool,
    /// Whether the string has half a pair alone, which no Rust string can hold.
    pub is_lone: bool,
}

impl Unescape {
    /// Begins after the opening quote.
    #[must_use]
    pub const fn new() -> Self {
        Self { state: State::Plain, half: None, is_broken: false, is_lone: false }
    }

    /// Returns whether no escape is incomplete.
    #[must_use]
    pub const fn is_between(&self) -> bool {
        matches!(self.state, State::Plain)
    }

    /// Returns whether all that was read is decoded, so that nothing is held
    /// back.
    #[must_use]
    pub const fn is_at_rest(&self) -> bool {
        self.is_between() && self.half.is_none()
    }

    /// Returns whether a quote ends the string here.
    #[must_use]
    pub const fn ends_at_quote(&self) -> bool {
        !matches!(self.state, State::Escape)
    }

    /// Returns whether a Rust string can hold what was read.
    #[must_use]
    pub const fn is_text(&self) -> bool {
        !self.is_broken && !self.is_lone
    }

    /// Reads a byte, and returns what it completes.
    pub fn push(&mut self, byte: u8) -> PendingChars {
        match self.state {
            State::Plain if byte == b'\\' => {
                self.state = State::Escape;
                PendingChars::default()
            }
            State::Plain => self.say(byte),
            State::Escape => self.escaped(byte),
            State::Unit { left, value } => self.digit(byte, left, value),
        }
    }

    /// Reads more bytes, and appends what they decode to to `out`.
    pub fn push_all(&mut self, mut written: &[u8], out: &mut Vec<u8>) {
        while let Some((first, rest)) = written.split_first() {
            let plain = if self.is_at_rest() { plain(written) } else { 0 };
            if let Some((run, rest)) = written.split_at_checked(plain).filter(|_| plain > 0) {
                out.extend_from_slice(run);
                written = rest;
                continue;
            }
            out.extend_from_slice(self.push(*first).bytes());
            written = rest;
        }
    }

    /// Ends the string. Returns half a pair that has no second half.
    pub fn end(&mut self) -> PendingChars {
        let mut said = PendingChars::default();
        self.is_broken |= !self.is_between();
        self.state = State::Plain;
        if let Some(half) = self.half.take() {
            self.is_lone = true;
            said.add_lone(half);
        }
        said
    }

    fn say(&mut self, byte: u8) -> PendingChars {
        self.state = State::Plain;
        let mut said = self.end();
        said.add(&[byte]);
        said
    }

    fn escaped(&mut self, byte: u8) -> PendingChars {
        let meant = match byte {
            b'u' => {
                self.state = State::Unit { left: 4, value: 0 };
                return PendingChars::default();
            }
            b'"' | b'\\' | b'/' => byte,
            b'b' => 8,
            b'f' => 12,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            _ => {
                self.is_broken = true;
                byte
            }
        };
        self.say(meant)
    }

    fn digit(&mut self, byte: u8, left: u8, value: u16) -> PendingChars {
        let digit = char::from(byte).to_digit(16).and_then(|digit| u16::try_from(digit).ok());
        let Some(digit) = digit else {
            (self.state, self.is_broken) = (State::Plain, true);
            return self.push(byte);
        };
        let value = value << 4 | digit;
        if left > 1 {
            self.state = State::Unit { left: left - 1, value };
            return PendingChars::default();
        }
        self.state = State::Plain;
        self.unit(value)
    }

    fn unit(&mut self, unit: u16) -> PendingChars {
        let half = self.half.take();
        if let (Some(half), 0xdc00..=0xdfff) = (half, unit) {
            let mut said = PendingChars::default();
            char::decode_utf16([half, unit]).flatten().for_each(|c| said.add_char(c));
            return said;
        }
        self.half = half;
        let mut said = self.end();
        match (char::from_u32(u32::from(unit)), unit) {
            (Some(c), _) => said.add_char(c),
            (None, 0xd800..=0xdbff) => self.half = Some(unit),
            (None, _) => {
                self.is_lone = true;
                said.add_lone(unit);
            }
        }
        said
    }
}

/// Returns how many bytes precede an escape.
fn plain(written: &[u8]) -> usize {
    memchr::memchr(b'\\', written).unwrap_or(written.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::json::decode_string;

    fn read(written: &[u8]) -> (Vec<u8>, Unescape) {
        let (mut unescape, mut out) = (Unescape::default(), Vec::new());
        unescape.push_all(written, &mut out);
        out.extend_from_slice(unescape.end().bytes());
        (out, unescape)
    }

    #[test]
    fn pieces_decode_like_the_whole_string() {
        for inner in [
            "plain é😀",
            r#"\"\\\/\b\f\n\r\t"#,
            r"\u0041\u00e9\u20AC\ud83d\ude00x",
            r"\ud83d\ude00\uD83D\uDE00",
            r"\\u0041\\\u0041",
        ] {
            let (said, unescape) = read(inner.as_bytes());
            let want = decode_string(&format!("\"{inner}\"")).unwrap().into_owned();
            assert_eq!(String::from_utf8(said).unwrap(), want);
            assert!(unescape.is_text() && unescape.is_at_rest());
        }
    }

    #[test]
    fn lone_surrogates_and_broken_escapes_are_noted() {
        for (inner, want) in [
            (&br"\ud800"[..], &b"\xed\xa0\x80"[..]),
            (br"\ud800x", b"\xed\xa0\x80x"),
            (br"\ud800\n", b"\xed\xa0\x80\n"),
            (br"\ud800\ud800\udc00", b"\xed\xa0\x80\xf0\x90\x80\x80"),
            (br"\udc00", b"\xed\xb0\x80"),
            (br"\ud83d\u0041", b"\xed\xa0\xbdA"),
        ] {
            let (said, unescape) = read(inner);
            assert_eq!(said, want);
            assert!(unescape.is_lone && !unescape.is_broken);
        }
        for broken in [&br"\q"[..], br"\u12", br"\u12g4", br"\", b"\\\n"] {
            assert!(read(broken).1.is_broken, "{broken:?}");
        }
    }
}
