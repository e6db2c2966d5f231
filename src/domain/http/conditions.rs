//! Decides the response to a request for a stored file: the conditions of RFC
//! 9110 §13 in the order of §13.2.2, then its ranges (§14).

use super::range::{self, ByteRange, Slice};
use crate::domain::time::Timestamp;
use std::iter;

/// The request headers that decide the response.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Conditions {
    /// Whether the request is a `HEAD`. Ranges do not count then.
    pub head: bool,
    /// `Range`.
    pub range: Option<String>,
    /// `If-Range`: the range counts only if this is the file's validator.
    pub if_range: Option<String>,
    /// `If-Match`: entity tags, or `*`.
    pub if_match: Option<String>,
    /// `If-None-Match`: entity tags, or `*`.
    pub if_none_match: Option<String>,
    /// `If-Modified-Since`: an HTTP date.
    pub if_modified_since: Option<String>,
    /// `If-Unmodified-Since`: an HTTP date.
    pub if_unmodified_since: Option<String>,
}

/// The properties of a stored file that conditions refer to.
#[derive(Debug, Clone, Copy)]
pub struct Current<'a> {
    /// The strong entity tag, in quotes.
    pub etag: &'a str,
    /// When the file was stored. HTTP dates have whole seconds.
    pub modified: Timestamp,
    /// The size in bytes.
    pub size: u64,
}

/// The response to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// 200, 206 or 416.
    Send(Slice),
    /// 304: the client has the file already.
    NotModified,
    /// 412: the file is not the one that the client expects.
    PreconditionFailed,
}

impl Conditions {
    /// Reads the headers that `lookup` finds by name.
    pub fn from_lookup(head: bool, lookup: impl Fn(&str) -> Option<String>) -> Self {
        Self {
            head,
            range: lookup("range"),
            if_range: lookup("if-range"),
            if_match: lookup("if-match"),
            if_none_match: lookup("if-none-match"),
            if_modified_since: lookup("if-modified-since"),
            if_unmodified_since: lookup("if-unmodified-since"),
        }
    }

    /// Decides in the order of RFC 9110 §13.2.2.
    #[must_use]
    pub fn decide(&self, file: &Current<'_>) -> Decision {
        if !self.is_meant(file) {
            return Decision::PreconditionFailed;
        }
        if self.is_known(file) {
            return Decision::NotModified;
        }
        let range = self.range.as_deref().filter(|_| !self.head && self.may_be_part(file));
        Decision::Send(range::slice(range, file.size))
    }

    /// Returns the range to read before anything is known about the file. It is
    /// the requested one, which is right unless `If-Range` fails.
    #[must_use]
    pub fn asked(&self) -> Option<ByteRange> {
        self.range.as_deref().filter(|_| !self.head).and_then(range::parse)
    }

    /// Returns the range that counts for a file without a known validator:
    /// `If-Range` can't match such a file.
    #[must_use]
    pub fn asked_blindly(&self) -> Option<ByteRange> {
        self.asked().filter(|_| self.if_range.is_none())
    }

    /// Returns whether `If-Match` and `If-Unmodified-Since` allow a response. A
    /// tag is the better validator, so the date is ignored beside it; the same
    /// holds in [`Conditions::is_known`]. An invalid date is ignored too.
    fn is_meant(&self, file: &Current<'_>) -> bool {
        match (&self.if_match, &self.if_unmodified_since) {
            (Some(tags), _) => {
                is_any(tags) || self::tags(tags).any(|tag| !tag.weak && tag.text == file.etag)
            }
            (None, Some(date)) => seconds(date).is_none_or(|since| file.seconds() <= since),
            (None, None) => true,
        }
    }

    fn is_known(&self, file: &Current<'_>) -> bool {
        match (&self.if_none_match, &self.if_modified_since) {
            (Some(tags), _) => is_any(tags) || self::tags(tags).any(|tag| tag.text == file.etag),
            (None, Some(date)) => seconds(date).is_some_and(|since| file.seconds() <= since),
            (None, None) => false,
        }
    }

    /// Returns whether `If-Range` is absent, the file's strong tag, or exactly
    /// its date. A stored file is never overwritten with other bytes, so its
    /// date is a strong validator too.
    fn may_be_part(&self, file: &Current<'_>) -> bool {
        self.if_range.as_deref().map(str::trim).is_none_or(|validator| {
            validator == file.etag || seconds(validator) == Some(file.seconds())
        })
    }
}

impl Current<'_> {
    const fn seconds(&self) -> u64 {
        self.modified.as_seconds()
    }
}

fn seconds(date: &str) -> Option<u64> {
    Timestamp::parse_http(date.trim()).map(Timestamp::as_seconds)
}

fn is_any(tags: &str) -> bool {
    tags.trim() == "*"
}

struct Tag<'a> {
    weak: bool,
    /// The tag with its quotes.
    text: &'a str,
}

/// Returns the entity tags of a list, and skips what is no tag. A tag may
/// contain commas.
fn tags(mut list: &str) -> impl Iterator<Item = Tag<'_>> {
    iter::from_fn(move || {
        loop {
            list = list.trim_start_matches([' ', '\t', ',']);
            if list.is_empty() {
                return None;
            }
            let bare = list.strip_prefix("W/");
            if let Some((text, rest)) = quoted(bare.unwrap_or(list)) {
                list = rest;
                return Some(Tag { weak: bare.is_some(), text });
            }
            list = list.split_once(',').map_or("", |(_, rest)| rest);
        }
    })
}

fn quoted(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix('"')?;
    text.split_at_checked(inner.find('"')? + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ETAG: &str = "\"ab\"";
    const DATE: &str = "Sat, 27 Dec 2025 22:39:35 GMT";
    const EARLIER: &str = "Sat, 27 Dec 2025 22:39:34 GMT";
    const LATER: &str = "Sat, 27 Dec 2025 22:39:36 GMT";

    /// Decides on `Range: bytes=10-19` and `headers`, for a file of 100 bytes.
    fn decide(headers: &[(&str, &str)]) -> Decision {
        let modified = Timestamp::from_millis(1_766_875_175_999);
        let lookup = |name: &str| {
            headers.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        };
        let file = Current { etag: ETAG, modified, size: 100 };
        Conditions::from_lookup(false, lookup).decide(&file)
    }

    const WHOLE: Decision = Decision::Send(Slice::Whole);
    const PART: Decision = Decision::Send(Slice::Part { first: 10, last: 19 });
    const KNOWN: Decision = Decision::NotModified;
    const FAILED: Decision = Decision::PreconditionFailed;

    #[test]
    fn each_condition_is_decided_alone() {
        let cases = [
            ("if-match", ETAG, WHOLE),
            ("if-match", "*", WHOLE),
            ("if-match", "\"x\", \"ab\"", WHOLE),
            ("if-match", ",, \"ab\",", WHOLE),
            ("if-match", "\"x\"", FAILED),
            ("if-match", "W/\"ab\"", FAILED),
            ("if-match", "ab", FAILED),
            ("if-match", "\"ab", FAILED),
            ("if-match", "\"x,\"ab\"", FAILED),
            ("if-match", "\"x\", *", FAILED),
            ("if-match", "", FAILED),
            ("if-none-match", ETAG, KNOWN),
            ("if-none-match", "*", KNOWN),
            ("if-none-match", "W/\"ab\"", KNOWN),
            ("if-none-match", "ab, \"a,b\" , W/\"ab\"", KNOWN),
            ("if-none-match", "\"x\"", WHOLE),
            ("if-none-match", "ab", WHOLE),
            ("if-none-match", "w/\"ab\"", WHOLE),
            ("if-none-match", "\"a,\"ab\",b\"", WHOLE),
            ("if-none-match", "", WHOLE),
            ("if-modified-since", DATE, KNOWN),
            ("if-modified-since", LATER, KNOWN),
            ("if-modified-since", EARLIER, WHOLE),
            ("if-modified-since", "Saturday, 27-Dec-25 22:39:35 GMT", KNOWN),
            ("if-modified-since", "Sat Dec 27 22:39:35 2025", KNOWN),
            ("if-modified-since", "yesterday", WHOLE),
            ("if-unmodified-since", DATE, WHOLE),
            ("if-unmodified-since", LATER, WHOLE),
            ("if-unmodified-since", EARLIER, FAILED),
            ("if-unmodified-since", "0", WHOLE),
            // `If-Range` has no effect without a range.
            ("if-range", "\"x\"", WHOLE),
        ];
        for (name, value, want) in cases {
            assert_eq!(decide(&[(name, value)]), want, "{name}: {value}");
        }
    }

    #[test]
    fn tags_precede_dates_and_conditions_precede_ranges() {
        let cases: [(&[(&str, &str)], Decision); 13] = [
            (&[("if-match", ETAG), ("if-unmodified-since", EARLIER)], WHOLE),
            (&[("if-match", "\"x\""), ("if-unmodified-since", LATER)], FAILED),
            (&[("if-none-match", "\"x\""), ("if-modified-since", LATER)], WHOLE),
            (&[("if-none-match", ETAG), ("if-modified-since", EARLIER)], KNOWN),
            (&[("if-match", "\"x\""), ("if-none-match", ETAG)], FAILED),
            (&[("if-match", ETAG), ("if-none-match", ETAG)], KNOWN),
            (&[("if-unmodified-since", EARLIER), ("if-none-match", ETAG)], FAILED),
            (&[("if-match", ETAG), ("if-modified-since", DATE)], KNOWN),
            (&[("range", "bytes=10-19"), ("if-match", "\"x\"")], FAILED),
            (&[("range", "bytes=10-19"), ("if-none-match", ETAG)], KNOWN),
            (&[("range", "bytes=900-"), ("if-none-match", ETAG)], KNOWN),
            (&[("range", "bytes=10-19"), ("if-none-match", "\"x\"")], PART),
            (&[("range", "bytes=900-"), ("if-match", ETAG)], Decision::Send(Slice::Unsatisfiable)),
        ];
        for (headers, want) in cases {
            assert_eq!(decide(headers), want, "{headers:?}");
        }
    }

    #[test]
    fn a_range_counts_for_the_same_file_only() {
        let cases = [
            (ETAG, PART),
            (" \"ab\" ", PART),
            ("W/\"ab\"", WHOLE),
            ("\"x\"", WHOLE),
            ("ab", WHOLE),
            ("*", WHOLE),
            ("\"ab\", \"x\"", WHOLE),
            (DATE, PART),
            ("Sat Dec 27 22:39:35 2025", PART),
            (EARLIER, WHOLE),
            (LATER, WHOLE),
            ("", WHOLE),
        ];
        for (validator, want) in cases {
            let headers = [("range", "bytes=10-19"), ("if-range", validator)];
            assert_eq!(decide(&headers), want, "{validator}");
            let beyond = [("range", "bytes=900-"), ("if-range", validator)];
            let want = if want == PART { Decision::Send(Slice::Unsatisfiable) } else { WHOLE };
            assert_eq!(decide(&beyond), want, "{validator}");
        }
    }

    #[test]
    fn a_head_request_has_no_range() {
        let range = Some("bytes=900-".to_owned());
        let conditions = Conditions { head: true, range, ..Conditions::default() };
        let file = Current { etag: ETAG, modified: Timestamp::default(), size: 100 };
        assert_eq!((conditions.decide(&file), conditions.asked()), (WHOLE, None));
    }

    #[test]
    fn no_range_counts_against_an_unknown_validator() {
        let range = Some("bytes=10-".to_owned());
        let mut conditions = Conditions { range, ..Conditions::default() };
        assert_eq!(conditions.asked_blindly(), Some(ByteRange::From(10)));
        conditions.if_range = Some(ETAG.to_owned());
        assert_eq!(
            (conditions.asked_blindly(), conditions.asked()),
            (None, Some(ByteRange::From(10)))
        );
    }
}
