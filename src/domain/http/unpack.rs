//! How the body of a request is packed.
//!
//! In scope: which layer is undone next, and what is refused. Out of scope:
//! undoing it, which the runtime does.

use super::coding::{Coding, codings};
use crate::domain::json;

/// Most layers that are undone. Senders use one; a proxy may add another.
pub const MAX_LAYERS: usize = 2;

/// A format that the runtime can undo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// RFC 1952.
    Gzip,
    /// RFC 1950, which HTTP calls `deflate`.
    Zlib,
    /// RFC 1951, which some senders call so.
    Deflate,
}

impl Format {
    /// The runtime's word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zlib => "deflate",
            Self::Deflate => "deflate-raw",
        }
    }
}

/// Returns the codings that a `Content-Encoding` header names, if all of them
/// can be undone.
///
/// # Errors
/// The names of the codings, if one is not known here or they are too many.
pub fn layers(header: Option<&str>) -> Result<Vec<Coding>, String> {
    let found = codings(header);
    let is_known = |coding: &Coding| matches!(coding, Coding::Gzip | Coding::Deflate);
    if found.len() <= MAX_LAYERS && found.iter().all(is_known) {
        return Ok(found);
    }
    let names: Vec<&str> = found.iter().take(MAX_LAYERS + 1).map(|coding| coding.name()).collect();
    Err(names.join(", "))
}

/// The format of `bytes`, which a header says have this coding. The header is a
/// hint: bytes that do not begin so are plain, and gzip is known without it.
#[must_use]
pub fn outermost(named: Option<Coding>, bytes: &[u8]) -> Option<Format> {
    match bytes {
        [0x1f, 0x8b, ..] => Some(Format::Gzip),
        _ if named != Some(Coding::Deflate) => None,
        [first, second, ..] if is_zlib_header(*first, *second) => Some(Format::Zlib),
        // It has no mark of its own.
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
    fn only_two_codings_are_undone() {
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
    fn bytes_decide() {
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
}
