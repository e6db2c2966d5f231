//! How the body of a request is compressed.
//!
//! This module decides which layer is decompressed next, and which codings are
//! refused. The runtime decompresses.

use super::coding::{Coding, codings};
use crate::domain::json;

/// The most layers that are decompressed. Senders use one; a proxy may add
/// another.
const MAX_LAYERS: usize = 2;

/// A format that the runtime can decompress.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// RFC 1952.
    Gzip,
    /// RFC 1950, which HTTP calls `deflate`.
    Zlib,
    /// RFC 1951, which some senders call `deflate`.
    Deflate,
}

impl Format {
    /// Returns the runtime's name for the format.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zlib => "deflate",
            Self::Deflate => "deflate-raw",
        }
    }
}

/// The layers of a body that are still to be decompressed.
#[derive(Debug)]
pub struct Layers {
    /// The codings that the header names; the last one was applied last.
    named: Vec<Coding>,
    undone: usize,
}

impl Layers {
    /// Reads the layers of a body with this `Content-Encoding`.
    ///
    /// # Errors
    /// Returns the names of the codings, if one is unknown here or there are
    /// too many.
    pub fn of(header: Option<&str>) -> Result<Self, String> {
        layers(header).map(|named| Self { named, undone: 0 })
    }

    /// Returns the format of the next layer of a body that begins with `bytes`;
    /// `None` if the body is plain.
    pub fn next(&mut self, bytes: &[u8]) -> Option<Format> {
        while self.undone < MAX_LAYERS {
            let is_last = self.named.is_empty();
            if let Some(format) = outermost(self.named.pop(), bytes) {
                self.undone += 1;
                return Some(format);
            }
            if is_last {
                break;
            }
        }
        None
    }
}

/// Returns the codings that a `Content-Encoding` header names if all of them
/// can be decompressed, else their names.
fn layers(header: Option<&str>) -> Result<Vec<Coding>, String> {
    let found = codings(header);
    let is_known = |coding: &Coding| matches!(coding, Coding::Gzip | Coding::Deflate);
    if found.len() <= MAX_LAYERS && found.iter().all(is_known) {
        return Ok(found);
    }
    let names: Vec<&str> = found.iter().take(MAX_LAYERS + 1).map(|coding| coding.name()).collect();
    Err(names.join(", "))
}

/// Returns the format of `bytes`, which have this coding according to a header.
/// The header is a hint: bytes without the format's signature are plain, and
/// gzip is recognized without a header.
fn outermost(named: Option<Coding>, bytes: &[u8]) -> Option<Format> {
    match bytes {
        [0x1f, 0x8b, ..] => Some(Format::Gzip),
        _ if named != Some(Coding::Deflate) => None,
        [first, second, ..] if is_zlib_header(*first, *second) => Some(Format::Zlib),
        // Raw deflate has no signature of its own.
        _ => json::tolerant(bytes).is_err().then_some(Format::Deflate),
    }
}

fn is_zlib_header(first: u8, second: u8) -> bool {
    first & 0x0f == 8 && u16::from_be_bytes([first, second]).is_multiple_of(31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_two_codings_are_decompressed() {
        use Coding::{Deflate, Gzip};
        assert_eq!(layers(None), Ok(vec![]));
        assert_eq!(layers(Some("utf-8, X-GZIP, aws-chunked")), Ok(vec![Gzip]));
        assert_eq!(layers(Some("deflate, gzip")), Ok(vec![Deflate, Gzip]));
        assert_eq!(layers(Some("gzip, br")), Err("gzip, br".to_owned()));
        assert_eq!(layers(Some("ZSTD")), Err("zstd".to_owned()));
        assert_eq!(layers(Some("compress")), Err("compress".to_owned()));
        assert_eq!(layers(Some("gzip,gzip,gzip")), Err("gzip, gzip, gzip".to_owned()));
    }

    #[test]
    fn the_first_bytes_decide_the_format() {
        use Coding::{Deflate, Gzip};
        for (named, bytes, format) in [
            (Some(Gzip), &b"\x1f\x8b\x08"[..], Some(Format::Gzip)),
            (None, b"\x1f\x8b\x08", Some(Format::Gzip)),
            (Some(Deflate), b"\x1f\x8b\x08", Some(Format::Gzip)),
            (Some(Gzip), b"{}", None),
            (Some(Gzip), b"", None),
            (Some(Deflate), b"\x78\x9c\x4b", Some(Format::Zlib)),
            (None, b"\x78\x9c\x4b", None),
            (Some(Deflate), b"\xab\xae\x05\x00", Some(Format::Deflate)),
            (Some(Deflate), b"{\"a\":NaN}", None),
            (Some(Deflate), b"payload=%7B%7D", None),
        ] {
            assert_eq!(outermost(named, bytes), format, "{named:?} {bytes:?}");
        }
    }

    #[test]
    fn at_most_two_layers_are_decompressed() {
        let gzip = b"\x1f\x8b\x08";
        let mut layers = Layers::of(Some("deflate, gzip")).unwrap();
        assert_eq!(layers.next(gzip), Some(Format::Gzip));
        assert_eq!(layers.next(b"\x78\x9c"), Some(Format::Zlib));
        assert_eq!(layers.next(gzip), None);
        let mut layers = Layers::of(Some("gzip, gzip")).unwrap();
        assert_eq!(layers.next(b"{}"), None, "the header says so, and the bytes do not");
        let mut layers = Layers::of(None).unwrap();
        assert_eq!(layers.next(gzip), Some(Format::Gzip));
    }
}
