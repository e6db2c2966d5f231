//! Where in a string token its text stands.

/// Where in a token as it is written stands what it says.
#[derive(Debug)]
pub struct Escapes<'a> {
    token: &'a [u8],
    written: usize,
    decoded: usize,
}

impl<'a> Escapes<'a> {
    /// Begins behind the quote of `token`.
    #[must_use]
    pub const fn new(token: &'a str) -> Self {
        Self { token: token.as_bytes(), written: 1, decoded: 0 }
    }

    /// Returns where the byte `at` of what it says is written. Asked in order,
    /// all of it takes linear time.
    pub fn place(&mut self, at: usize) -> usize {
        while self.decoded < at {
            let rest = self.token.get(self.written..).unwrap_or_default();
            let ahead = rest.get(..at - self.decoded).unwrap_or(rest);
            let (written, decoded) = match memchr::memchr(b'\\', ahead).unwrap_or(ahead.len()) {
                0 => escape(rest),
                plain => (plain, plain),
            };
            if written == 0 {
                break;
            }
            self.written += written;
            self.decoded += decoded;
        }
        self.written
    }
}

/// The bytes of the escape that `rest` begins with, and of what it says.
fn escape(rest: &[u8]) -> (usize, usize) {
    let unit = || u32::from_str_radix(std::str::from_utf8(rest.get(2..6)?).ok()?, 16).ok();
    match rest.get(1) {
        None => (0, 0),
        Some(b'u') => match unit() {
            Some(0..=0x7f) => (6, 1),
            Some(0x80..=0x7ff) => (6, 2),
            // Two units are one character.
            Some(0xd800..=0xdbff) => (12, 4),
            _ => (6, 3),
        },
        Some(_) => (2, 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::json;

    #[test]
    fn what_a_token_says_is_found_in_it() {
        let token = r#""a\"\u00e9\ud83d\ude00\/é😀\u0041b""#;
        let said = json::decode_string(token).unwrap();
        let mut escapes = Escapes::new(token);
        let places: Vec<_> = said.char_indices().map(|(at, _)| escapes.place(at)).collect();
        assert_eq!(places, [1, 2, 4, 10, 22, 24, 26, 30, 36]);
        assert_eq!(escapes.place(said.len()), token.len() - 1);
        assert_eq!(escapes.place(999), token.len());
    }
}
