//! Files that are written into a body come out as they went in.

#![expect(clippy::expect_used, clippy::string_slice, reason = "a panic is how a test fails")]

mod generate;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use generate::cases;
use generate::text::written;
use hookvault::domain::discover::{Origin, discover};
use hookvault::domain::inline::{self, MIN_INLINE_CHARS};
use hookvault::domain::json;
use hookvault::domain::source::SourcePolicy;
use proptest::collection::vec;
use proptest::prelude::*;
use std::fmt::Write;

/// The bytes of the one inline file in `value`, at a key that means one.
fn unpacked(value: &str, how: u64) -> Option<Vec<u8>> {
    let body = format!(r#"{{"data_uri":{}}}"#, written(value, how));
    json::check(&body).expect("JSON");
    let found = discover(&body, &SourcePolicy::parse("h").0);
    let Origin::Inline { span, encoding } = &found.files.first()?.origin else { return None };
    inline::decode(&body[span.clone()], *encoding)
}

proptest! {
    #![proptest_config(cases(100))]

    #[test]
    fn base64_is_unpacked_to_its_bytes(
        (bytes, how) in (vec(any::<u8>(), MIN_INLINE_CHARS..1_200), any::<u64>()),
        (at, odd) in (any::<prop::sample::Index>(), "[-_!% é\u{1}]"),
    ) {
        let png = [b"\x89PNG\r\n\x1a\n".to_vec(), bytes].concat();
        let full = STANDARD.encode(&png);
        let bare = full.trim_end_matches('=');
        let text = if how & 1 == 0 { bare } else { &full };
        assert_eq!(unpacked(text, how).as_ref(), Some(&png), "bare");
        let uri = format!("data:image/png;base64,{text}");
        // Written with an escape in its head, it is text.
        assert_eq!(unpacked(&uri, 0), Some(png), "a URI");
        let at = at.index(text.len());
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
