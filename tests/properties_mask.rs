//! No secret leaves, and nothing else changes.

#![expect(clippy::string_slice, reason = "a panic is how a test fails")]

mod common;
mod generate;
mod oracle;

use generate::text::{body, value, written};
use generate::{cases, word};
use hookvault::domain::json;
use hookvault::domain::mask::{self, Secrets};
use oracle::json::{decoded, strings};
use proptest::collection::vec;
use proptest::prelude::*;

const TOKEN: &str = "[A-Za-z0-9_-]{16,40}";

/// A hook token in use, in what may stand around it.
fn with_token(token: &str) -> impl Strategy<Value = String> + use<> {
    let token = token.to_owned();
    let around =
        word("@ https://h/hook/@/ref /hook/@ https%3A%2F%2Fh%2Fhook%2F@ é@é @@ a?b=@ http://h/@?@");
    around.prop_map(move |text| text.replace('@', &token))
}

/// A presigned URL whose signature is `secret`.
fn with_signature(secret: &str) -> impl Strategy<Value = String> + use<> {
    let secret = secret.to_owned();
    let around = word(
        "https://h/f?X-Amz-Signature=@ https://h/f?a=b&x-amz-signature=@&X-Amz-Expires=1 \
         http://h/my_clip.mp4?sig=@ https://h/f?Expires=1&Signature=@&Key-Pair-Id=K \
         https://h/f?X-Goog-Signature=@#t=1",
    );
    let spaced = prop_oneof![Just(" "), Just("_")];
    (around, spaced).prop_map(move |(text, space)| text.replace('_', space).replace('@', &secret))
}

/// Where a string may stand: `tokens` as a value, a key, and in a list.
fn document(tokens: &[String], rest: &str) -> String {
    let [first, second, third] = tokens else { return String::new() };
    format!(r#"{{"a": [ {first},1.10 ], {second} :{rest}, "z":{{"b":{third}}}}}"#)
}

/// Whether a decoded string of the JSON text holds `secret`.
fn tells(text: &str, secret: &str) -> bool {
    let has = |token: &str| decoded(token).is_some_and(|string| string.contains(secret));
    text.contains(secret) || strings(text).into_iter().any(|span| has(&text[span]))
}

/// A document with three strings that hold the secret, each escaped some way.
fn secrets(
    secret: &'static str,
    hide: fn(&str) -> BoxedStrategy<String>,
) -> impl Strategy<Value = (String, String)> {
    let strings = secret.prop_flat_map(move |secret| {
        let escaped = (hide(&secret), any::<u64>()).prop_map(|(text, how)| written(&text, how));
        (Just(secret), vec(escaped, 3), value())
    });
    strings.prop_map(|(secret, tokens, rest)| (document(&tokens, &rest), secret))
}

proptest! {
    #![proptest_config(cases(200))]

    #[test]
    fn no_hook_token_leaves((text, token) in secrets(TOKEN, |token| with_token(token).boxed())) {
        let tokens = Secrets::of(["another-token-012345", &token]);
        // A string that no Rust string can hold.
        let text = text.replace(&format!("\"{token}"), &format!(r#""\ud800{token}"#));
        for masked in [mask::json_text(&text, &tokens), mask::result(&text, &tokens)] {
            assert_eq!(json::check(&masked), Ok(()));
            assert!(!tells(&masked, &token), "{masked}");
        }
        let masked = mask::bytes(text.into_bytes(), &tokens);
        assert!(!tells(&String::from_utf8_lossy(&masked), &token));
    }

    #[test]
    fn no_signature_leaves(
        (text, secret) in secrets(TOKEN, |secret| with_signature(secret).boxed()),
    ) {
        for masked in [mask::json_text(&text, &Secrets::default()), mask::result(&text, &Secrets::default())] {
            assert_eq!(json::check(&masked), Ok(()));
            assert!(!tells(&masked, &secret), "{masked}");
        }
    }

    #[test]
    fn none_leaves_what_is_no_json(
        (token, cut) in (TOKEN, 1..20_usize),
        around in vec(any::<u8>(), 0..20),
    ) {
        let text = format!(r#"{{"a":"/hook/{token}","b":"{token}","c":"https://h/f?sig={token} "#);
        for body in [text.clone(), text.replace('/', "\\/"), text[..text.len() - cut].to_owned()] {
            let body = [around.as_slice(), body.as_bytes(), &around].concat();
            let masked = mask::bytes(body, &Secrets::of([token.as_str()]));
            assert!(!String::from_utf8_lossy(&masked).contains(&token));
        }
    }

    #[test]
    fn a_token_of_the_past_is_hidden_in_its_url(
        (token, rest) in (TOKEN, "[/ ?\"é].{0,9}"),
        mark in word("https://h/hook/ \\/hook\\/ https%3A%2F%2Fh%2Fhook%2F %2fhook%2f"),
    ) {
        let masked = mask::plain_text(&format!("{mark}{token}{rest}"), &Secrets::default()).into_owned();
        assert!(masked.starts_with(&format!("{mark}***")), "{masked}");
        assert!(!masked.contains(&token));
    }

    #[test]
    fn only_strings_that_hold_a_secret_change(text in body()) {
        let tokens = Secrets::of(["a-token-0123456789"]);
        for masked in [mask::json_text(&text, &tokens), mask::result(&text, &tokens)] {
            assert_eq!(json::check(&masked), Ok(()));
            let (before, after) = (strings(&text), strings(&masked));
            assert_eq!(before.len(), after.len());
            let (mut at, mut at_masked) = (0, 0);
            for (old, new) in before.into_iter().zip(after) {
                assert_eq!(&text[at..old.start], &masked[at_masked..new.start], "between strings");
                let is_same = text[old.clone()] == masked[new.clone()];
                assert!(is_same || masked[new.clone()].contains(mask::MASK));
                let marks = ["?", "hook", "a-token-0123456789"];
                let has_mark = |string: String| marks.iter().any(|mark| string.contains(mark));
                assert!(is_same || decoded(&text[old.clone()]).is_none_or(has_mark));
                (at, at_masked) = (old.end, new.end);
            }
            assert_eq!(&text[at..], &masked[at_masked..]);
        }
    }

    #[test]
    fn what_is_masked_stays_so(text in body()) {
        let tokens = Secrets::of(["a-token-0123456789"]);
        let once = mask::json_text(&text, &tokens).into_owned();
        assert_eq!(mask::json_text(&once, &tokens), once.as_str());
    }
}
