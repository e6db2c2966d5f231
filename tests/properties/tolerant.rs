//! Properties of the tolerant reader, for any bytes.

use crate::generate::cases;
use crate::generate::text::{body, broken, value};
use hookvault::domain::json::{decimal, tolerant, whole};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::time::{Duration, Instant};

/// Generates bytes of any kind: random ones, JSON with a byte changed,
/// near-JSON.
pub(super) fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(&b"\xef\xbb\xbf"[..]),
        Just(&b"NaN"[..]),
        Just(&b"-Infinity"[..]),
        Just(&b"\xf0\x9f"[..]),
        Just(&b"\n\0"[..]),
        Just(&b"payload=%7B%22a%22:1%7D"[..]),
        Just(&b"\""[..]),
    ];
    let mixed = (body(), any::<prop::sample::Index>(), piece).prop_map(|(body, at, piece)| {
        let mut bytes = body.into_bytes();
        let at = at.index(bytes.len() + 1);
        bytes.splice(at..at, piece.iter().copied());
        bytes
    });
    prop_oneof![
        2 => vec(any::<u8>(), 0..60),
        2 => broken().prop_map(String::into_bytes),
        3 => mixed,
        1 => vec(any::<u8>(), 0..40).prop_map(|bytes| [b"a=", bytes.as_slice()].concat()),
    ]
}

proptest! {
    #![proptest_config(cases(600))]

    #[test]
    fn the_returned_text_is_json_and_stays_the_same(bytes in bytes()) {
        if let Ok(text) = tolerant(&bytes) {
            prop_assert!(serde_json::from_str::<&RawValue>(&text).is_ok(), "{text}");
            let again = tolerant(text.as_bytes());
            prop_assert!(matches!(again, Ok(Cow::Borrowed(same)) if same == text));
        } else {
            prop_assert!(serde_json::from_slice::<&RawValue>(&bytes).is_err());
        }
    }

    #[test]
    fn valid_json_is_returned_as_it_is(text in prop_oneof![body().boxed(), value()]) {
        prop_assert!(matches!(tolerant(text.as_bytes()), Ok(Cow::Borrowed(same)) if same == text));
    }

    #[test]
    fn a_mark_before_it_changes_nothing(text in body()) {
        let marked = ["\u{feff}", &text].concat();
        prop_assert_eq!(tolerant(marked.as_bytes()).map(Cow::into_owned), Ok(text));
    }

    #[test]
    fn only_broken_text_is_replaced(text in body(), broken in vec(any::<u8>(), 0..8)) {
        let middle = String::from_utf8_lossy(&broken);
        prop_assume!(!middle.contains(['"', '\\']) && !middle.contains(|c: char| c < ' '));
        let sent = [b"{\"log\":\"", broken.as_slice(), b"\",\"n\":NaN,\"is\":", text.as_bytes(), b"}"];
        let meant = format!(r#"{{"log":"{middle}","n":null,"is":{text}}}"#);
        prop_assert_eq!(tolerant(&sent.concat()).map(Cow::into_owned), Ok(meant));
    }

    #[test]
    fn an_object_in_a_form_is_that_object(text in body()) {
        let escaped: Vec<String> = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let escaped = escaped.concat();
        let form = format!("a=1&payload={escaped}&b=x+y");
        prop_assert_eq!(tolerant(form.as_bytes()).map(Cow::into_owned), Ok(text));
    }

    #[test]
    fn a_decimal_is_the_number_that_was_written(digits in "[1-9][0-9]{0,30}", zeros in 0_usize..40) {
        let moved = format!("{digits}{}e-{zeros}", "0".repeat(zeros));
        let pointed = format!("0.{}{digits}E+{}", "0".repeat(zeros), zeros + digits.len());
        for written in [digits.clone(), format!("{digits}.000"), moved, pointed] {
            prop_assert_eq!(decimal(&written), Some(digits.clone()), "{}", written);
            prop_assert_eq!(whole(&written), digits.parse().ok());
        }
    }

    #[test]
    fn a_decimal_is_short_and_is_itself(text in "-?[0-9]{1,9}(\\.[0-9]{1,200})?([eE][+-]?[0-9]{1,12})?") {
        if let Some(number) = decimal(&text) {
            prop_assert!(number.len() <= 128);
            prop_assert_eq!(decimal(&number), Some(number.clone()));
            let (ours, theirs): (f64, f64) = (number.parse().unwrap_or(-1.0), text.parse().unwrap_or(-2.0));
            prop_assert_eq!(ours.abs().to_bits(), theirs.abs().to_bits());
        }
    }
}

type Make = Box<dyn Fn(usize) -> Vec<u8>>;

#[expect(clippy::disallowed_methods, reason = "a test on the host has a clock")]
fn time(run: impl FnOnce()) -> Duration {
    let begun = Instant::now();
    run();
    begun.elapsed()
}

/// Returns whether four times the input takes at most five times as long. The
/// machine may be busy, so there are several tries; a quadratic reader passes
/// none.
fn is_linear<T>(make: impl Fn(usize) -> T, read: impl Fn(&T)) -> bool {
    let time = |n| {
        let input = make(n);
        time(|| read(&input))
    };
    (0..12).any(|_| time(200_000) <= time(50_000) * 5)
}

#[test]
fn the_time_is_linear() {
    let list = |item: &str, n: usize| format!("[{}1]", format!("{item},").repeat(n)).into_bytes();
    let strange: [(&str, Make); 8] = [
        ("NaN", Box::new(move |n| list("NaN", n))),
        ("control characters", Box::new(|n| format!("[\"{}\"]", "\n".repeat(n)).into_bytes())),
        (
            "broken characters",
            Box::new(|n| [b"[\"", b"\xff".repeat(n).as_slice(), b"\"]"].concat()),
        ),
        ("backslashes", Box::new(|n| format!("\u{feff}[\"{}", "\\".repeat(n)).into_bytes())),
        ("quotes", Box::new(|n| "\"".repeat(n).into_bytes())),
        ("brackets", Box::new(|n| "[".repeat(n).into_bytes())),
        ("fields", Box::new(|n| "a=%7B%7&".repeat(n).into_bytes())),
        ("half objects in fields", Box::new(|n| "a=%7B%22a%22:NaN&".repeat(n).into_bytes())),
    ];
    for (name, make) in strange {
        let read = |bytes: &Vec<u8>| drop(std::hint::black_box(tolerant(bytes)));
        assert!(is_linear(make, read), "{name}");
    }
    let number = |n| format!("1{}e-{n}", "0".repeat(n));
    let read = |token: &String| assert_eq!(decimal(token).as_deref(), Some("1"));
    assert!(is_linear(number, read), "a number");
}
