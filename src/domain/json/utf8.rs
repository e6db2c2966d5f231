//! Reads UTF-8 piece by piece, as the tolerant reader reads a whole text: each
//! broken part becomes U+FFFD.

use std::borrow::Cow;

/// The replacement for bytes that are no character.
const REPLACEMENT: &[u8] = "\u{fffd}".as_bytes();

/// A reader of bytes that arrive in pieces, split anywhere.
#[derive(Debug, Clone, Default)]
pub struct Utf8 {
    /// The first bytes of a character that is incomplete; three at most.
    begun: Vec<u8>,
    /// Whether any bytes were broken.
    pub is_broken: bool,
}

impl Utf8 {
    /// Returns whether no character is incomplete.
    #[must_use]
    pub const fn is_at_rest(&self) -> bool {
        self.begun.is_empty()
    }

    /// Reads more bytes. Returns the text that is complete now.
    pub fn push<'a>(&mut self, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        if self.begun.is_empty() && std::str::from_utf8(bytes).is_ok() {
            return Cow::Borrowed(bytes);
        }
        let mut out = Vec::with_capacity(bytes.len() + 8);
        let rest = self.go_on(bytes, &mut out);
        self.read(rest, &mut out);
        Cow::Owned(out)
    }

    /// Ends the text. Returns the replacement for a character that was cut off.
    pub fn end(&mut self) -> &'static [u8] {
        if self.begun.is_empty() {
            return &[];
        }
        self.begun.clear();
        self.is_broken = true;
        REPLACEMENT
    }

    /// Completes the character that has begun. Returns the bytes after it.
    fn go_on<'a>(&mut self, mut bytes: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
        while let Some((next, rest)) = bytes.split_first().filter(|_| !self.begun.is_empty()) {
            self.begun.push(*next);
            match std::str::from_utf8(&self.begun) {
                Ok(text) => {
                    out.extend_from_slice(text.as_bytes());
                    self.begun.clear();
                }
                Err(error) if error.error_len().is_some() => {
                    // The byte belongs to what follows.
                    out.extend_from_slice(self.end());
                    return bytes;
                }
                Err(_) => {}
            }
            bytes = rest;
        }
        bytes
    }

    fn read(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        let mut chunks = bytes.utf8_chunks().peekable();
        while let Some(chunk) = chunks.next() {
            out.extend_from_slice(chunk.valid().as_bytes());
            let broken = chunk.invalid();
            if chunks.peek().is_none() && may_go_on(broken) {
                self.begun.extend_from_slice(broken);
            } else if !broken.is_empty() {
                self.is_broken = true;
                out.extend_from_slice(REPLACEMENT);
            }
        }
    }
}

/// Returns whether the bytes are the beginning of a character.
fn may_go_on(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_err_and(|error| error.error_len().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_read_like_the_whole() {
        let whole = b"a\xc3\xa9\xff\xf0\x9f\x98\x80\xf0\x9fx\xe2\x82\xc3\xa9\xed\xa0\x80\xf0\x9f";
        let want = String::from_utf8_lossy(whole);
        for size in 1..=whole.len() {
            let (mut utf8, mut out) = (Utf8::default(), Vec::new());
            for piece in whole.chunks(size) {
                out.extend_from_slice(&utf8.push(piece));
            }
            out.extend_from_slice(utf8.end());
            assert_eq!(std::str::from_utf8(&out).unwrap(), want, "in pieces of {size}");
            assert!(utf8.is_broken && utf8.is_at_rest());
        }
        let mut utf8 = Utf8::default();
        let (one, two) = (utf8.push(b"\xe2\x82").into_owned(), utf8.push(b"\xac").into_owned());
        assert_eq!((one, two, utf8.is_broken), (vec![], b"\xe2\x82\xac".to_vec(), false));
    }
}
