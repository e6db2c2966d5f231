//! Reading through: decides whether a source's response can be passed to a
//! client that requests a file before it is stored.
//!
//! The client must receive the same bytes and headers as from the bucket, or no
//! file yet. So an unusual response is refused.

use super::range::{self, ByteRange, Slice};

/// A source's response, without its body.
#[derive(Debug, Clone, Default)]
pub struct SourceAnswer {
    /// The status code.
    pub status: u16,
    /// `Content-Length`.
    pub length: Option<u64>,
    /// `Content-Range`.
    pub range: Option<String>,
    /// Whether the body is decoded while it is read. The lengths and ranges in
    /// the headers are not the file's then.
    pub is_decoded: bool,
}

/// The content of the response's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceBody {
    /// The whole file, of this many bytes if the length is known.
    Whole(Option<u64>),
    /// `first..=last` of a file of `size` bytes.
    Part {
        /// The first byte.
        first: u64,
        /// The last byte.
        last: u64,
        /// The size of the whole file in bytes.
        size: u64,
    },
    /// No file content: the file has this many bytes, and the range is outside
    /// it.
    Unsatisfiable(u64),
    /// No file content: the range is outside the file, whose size is unknown.
    SizeUnknown,
}

/// Checks a response to a request for the range `asked`, or for the whole file.
///
/// # Errors
/// Returns why the response can't be passed on, without secrets.
pub fn judge(
    answer: &SourceAnswer,
    asked: Option<ByteRange>,
    max_bytes: u64,
) -> Result<SourceBody, String> {
    let passed = match (answer.status, asked) {
        (200, _) => whole(answer.length, asked),
        (206, Some(asked)) if !answer.is_decoded => part(answer, asked)?,
        (416, Some(asked)) => none(answer, asked)?,
        (status, _) => return Err(format!("the source answers {status}")),
    };
    let size = match passed {
        SourceBody::Whole(size) => size.unwrap_or_default(),
        SourceBody::Part { size, .. } | SourceBody::Unsatisfiable(size) => size,
        SourceBody::SizeUnknown => 0,
    };
    if size > max_bytes {
        return Err(format!("it has {size} bytes, MAX_FILE_BYTES is {max_bytes}"));
    }
    Ok(passed)
}

/// Handles a source that ignores ranges. A range outside the file is recognized
/// even so, if the length is known.
fn whole(length: Option<u64>, asked: Option<ByteRange>) -> SourceBody {
    match (length, asked) {
        (Some(size), Some(asked)) if asked.of(size) == Slice::Unsatisfiable => {
            SourceBody::Unsatisfiable(size)
        }
        _ => SourceBody::Whole(length),
    }
}

fn part(answer: &SourceAnswer, asked: ByteRange) -> Result<SourceBody, String> {
    let odd = || "the source answers with another range than requested".to_owned();
    let Some((Some((first, last)), size)) = answer.range.as_deref().and_then(range::parse_content)
    else {
        return Err(odd());
    };
    let is_asked = asked.of(size) == Slice::Part { first, last };
    let is_whole = answer.length.is_none_or(|length| length == last - first + 1);
    if is_asked && is_whole { Ok(SourceBody::Part { first, last, size }) } else { Err(odd()) }
}

fn none(answer: &SourceAnswer, asked: ByteRange) -> Result<SourceBody, String> {
    match answer.range.as_deref().and_then(range::parse_content) {
        None => Ok(SourceBody::SizeUnknown),
        Some((_, size)) if asked.of(size) == Slice::Unsatisfiable => {
            Ok(SourceBody::Unsatisfiable(size))
        }
        Some(_) => Err("the source does not have the requested range".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAX: u64 = 1_000;

    fn answer(status: u16, length: Option<u64>, range: Option<&str>) -> SourceAnswer {
        SourceAnswer { status, length, range: range.map(str::to_owned), is_decoded: false }
    }

    #[test]
    fn the_whole_file_is_passed_on() {
        let cases = [(Some(100), None), (None, None), (Some(0), None), (Some(MAX), None)];
        for (length, asked) in cases {
            let passed = judge(&answer(200, length, None), asked, MAX);
            assert_eq!(passed, Ok(SourceBody::Whole(length)), "{length:?}");
        }
        // A source that ignores ranges.
        let asked = Some(ByteRange::From(10));
        assert_eq!(
            judge(&answer(200, Some(100), None), asked, MAX),
            Ok(SourceBody::Whole(Some(100)))
        );
        assert_eq!(judge(&answer(200, None, None), asked, MAX), Ok(SourceBody::Whole(None)));
        assert_eq!(
            judge(&answer(200, Some(10), None), asked, MAX),
            Ok(SourceBody::Unsatisfiable(10))
        );
    }

    #[test]
    fn a_part_is_passed_on_if_it_was_requested() {
        let asked = [
            (ByteRange::Between(10, 19), "bytes 10-19/100", true),
            (ByteRange::Between(90, 200), "bytes 90-99/100", true),
            (ByteRange::From(90), "bytes 90-99/100", true),
            (ByteRange::Last(10), "bytes 90-99/100", true),
            (ByteRange::Last(200), "bytes 0-99/100", true),
            (ByteRange::Between(10, 19), "bytes 11-19/100", false),
            (ByteRange::Between(10, 19), "bytes 10-18/100", false),
            (ByteRange::From(90), "bytes 90-98/100", false),
            (ByteRange::From(90), "bytes 90-99/*", false),
            (ByteRange::From(90), "bytes */100", false),
            (ByteRange::From(90), "", false),
        ];
        for (asked, range, is_good) in asked {
            let passed = judge(&answer(206, None, Some(range)), Some(asked), MAX);
            assert_eq!(passed.is_ok(), is_good, "{asked}: {range}");
        }
        let asked = Some(ByteRange::From(90));
        let good = judge(&answer(206, Some(10), Some("bytes 90-99/100")), asked, MAX);
        assert_eq!(good, Ok(SourceBody::Part { first: 90, last: 99, size: 100 }));
        for (length, range) in [(Some(9), "bytes 90-99/100"), (Some(1_000), "bytes 90-1089/1090")] {
            assert!(judge(&answer(206, length, Some(range)), asked, MAX).is_err(), "{range}");
        }
        assert!(judge(&answer(206, Some(10), Some("bytes 90-99/100")), None, MAX).is_err());
        assert!(judge(&answer(206, Some(10), None), asked, MAX).is_err());
    }

    #[test]
    fn a_range_outside_the_file_is_recognized() {
        let asked = Some(ByteRange::From(100));
        let cases = [
            (Some("bytes */100"), Ok(SourceBody::Unsatisfiable(100))),
            (Some("bytes */101"), Err(())),
            (Some("bytes */5000"), Err(())),
            (Some("bytes */*"), Ok(SourceBody::SizeUnknown)),
            (None, Ok(SourceBody::SizeUnknown)),
        ];
        for (range, want) in cases {
            let passed = judge(&answer(416, Some(5), range), asked, MAX);
            assert_eq!(passed.map_err(drop), want, "{range:?}");
        }
        assert!(judge(&answer(416, None, Some("bytes */100")), None, MAX).is_err());
    }

    #[test]
    fn other_responses_are_refused() {
        for status in [201, 203, 204, 304, 400, 403, 404, 410, 429, 500, 503] {
            let why = judge(&answer(status, Some(10), None), None, MAX);
            assert_eq!(why, Err(format!("the source answers {status}")));
        }
        assert!(judge(&answer(200, Some(MAX + 1), None), None, MAX).is_err());
    }

    #[test]
    fn of_a_decoded_body_only_the_whole_is_passed_on() {
        let answer = |status| SourceAnswer {
            status,
            is_decoded: true,
            ..answer(status, None, Some("bytes 0-9/100"))
        };
        let asked = Some(ByteRange::Between(0, 9));
        assert_eq!(judge(&answer(200), asked, MAX), Ok(SourceBody::Whole(None)));
        assert!(judge(&answer(206), asked, MAX).is_err());
    }
}
