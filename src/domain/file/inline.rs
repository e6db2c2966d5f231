//! Files that are written into the result itself: `data:` URIs, read as the
//! Fetch standard reads them, and bare base64.
//!
//! What is a file is decided by the decoded string. All of it is checked when
//! it is found, but unpacked only when it is copied.

use super::media_type;
use crate::domain::json;
use crate::domain::percent::{decode_bytes, decoded};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Shorter data stays in the result as it is: thumbnails and placeholders.
pub const MIN_INLINE_CHARS: usize = 1_024;

/// Strings within strings that are read, one in the other.
pub const MAX_NESTING: u8 = 3;

/// How inline bytes are written in the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Encoding {
    /// Base64. Only older records have it.
    Base64,
    /// Percent-encoded text. Only older records have it.
    Percent,
    /// A whole string token, which may stand in a string that is JSON itself.
    Token,
}

/// Inline data in a string.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Inline {
    /// Where in the string the data begins.
    pub start: usize,
    pub content_type: Option<String>,
}

/// Finds inline data in a decoded string.
pub(super) fn find(text: &str, key: Option<&str>) -> Option<Inline> {
    if text.len() <= MIN_INLINE_CHARS {
        return None;
    }
    let parts = Parts::of(text)?;
    let is_named = key.is_some_and(|key| key.ends_with("_uri") || key == "b64_json");
    if parts.is_bare && !is_named {
        return None;
    }
    let head = parts.unpack(media_type::HEAD_BYTES)?;
    let declared = media_type::essence(parts.media);
    let content_type = if media_type::is_vague(&declared) {
        media_type::sniff(&head).map(str::to_owned)
    } else {
        Some(declared)
    };
    let is_known = content_type.is_some() || !parts.is_bare;
    let start = text.len() - text.trim_start_matches(is_around).len() + parts.start;
    is_known.then_some(Inline { start, content_type })
}

/// Decodes inline data as it is written in the body. `None` if it does not
/// decode, which `find` has ruled out.
#[must_use]
pub fn decode(written: &str, encoding: Encoding) -> Option<Vec<u8>> {
    let text = match encoding {
        Encoding::Token => text_of_token(written)?,
        Encoding::Base64 | Encoding::Percent => unescaped(written)?,
    };
    match encoding {
        Encoding::Token => Parts::of(&text)?.unpack(usize::MAX),
        Encoding::Base64 => unpack_base64(&text, usize::MAX),
        Encoding::Percent => Some(decode_bytes(text.as_bytes())),
    }
}

/// Returns what a token says that stands in the body, or in a string in it.
fn text_of_token(written: &str) -> Option<Cow<'_, str>> {
    let mut token = Cow::Borrowed(written);
    for _ in 0..MAX_NESTING {
        if !token.starts_with('"') {
            token = Cow::Owned(unescaped(&token)?.into_owned());
        }
    }
    match token {
        Cow::Borrowed(token) => json::decode_string(token),
        Cow::Owned(token) => json::decode_string(&token).map(|text| Cow::Owned(text.into_owned())),
    }
}

/// Returns what a part of a string token says.
fn unescaped(written: &str) -> Option<Cow<'_, str>> {
    if !written.contains('\\') {
        return Some(Cow::Borrowed(written));
    }
    Some(Cow::Owned(json::decode_string(&format!("\"{written}\""))?.into_owned()))
}

/// Inline data, taken apart.
struct Parts<'a> {
    media: &'a str,
    data: &'a str,
    /// Where in the text, but for what stands around it, the data begins.
    start: usize,
    is_base64: bool,
    /// Whether it is no `data:` URI.
    is_bare: bool,
}

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Option<Self> {
        let text = text.trim_matches(is_around);
        match text.split_at_checked(5) {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("data:") => Self::of_uri(rest),
            _ => Some(Self { media: "", data: text, start: 0, is_base64: true, is_bare: true }),
        }
    }

    /// Reads what follows `data:`; prose that begins with it is no URI.
    fn of_uri(rest: &'a str) -> Option<Self> {
        let comma = comma(rest)?;
        let (head, data) = (rest.get(..comma)?, rest.get(comma + 1..)?);
        let (types, is_base64) = without_base64(head);
        let media = types.split(';').next().unwrap_or_default().trim_ascii();
        let parts = Self { media, data, start: comma + 6, is_base64, is_bare: false };
        let is_sound = (media.is_empty() || media_type::is_type(media))
            && (is_base64 || is_url_text(data) || (parts.may_be_raw() && head.starts_with(media)));
        is_sound.then_some(parts)
    }

    /// Whether data that is not encoded as URLs are is a document and no prose.
    /// What follows a `#` is no part of it, and is rather kept as text than lost.
    fn may_be_raw(&self) -> bool {
        let media = media_type::essence(self.media);
        let kinds = ["application/", "audio/", "image/", "model/", "text/", "video/"];
        media != "text/plain"
            && kinds.iter().any(|kind| media.starts_with(kind))
            && !self.data.contains('#')
    }

    /// Returns the first `most` bytes; `None` if not all of it decodes.
    fn unpack(&self, most: usize) -> Option<Vec<u8>> {
        if self.is_base64 {
            return unpack_base64(self.data.split('#').next()?, most);
        }
        let bytes = self.data.bytes().filter(|byte| !matches!(byte, b'\t' | b'\n' | b'\r'));
        Some(decoded(bytes).take(most).collect())
    }
}

/// Whether it may stand around a file without being part of it.
fn is_around(c: char) -> bool {
    c.is_control() || c.is_whitespace() || c == '\u{feff}'
}

/// Returns where the head of a `data:` URI ends. The standard does not look for
/// quotes, and would cut a name in two that has a comma.
fn comma(rest: &str) -> Option<usize> {
    let mut is_quoted = false;
    let outside = rest.find(|c| {
        is_quoted ^= c == '"';
        c == ',' && !is_quoted
    });
    outside
        .filter(|at| rest.get(..*at).is_some_and(|head| without_base64(head).1))
        .or_else(|| rest.find(','))
}

/// Returns a head without its mark of base64, and whether it has one.
fn without_base64(head: &str) -> (&str, bool) {
    let is_mark = |mark: &str| {
        let spaced = |byte: &u8| byte.is_ascii_whitespace();
        mark.bytes()
            .filter(|byte| !spaced(byte))
            .map(|byte| byte.to_ascii_lowercase())
            .eq(*b"base64")
    };
    match head.rsplit_once(';') {
        Some((types, mark)) if is_mark(mark) => (types, true),
        _ => (head, false),
    }
}

/// Whether `text` has only characters that a URL may hold.
fn is_url_text(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_graphic() && !b"\"<>\\^`{|}#".contains(&b))
}

/// Returns the first `most` bytes of base64 in either alphabet, with or without
/// padding and white space, percent-encoded or not; `None` if not all decodes.
fn unpack_base64(data: &str, most: usize) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(most.min(data.len() / 4 * 3 + 3));
    let (mut bits, mut digits, mut padding) = (0_u32, 0_usize, 0_usize);
    for byte in decoded(data.bytes()) {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b'=' => {
                padding += 1;
                continue;
            }
            _ if byte.is_ascii_whitespace() => continue,
            _ => return None,
        };
        if padding > 0 {
            return None;
        }
        bits = bits << 6 | u32::from(digit);
        digits += 1;
        let spare = [0, 6, 4, 2].get(digits % 4).copied().unwrap_or_default();
        if spare < 6 && out.len() < most {
            out.extend((bits >> spare).to_le_bytes().first());
        }
    }
    (digits % 4 != 1 && padding <= 2).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

    fn png(len: usize) -> Vec<u8> {
        let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
        bytes.extend((0..len).map(|i| u8::try_from(i % 251).unwrap()));
        bytes
    }

    /// The bytes and the type of a string, which is copied from its token.
    fn unpacked(text: &str, key: Option<&str>) -> Option<(Vec<u8>, Option<String>)> {
        let found = find(text, key)?;
        let token = json::encode_string(text);
        let bytes = decode(&token, Encoding::Token);
        let nested = json::encode_string(&token);
        let nested =
            nested.trim_matches('"').strip_suffix('\\').map(|inner| format!("{inner}\\\""));
        assert_eq!(nested.and_then(|nested| decode(&nested, Encoding::Token)), bytes, "nested");
        assert_eq!(decode(&token.replace('/', "\\/"), Encoding::Token), bytes, "slashes");
        Some((bytes?, found.content_type))
    }

    fn lines(text: &str, end: &str) -> String {
        let lines: Vec<_> =
            text.as_bytes().chunks(76).map(|l| str::from_utf8(l).unwrap()).collect();
        lines.join(end)
    }

    #[test]
    fn bare_base64_is_a_file_where_a_key_says_so() {
        for len in [1_000, 1_001, 1_002] {
            let text = STANDARD.encode(png(len));
            let want = Some((png(len), Some("image/png".to_owned())));
            assert_eq!(unpacked(&text, Some("prompt")), None);
            let bare = text.trim_end_matches('=').to_owned();
            for text in [
                lines(&text, "\n"),
                lines(&text, "\r\n ") + "\n",
                format!("\u{feff} {text}"),
                URL_SAFE_NO_PAD.encode(png(len)),
                text,
                bare,
            ] {
                assert_eq!(unpacked(&text, Some("data_uri")), want, "{text}");
                assert_eq!(unpacked(&text, Some("b64_json")), want);
            }
        }
    }

    #[test]
    fn text_and_small_data_stay_text() {
        let small = STANDARD.encode(png(100));
        let full = STANDARD.encode(png(2_000));
        for text in [
            "a".repeat(2_000),
            small,
            format!("{full}!"),
            format!("{full}A"),
            format!("{full}==="),
            format!("={full}"),
            format!("{full}%zz"),
        ] {
            assert_eq!(find(&text, Some("data_uri")), None, "{text}");
            assert_eq!(find(&format!("data:image/png;base64,{text}!"), None), None, "{text}");
        }
    }

    #[test]
    fn prose_that_begins_with_data_stays_text() {
        let long = "x".repeat(1_500);
        for text in [
            format!("Data: the picture shows a cat, {long}"),
            format!("data: {{\"id\":1, \"n\":2}} data: {long}"),
            format!("data:text/plain,a \"b\" {long}"),
            format!("Data: image/png, and \"none\" {long}"),
            format!("data: n/a, as there is \"none\" {long}"),
            format!("data:te xt/plain,{long}"),
            format!("data:image/svg+xml,<svg fill=\"#fff\">{long}"),
            format!("data: {long}"),
            format!("data:; see, {long}"),
        ] {
            assert_eq!(find(&text, None), None, "{text:.40}");
        }
    }

    #[test]
    fn a_data_uri_is_read_as_browsers_read_it() {
        let base64 = STANDARD.encode(png(1_500));
        let safe = URL_SAFE_NO_PAD.encode(png(1_500));
        let coded = base64.replace('+', "%2B").replace('/', "%2f").replace('=', "%3D");
        let want = Some((png(1_500), Some("image/png".to_owned())));
        for text in [
            format!("data:image/png;base64,{base64}"),
            format!("DATA:IMAGE/PNG;BASE64,{base64}"),
            format!("data:image/png;base64,{}", lines(&base64, "\r\n")),
            format!("data:image/png;base64,{}", lines(&base64, "%0A")),
            format!(" \ndata:image/png;base64, {base64}\n"),
            format!("data: image/png ; base64 ,{base64}"),
            format!("data:image/png;charset=utf-8; base64,{base64}"),
            format!("data:image/png;\nbase64,{base64}"),
            format!("data:image/png;base64,{safe}"),
            format!("data:image/png;base64,{coded}"),
            format!("data:image/png;base64,{base64}#t=1"),
            format!("data:image/png;name=\"my file.png\";base64,{base64}"),
            format!("data:image/png;name=\"a;b, c.png\";base64,{base64}"),
            format!("data:image/x-png;base64,{base64}"),
            format!("data:;base64,{base64}"),
            format!("data:application/octet-stream;base64,{base64}"),
        ] {
            assert_eq!(unpacked(&text, None), want, "{text:.60}");
        }
    }

    #[test]
    fn percent_encoded_and_raw_documents_are_files() {
        let long = "x".repeat(1_100);
        let svg = Some("image/svg+xml".to_owned());
        for (text, want) in [
            (format!("data:image/svg+xml,%3Csvg%3E{long}"), format!("<svg>{long}")),
            (format!("data:image/svg+xml;utf8,<svg a='é'>\n{long}"), format!("<svg a='é'>{long}")),
            (format!("data:image/svg+xml,100%<svg> {long} "), format!("100%<svg> {long}")),
        ] {
            assert_eq!(unpacked(&text, Some("icon")), Some((want.into_bytes(), svg.clone())));
        }
        let plain = format!("data:,{long}");
        assert_eq!(unpacked(&plain, None), Some((long.into_bytes(), None)));
    }

    #[test]
    fn older_records_are_read() {
        let base64 = STANDARD.encode(png(10));
        assert_eq!(decode(&base64, Encoding::Base64), Some(png(10)));
        assert_eq!(decode(&base64.replace('/', "\\/"), Encoding::Base64), Some(png(10)));
        assert_eq!(decode("a%20b\\/", Encoding::Percent), Some(b"a b/".to_vec()));
    }
}
