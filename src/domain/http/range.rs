//! `Range` and `Content-Range` of RFC 9110 §14.

use super::headers::Headers;
use std::fmt;

/// The bytes of a file to serve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slice {
    /// The whole file.
    Whole,
    /// `first..=last`.
    Part {
        /// The first byte.
        first: u64,
        /// The last byte.
        last: u64,
    },
    /// A range outside the file.
    Unsatisfiable,
}

impl Slice {
    /// Returns the status of the response.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::Whole => 200,
            Self::Part { .. } => 206,
            Self::Unsatisfiable => 416,
        }
    }
}

/// Returns the headers of a response with `slice` of a file of `size` bytes.
#[must_use]
pub fn headers(slice: Slice, size: u64) -> Headers {
    let length = |length: u64| ("content-length", length.to_string());
    let range = |range: String| ("content-range", format!("bytes {range}/{size}"));
    match slice {
        Slice::Whole => vec![length(size)],
        Slice::Part { first, last } => {
            vec![range(format!("{first}-{last}")), length(last - first + 1)]
        }
        Slice::Unsatisfiable => vec![range("*".to_owned())],
    }
}

/// Returns the bytes that the `Range` header requests from a file of `size`
/// bytes.
///
/// A header that is malformed, has another unit or lists several ranges is
/// ignored, as RFC 9110 §14.2 allows: the response is the whole file.
#[must_use]
pub fn slice(header: Option<&str>, size: u64) -> Slice {
    header.and_then(parse).map_or(Slice::Whole, |asked| asked.of(size))
}

/// A single requested range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ByteRange {
    /// From this byte to the end.
    From(u64),
    /// From the first to the second byte, both included.
    Between(u64, u64),
    /// The last bytes, this many.
    Last(u64),
}

impl ByteRange {
    /// Returns the bytes that the range selects in a file of `size` bytes. A
    /// range of last bytes selects all of an empty file, because
    /// `Content-Range` can't express an empty part.
    #[must_use]
    pub fn of(self, size: u64) -> Slice {
        match self {
            Self::From(first) => part(first, u64::MAX, size),
            Self::Between(first, last) => part(first, last, size),
            Self::Last(0) => Slice::Unsatisfiable,
            Self::Last(_) if size == 0 => Slice::Whole,
            Self::Last(length) => part(size.saturating_sub(length), u64::MAX, size),
        }
    }
}

impl fmt::Display for ByteRange {
    /// Writes the value of a `Range` header.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::From(first) => write!(f, "bytes={first}-"),
            Self::Between(first, last) => write!(f, "bytes={first}-{last}"),
            Self::Last(length) => write!(f, "bytes=-{length}"),
        }
    }
}

/// Reads a `Range` header; `None` if it must be ignored. Lists may contain
/// empty elements.
#[must_use]
pub fn parse(header: &str) -> Option<ByteRange> {
    let (unit, set) = header.trim().split_once('=')?;
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return None;
    }
    let mut ranges = set.split(',').map(str::trim).filter(|range| !range.is_empty());
    let (range, None) = (ranges.next()?, ranges.next()) else { return None };
    match range.split_once('-')? {
        ("", length) => number(length).map(ByteRange::Last),
        (first, "") => number(first).map(ByteRange::From),
        (first, last) => {
            let (first, last) = (number(first)?, number(last)?);
            (first <= last).then_some(ByteRange::Between(first, last))
        }
    }
}

/// Reads a `Content-Range`: the part (first and last byte; `None` in a 416) and
/// the size of the file. Returns `None` if the header is invalid.
#[must_use]
pub fn parse_content(header: &str) -> Option<(Option<(u64, u64)>, u64)> {
    let (unit, rest) = header.trim().split_once(' ')?;
    let (part, size) = rest.trim().split_once('/')?;
    let size = number(size).filter(|_| unit.eq_ignore_ascii_case("bytes"))?;
    if part == "*" {
        return Some((None, size));
    }
    let (first, last) = part.split_once('-')?;
    let (first, last) = (number(first)?, number(last)?);
    (first <= last && last < size).then_some((Some((first, last)), size))
}

fn number(text: &str) -> Option<u64> {
    /// The largest number. It exceeds the size of any file, and is so far below
    /// 2^53 that lengths computed from it are too: the runtime panics at larger
    /// ones.
    const MAX: u64 = 1 << 52;
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(MAX).min(MAX))
}

fn part(first: u64, last: u64, size: u64) -> Slice {
    if first >= size {
        return Slice::Unsatisfiable;
    }
    Slice::Part { first, last: last.min(size - 1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn single_ranges_are_read() {
        let part = |first, last| Slice::Part { first, last };
        let cases = [
            ("bytes=0-0", part(0, 0)),
            ("bytes=0-", part(0, 99)),
            ("bytes=10-19", part(10, 19)),
            ("bytes=90-1000", part(90, 99)),
            ("bytes=-1", part(99, 99)),
            ("bytes=-1000", part(0, 99)),
            ("Bytes = 5-6", part(5, 6)),
            ("bytes=,5-6 ,", part(5, 6)),
            ("bytes=0-99999999999999999999", part(0, 99)),
            ("bytes=100-", Slice::Unsatisfiable),
            ("bytes=100-200", Slice::Unsatisfiable),
            ("bytes=-0", Slice::Unsatisfiable),
            ("bytes=99999999999999999999-", Slice::Unsatisfiable),
        ];
        for (header, want) in cases {
            assert_eq!(slice(Some(header), 100), want, "{header}");
        }
    }

    #[test]
    fn other_headers_mean_the_whole_file() {
        let odd = [
            "",
            "bytes",
            "bytes=",
            "bytes=-",
            "bytes=a-b",
            "bytes=5-4",
            "bytes=0-1,5-6",
            "lines=0-1",
            "bytes=+1-2",
            "bytes=,",
            "bytes=1-2-3",
            "bytes 1-2",
        ];
        for header in odd {
            assert_eq!(slice(Some(header), 100), Slice::Whole, "{header}");
        }
        assert_eq!(slice(None, 100), Slice::Whole);
    }

    #[test]
    fn an_empty_file_has_no_first_byte() {
        for (header, want) in [
            ("bytes=0-", Slice::Unsatisfiable),
            ("bytes=-0", Slice::Unsatisfiable),
            ("bytes=-1", Slice::Whole),
        ] {
            assert_eq!(slice(Some(header), 0), want, "{header}");
        }
    }

    #[test]
    fn a_range_is_written_as_it_was_read() {
        for header in ["bytes=5-", "bytes=5-6", "bytes=-7"] {
            assert_eq!(parse(header).map(|asked| asked.to_string()).as_deref(), Some(header));
        }
        let huge = parse("bytes=0-99999999999999999999").map(|asked| asked.to_string());
        assert_eq!(huge.as_deref(), Some("bytes=0-4503599627370496"));
    }

    #[test]
    fn a_content_range_is_read() {
        assert_eq!(parse_content("bytes 5-9/10"), Some((Some((5, 9)), 10)));
        assert_eq!(parse_content("Bytes */10"), Some((None, 10)));
        for odd in ["", "bytes 5-9/*", "bytes */*", "bytes 9-5/10", "bytes 5-10/10", "items 0-1/2"]
        {
            assert_eq!(parse_content(odd), None, "{odd}");
        }
    }
}
