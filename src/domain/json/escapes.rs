//! Maps offsets in a decoded string to offsets in its token.

/// A token that is searched for the places of its decoded bytes.
#[derive(Debug)]
pub struct Escapes<'a> {
    token: &'a [u8],
    written: usize,
    decoded: usize,
}

impl<'a> Escapes<'a> {
    /// Begins after the opening quote of `token`.
    #[must_use]
    pub const fn new(token: &'a str) -> Self {
        Self { token: token.as_bytes(), written: 1, decoded: 0 }
    }

    /// Returns the offset in the token of byte `at` of the decoded string. Call
    /// it with ascending offsets: then all calls together take linear time.
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

/// Returns the length in bytes of the escape at the start of `rest`, and of
/// what it decodes to.
fn escape(rest: &[u8]) -> (usize, usize) {
    let unit = || u32::from_str_radix(std::str::from_utf8(rest.get(2..6)?).ok()?, 16).ok();
    match rest.get(1) {
        None => (0, 0),
        Some(b'u') => match unit() {
            Some(0..=0x7f) => (6, 1),
            Some(0x80..=0x7ff) => (6, 2),
            // A surrogate pair is one character.
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
    fn offsets_in_the_string_are_found_in_its_token() {
        let token = r#""a\"\u00e9\ud83d\ude00\/é😀\u0041b""#;
        let said = json::decode_string(token).unwrap();
        let mut escapes = Escapes::new(token);
        let places: Vec<_> = said.char_indices().map(|(at, _)| escapes.place(at)).collect();
        assert_eq!(places, [1, 2, 4, 10, 22, 24, 26, 30, 36]);
        assert_eq!(escapes.place(said.len()), token.len() - 1);
        assert_eq!(escapes.place(999), token.len());
    }
}
