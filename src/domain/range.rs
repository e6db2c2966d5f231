//! `Range` and the conditions of RFC 9110, as far as they choose bytes.

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

/// Which bytes of a file with `size` bytes the `Range` header asks for.
///
/// A header that is malformed, in another unit or of several ranges is
/// ignored, as RFC 9110 §14.2 allows: the answer is the whole file.
#[must_use]
pub fn slice(header: Option<&str>, size: u64) -> Slice {
    match header.and_then(parse) {
        None => Slice::Whole,
        Some(Asked::From(first)) => part(first, u64::MAX, size),
        Some(Asked::Between(first, last)) => part(first, last, size),
        Some(Asked::Last(0)) => Slice::Unsatisfiable,
        Some(Asked::Last(length)) => part(size.saturating_sub(length), u64::MAX, size),
    }
}

/// A single range as it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// From this byte to the end.
    From(u64),
    /// From the first to the second, both included.
    Between(u64, u64),
    /// As many last bytes.
    Last(u64),
}

/// Reads a `Range` header; `None` if it is to be ignored.
#[must_use]
pub fn parse(header: &str) -> Option<Asked> {
    let (unit, set) = header.trim().split_once('=')?;
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return None;
    }
    match set.trim().split_once('-')? {
        ("", length) => number(length).map(Asked::Last),
        (first, "") => number(first).map(Asked::From),
        (first, last) => {
            let (first, last) = (number(first)?, number(last)?);
            (first <= last).then_some(Asked::Between(first, last))
        }
    }
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

/// Whether `If-None-Match` names the file's tag: the client has it already.
#[must_use]
pub fn is_known(if_none_match: Option<&str>, etag: &str) -> bool {
    let Some(header) = if_none_match else {
        return false;
    };
    let bare = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    header.trim() == "*" || header.split(',').any(|tag| bare(tag) == bare(etag))
}

/// Whether `If-Match` lets the file be sent: it is absent, `*`, or names the
/// file's tag as a strong one.
#[must_use]
pub fn matches(if_match: Option<&str>, etag: &str) -> bool {
    if_match.is_none_or(|tags| tags.trim() == "*" || tags.split(',').any(|tag| tag.trim() == etag))
}

/// Whether `If-Range` lets the range count: it is absent, or a strong tag that
/// is the file's own. A date never does: the tag is the better validator, and
/// sending the whole file is always right.
#[must_use]
pub fn range_holds(if_range: Option<&str>, etag: &str) -> bool {
    if_range.is_none_or(|tag| tag.trim() == etag)
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
        ];
        for header in odd {
            assert_eq!(slice(Some(header), 100), Slice::Whole, "{header}");
        }
        assert_eq!(slice(None, 100), Slice::Whole);
        assert_eq!(slice(Some("bytes=0-"), 0), Slice::Unsatisfiable);
    }

    #[test]
    fn tags_are_compared() {
        assert!(is_known(Some("\"a\", W/\"b\""), "\"b\"") && is_known(Some("*"), "\"x\""));
        assert!(!is_known(Some("\"a\""), "\"b\"") && !is_known(None, "\"b\""));
        assert!(matches(None, "\"a\"") && matches(Some("\"b\", \"a\""), "\"a\""));
        assert!(matches(Some("*"), "\"a\"") && !matches(Some("W/\"a\""), "\"a\""));
        assert!(range_holds(None, "\"a\"") && range_holds(Some("\"a\""), "\"a\""));
        assert!(!range_holds(Some("W/\"a\""), "\"a\""));
        assert!(!range_holds(Some("Wed, 21 Oct 2015 07:28:00 GMT"), "\"a\""));
    }
}
