//! Properties of files in a body: they decode to the bytes that were encoded.

#![expect(clippy::expect_used, clippy::string_slice, reason = "a panic is how a test fails")]

use crate::generate::text::written;
use crate::generate::{cases, one};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hookvault::domain::file::discover::discover;
use hookvault::domain::file::discover::found::FoundAt;
use hookvault::domain::file::inline::{self, MIN_INLINE_CHARS};
use hookvault::domain::file::source_policy::SourcePolicy;
use hookvault::domain::json;
use proptest::collection::vec;
use proptest::prelude::*;
use std::fmt::Write;

/// Decodes the one inline file in `value`, under a key that marks inline data.
fn unpacked(value: &str, how: u64) -> Option<Vec<u8>> {
    let body = format!(r#"{{"data_uri":{}}}"#, written(value, how));
    json::check(&body).expect("JSON");
    let found = discover(&body, &SourcePolicy::parse("h").0);
    let FoundAt::Inline { span, encoding, .. } = &found.files.first()?.origin else { return None };
    inline::decode(&body[span.clone()], *encoding)
}

/// Generates the beginning of a picture's `data:` URI.
fn heads() -> impl Strategy<Value = String> {
    let types = one(&["image/png", "", " image/png ", "IMAGE/X-PNG", "application/octet-stream"]);
    let parameters = one(&["", ";a=b", "; a = b", r#";name="a, b;c.png""#, ";charset=utf-8;x"]);
    let mark = one(&[";base64,", "; base64,", ";BASE64 ,", ";base64,\n"]);
    (one(&["data:", "DATA:", "\n data:"]), types, parameters, mark)
        .prop_map(|(scheme, types, parameters, mark)| scheme + &types + &parameters + &mark)
}

/// Writes base64 in either alphabet, with or without padding, in lines.
fn spelled(base64: &str, how: u64, space: &str) -> String {
    let bare = if how & 1 == 0 { base64.trim_end_matches('=') } else { base64 };
    let text =
        if how & 2 == 0 { bare.to_owned() } else { bare.replace('+', "-").replace('/', "_") };
    let lines: Vec<&str> =
        text.as_bytes().chunks(76).map(|line| str::from_utf8(line).expect("ASCII")).collect();
    lines.join(space)
}

proptest! {
    #![proptest_config(cases(100))]

    #[test]
    fn base64_is_unpacked_to_its_bytes(
        (bytes, how) in (vec(any::<u8>(), MIN_INLINE_CHARS..1_200), any::<u64>()),
        (at, odd) in (any::<prop::sample::Index>(), "[!é\u{1}=]"),
        (head, space) in (heads(), one(&["", "\n", "\r\n", " ", "\t", "%0A"])),
    ) {
        let png = [b"\x89PNG\r\n\x1a\n".to_vec(), bytes].concat();
        let text = spelled(&STANDARD.encode(&png), how, &space);
        assert_eq!(unpacked(&text, how).as_ref(), Some(&png), "bare");
        let uri = format!("{head}{text}");
        assert_eq!(unpacked(&uri, how).as_ref(), Some(&png), "{head}");
        let at = at.index(text.trim_end_matches('=').len());
        let broken = format!("{}{odd}{}", &text[..at], &text[at..]);
        assert_eq!(unpacked(&broken, how), None, "one odd character");
    }

    #[test]
    fn percent_encoding_is_unpacked_to_its_bytes(
        bytes in vec(any::<u8>(), MIN_INLINE_CHARS..1_200),
    ) {
        let mut uri = "data:image/svg+xml;charset=utf-8,".to_owned();
        for (byte, is_upper) in bytes.iter().zip([true, false].into_iter().cycle()) {
            match byte {
                b if b.is_ascii_alphanumeric() => uri.push(char::from(*b)),
                b if is_upper => write!(uri, "%{b:02X}").expect("memory"),
                b => write!(uri, "%{b:02x}").expect("memory"),
            }
        }
        assert_eq!(unpacked(&uri, 0), Some(bytes));
    }
}
