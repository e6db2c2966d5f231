//! `Range` and `Content-Range` of RFC 9110 §14.

use super::headers::Headers;
use std::fmt;

/// The bytes of a file to serve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slice {
    /// All of it.
    Whole,
    /// `first..=last`.
    Part {
        /// First byte.
        first: u64,
        /// Last byte.
        last: u64,
    },
    /// A range that a file of this size does not have.
    Unsatisfiable,
}

impl Slice {
    /// The status under which it is sent.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::Whole => 200,
            Self::Part { .. } => 206,
            Self::Unsatisfiable => 416,
        }
    }
}

/// What an answer with `slice` of a file with `size` bytes says of it.
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

/// Which bytes of a file with `size` bytes the `Range` header asks for.
///
/// A header that is malformed, in another unit or of several ranges is
/// ignored, as RFC 9110 §14.2 allows: the answer is the whole file.
#[must_use]
pub fn slice(header: Option<&str>, size: u64) -> Slice {
    header.and_then(parse).map_or(Slice::Whole, |asked| asked.of(size))
}

/// A single range as it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ByteRange {
    /// From this byte to the end.
    From(u64),
    /// From the first to the second, both included.
    Between(u64, u64),
    /// As many last bytes.
    Last(u64),
}

impl ByteRange {
    /// What it is of a file with `size` bytes. The end of an empty file is all
    /// of it, for there is no way to write that part.
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
    /// As a `Range` header has it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::From(first) => write!(f, "bytes={first}-"),
            Self::Between(first, last) => write!(f, "bytes={first}-{last}"),
            Self::Last(length) => write!(f, "bytes=-{length}"),
        }
    }
}

/// Reads a `Range` header; `None` if it is to be ignored. Lists may hold empty
/// elements.
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

/// The size that a `Content-Range` tells, with the part (first and last byte)
/// unless it is that of a 416; `None` for one that can't be.
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
    /// Beyond any file, and so far below 2^53 that lengths reckoned from it are
    /// numbers that the runtime takes; it panics at larger ones.
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
    fn single_ranges() {
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
    fn what_is_asked_is_written_as_it_was_meant() {
        for header in ["bytes=5-", "bytes=5-6", "bytes=-7"] {
            assert_eq!(parse(header).map(|asked| asked.to_string()).as_deref(), Some(header));
        }
        let huge = parse("bytes=0-99999999999999999999").map(|asked| asked.to_string());
        assert_eq!(huge.as_deref(), Some("bytes=0-4503599627370496"));
    }

    #[test]
    fn a_parts_place_is_read() {
        assert_eq!(parse_content("bytes 5-9/10"), Some((Some((5, 9)), 10)));
        assert_eq!(parse_content("Bytes */10"), Some((None, 10)));
        for odd in ["", "bytes 5-9/*", "bytes */*", "bytes 9-5/10", "bytes 5-10/10", "items 0-1/2"]
        {
            assert_eq!(parse_content(odd), None, "{odd}");
        }
    }
}
