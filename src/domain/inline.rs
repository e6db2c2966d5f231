//! Files that are written into the result itself: `data:` URIs and bare
//! base64.

use super::media;
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Shorter data stays in the result as it is: thumbnails and placeholders.
pub const MIN_INLINE_CHARS: usize = 1_024;

/// Characters of base64 that hold enough bytes for every magic number.
const HEAD_CHARS: usize = media::HEAD_BYTES / 3 * 4;

/// Upstreams differ on padding; both forms are unambiguous.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// How inline bytes are written in the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Encoding {
    /// Base64, standard alphabet.
    Base64,
    /// Percent-encoded text (RFC 2397 without `;base64`).
    Percent,
}

/// Inline data in a string token.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Inline {
    /// The data's place in the token as written.
    pub span: Range<usize>,
    pub encoding: Encoding,
    pub content_type: Option<String>,
}

/// Finds inline data in a string, given decoded and as its token.
pub(super) fn find(text: &str, token: &str, key: Option<&str>) -> Option<Inline> {
    if text.len() <= MIN_INLINE_CHARS {
        return None;
    }
    let end = token.len().checked_sub(1)?;
    if text.get(..5)?.eq_ignore_ascii_case("data:") {
        return find_data_uri(text, token, end);
    }
    let named = key.is_some_and(|key| key.ends_with("_uri") || key == "b64_json");
    if !named || !is_base64(text) {
        return None;
    }
    let content_type = Some(sniff_base64(text)?.to_owned());
    Some(Inline { span: 1..end, encoding: Encoding::Base64, content_type })
}

/// A `data:` URI as RFC 2397 has it; prose that begins with `data:` is none.
fn find_data_uri(text: &str, token: &str, end: usize) -> Option<Inline> {
    let (head, data) = text.split_once(',')?;
    // Written with escapes, its data would begin elsewhere in the token.
    token.strip_prefix('"')?.strip_prefix(head)?.strip_prefix(',')?;
    let mut parts = head.get(5..)?.split(';');
    let media = parts.next()?;
    let content_type = if media.is_empty() { None } else { Some(media::essence(media)) };
    if content_type.as_ref().is_some_and(|media| !media::is_type(media)) {
        return None;
    }
    let parameters: Vec<&str> = parts.collect();
    let is_base64_uri = parameters.last().is_some_and(|last| last.eq_ignore_ascii_case("base64"));
    let is_decodable = if is_base64_uri { is_base64(data) } else { is_url_text(data) };
    let encoding = if is_base64_uri { Encoding::Base64 } else { Encoding::Percent };
    let is_sound = is_decodable && parameters.iter().all(|parameter| is_url_text(parameter));
    is_sound.then_some(Inline { span: head.len() + 2..end, encoding, content_type })
}

/// Whether `text` has only characters that a URL may hold.
fn is_url_text(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&b))
}

/// Whether all of `text` decodes, without decoding all of it: the alphabet,
/// the padding, and the last quantum's spare bits.
fn is_base64(text: &str) -> bool {
    let data = text.trim_end_matches('=');
    let alphabet = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/');
    let tail = data.len() - data.len() % 4;
    data.bytes().all(alphabet)
        && text.len() - data.len() <= 2
        && BASE64.decode(text.get(tail..).unwrap_or_default()).is_ok()
}

fn sniff_base64(text: &str) -> Option<&'static str> {
    media::sniff(&BASE64.decode(text.get(..HEAD_CHARS)?).ok()?)
}

/// Decodes inline data as it is written in the body. `None` if it does not
/// decode, which [`find`] has ruled out.
#[must_use]
pub fn decode(written: &str, encoding: Encoding) -> Option<Vec<u8>> {
    // A JSON writer may escape the slashes of base64.
    let plain = if written.contains('\\') {
        super::json::decode_string(&format!("\"{written}\""))?.into_owned().into()
    } else {
        std::borrow::Cow::Borrowed(written)
    };
    match encoding {
        Encoding::Base64 => BASE64.decode(plain.as_bytes()).ok(),
        Encoding::Percent => Some(percent_decode(plain.as_bytes())),
    }
}

pub(super) fn percent_decode(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((&byte, after)) = rest.split_first() {
        let escaped = (byte == b'%').then(|| after.get(..2)).flatten();
        if let Some(decoded) = escaped.and_then(|digits| hex::decode(digits).ok()) {
            out.extend(decoded);
            rest = after.get(2..).unwrap_or_default();
        } else {
            out.push(byte);
            rest = after;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(len: usize) -> Vec<u8> {
        let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
        bytes.extend((0..len).map(|i| u8::try_from(i % 251).unwrap()));
        bytes
    }

    fn round_trip(text: &str, token: &str, key: Option<&str>) -> Option<(Vec<u8>, Option<String>)> {
        let found = find(text, token, key)?;
        Some((decode(token.get(found.span)?, found.encoding)?, found.content_type))
    }

    #[test]
    fn bare_base64_is_a_file_where_a_key_says_so() {
        for len in [1_000, 1_001, 1_002] {
            let text = BASE64.encode(png(len));
            let token = format!("\"{text}\"");
            let want = Some((png(len), Some("image/png".to_owned())));
            assert_eq!(round_trip(&text, &token, Some("data_uri")), want);
            assert_eq!(round_trip(&text, &token, Some("b64_json")), want);
            assert_eq!(round_trip(&text, &token, Some("prompt")), None);
            let bare = text.trim_end_matches('=');
            assert_eq!(round_trip(bare, &format!("\"{bare}\""), Some("data_uri")), want);
            let escaped = token.replace('/', "\\/");
            assert_eq!(round_trip(&text, &escaped, Some("data_uri")), want);
        }
    }

    #[test]
    fn text_and_small_data_stay_text() {
        let prose = "a".repeat(2_000);
        assert_eq!(find(&prose, &format!("\"{prose}\""), Some("data_uri")), None);
        let small = BASE64.encode(png(100));
        assert_eq!(find(&small, &format!("\"{small}\""), Some("data_uri")), None);
        let broken = format!("{}!", BASE64.encode(png(2_000)));
        assert_eq!(find(&broken, &format!("\"{broken}\""), Some("data_uri")), None);
    }

    #[test]
    fn prose_that_begins_with_data_stays_text() {
        let long = "x".repeat(1_500);
        for text in [
            format!("Data: the picture shows a cat, {long}"),
            format!("data: {{\"id\":1, \"n\":2}} data: {long}"),
            format!("data:text/plain,a \"b\" {long}"),
            format!("data:te xt/plain,{long}"),
        ] {
            assert_eq!(find(&text, &format!("\"{text}\""), None), None, "{text:.40}");
        }
        let escaped = format!("\"data:text/plain\\u002cabc,{long}\"");
        let decoded = format!("data:text/plain,abc,{long}");
        assert_eq!(find(&decoded, &escaped, None), None);
    }

    #[test]
    fn data_uris_are_files_anywhere() {
        let text = format!("data:image/png;base64,{}", BASE64.encode(png(1_500)));
        let want = Some((png(1_500), Some("image/png".to_owned())));
        assert_eq!(round_trip(&text, &format!("\"{text}\""), None), want);
        let svg = format!("data:image/svg+xml,%3Csvg%3E{}", "x".repeat(1_100));
        let (bytes, media) = round_trip(&svg, &format!("\"{svg}\""), Some("icon")).unwrap();
        assert_eq!(media.as_deref(), Some("image/svg+xml"));
        assert!(bytes.starts_with(b"<svg>x") && bytes.len() == 5 + 1_100);
    }
}
