//! Properties of times, cursors and media types, well formed or not.

use crate::generate::cases;
use hookvault::domain::catalog::cursor::PageCursor;
use hookvault::domain::file::media_type;
use hookvault::domain::time::Timestamp;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// The first bytes of files.
const MAGIC: [&[u8]; 9] = [
    b"RIFF\0\0\0\0",
    b"\0\0\0\x20ftyp",
    b"PK\x03\x04",
    b"\x1a\x45\xdf\xa3",
    b"\xff\xd8",
    b"BM",
    b"%PDF",
    b"ID3",
    b"",
];

proptest! {
    #![proptest_config(cases(600))]

    #[test]
    fn cursors_survive_the_round_trip(
        (millis, home) in (prop_oneof![0..1_u64 << 54, any::<u64>()], any::<String>()),
        other in prop_oneof!["[0-9a-f]{0,30}", "3[0-9]20[0-9a-f]{0,6}", any::<String>()],
    ) {
        let place = PageCursor { created_at: Timestamp::from_millis(millis), home };
        // The catalog's SQL could not take larger numbers.
        assert_eq!(PageCursor::from_cursor(&place.to_cursor()), Some(place).filter(|_| millis < 1 << 53));
        if let Some(place) = PageCursor::from_cursor(&other) {
            assert_eq!(PageCursor::from_cursor(&place.to_cursor()), Some(place));
        }
    }

    #[test]
    fn any_time_is_read_or_none(
        text in prop_oneof!["[0-9TZ:. +-]{0,30}", "[0-9]{4}-[01][0-9]-[0-3][0-9]T.{0,15}"],
        (millis, more) in (prop_oneof![0..300_000_000_000_000_u64, any::<u64>()], any::<u64>()),
    ) {
        let _read = (Timestamp::parse_iso8601(&text), Timestamp::parse(&text));
        let time = Timestamp::from_millis(millis);
        assert_eq!(time.plus(more).since(time), more.min(u64::MAX - millis));
        assert_eq!(Timestamp::from_seconds(millis).as_millis(), millis.saturating_mul(1_000));
        let day = time.day();
        let midnight = Timestamp::parse_iso8601(&format!("{day}T00:00:00Z"));
        let is_far = millis > 253_402_300_799_999;
        assert!(is_far || midnight.is_some_and(|midnight| time.since(midnight) < 86_400_000));
        assert!(day.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-".contains(&b)), "{day}");
    }

    #[test]
    fn an_accepted_type_fits_a_header(
        text in prop_oneof![
            any::<String>(),
            "[a-zA-Z/+.; =,-]{0,20}",
            "[a-z]{1,5}/[a-z]{1,5}(;[a-z=, é]{0,9})?",
            "a\\.(mp4|PNG|jpg|é|[a-z]{0,4})",
        ],
    ) {
        if media_type::is_type(&text) {
            assert!(text.bytes().all(|b| (b' '..=b'~').contains(&b)) && !text.contains(','));
            assert_eq!(media_type::essence(&text).matches('/').count(), 1);
        }
        let named = media_type::type_of_name(&text);
        let again = named.and_then(media_type::extension_of_type).map(|x| format!("a.{x}"));
        assert!(again.is_none_or(|name| media_type::type_of_name(&name) == named));
    }

    #[test]
    fn any_bytes_are_sniffed(
        magic in select(&MAGIC[..]),
        rest in vec(prop_oneof![Just(0), any::<u8>()], 0..media_type::HEAD_BYTES),
    ) {
        let head = [magic, &rest].concat();
        for length in 0..head.len() {
            let media = head.get(..length).and_then(media_type::sniff);
            assert!(media.is_none_or(|media| media_type::is_type(media) && !media_type::is_vague(media)));
        }
    }
}
