//! The scanner agrees with `serde_json`, byte for byte.

#![allow(clippy::string_slice, reason = "a panic is how a test fails")]

use crate::generate::cases;
use crate::generate::text::{body, broken, token, value};
use crate::oracle::json::{Leaf, decoded, leaves, members, place, strings};
use hookvault::domain::json::{self, MAX_DEPTH, Malformed};
use proptest::prelude::*;
use serde_json::Value;
use std::borrow::Cow;

/// Returns what the scanner walks over, in the oracle's format.
fn walked(text: &str) -> Vec<(String, &str, std::ops::Range<usize>)> {
    let mut found = Vec::new();
    json::walk(text, |path, token, span| found.push((path.pointer(10_000), token, span)));
    found
}

/// Returns the JSON pointer of RFC 6901.
fn pointer(leaf: &Leaf<'_>) -> String {
    let step = |step: &String| {
        let key = decoded(step).filter(|_| step.starts_with('"')).unwrap_or_else(|| step.clone());
        format!("/{}", key.replace('~', "~0").replace('/', "~1"))
    };
    leaf.path.iter().map(step).collect()
}

proptest! {
    #![proptest_config(cases(150))]

    #[test]
    fn every_value_is_walked_with_its_place(text in body()) {
        let want: Vec<_> =
            leaves(&text).into_iter().map(|leaf| (pointer(&leaf), leaf.token, leaf.span)).collect();
        assert_eq!(walked(&text), want);
    }

    #[test]
    fn a_values_surroundings_are_found(text in body()) {
        let leaves = leaves(&text);
        let key_of = |step: &String| decoded(step).filter(|_| step.starts_with('"'));
        let mut seen = 0;
        json::walk(&text, |path, _, _| {
            let leaf = &leaves[seen];
            assert_eq!(path.container(), leaf.holder);
            assert!(text[path.top()..].starts_with(&leaf.path[0]), "the top-level key");
            assert_eq!(path.top_key().map(Cow::into_owned), key_of(&leaf.path[0]));
            assert_eq!(path.key().map(Cow::into_owned), leaf.path.last().and_then(key_of));
            seen += 1;
        });
        assert_eq!(seen, leaves.len());
    }

    #[test]
    fn every_string_is_visited_keys_too(text in body()) {
        let mut found = Vec::new();
        json::strings(&text, |token, span| {
            assert_eq!(token, &text[span.clone()]);
            found.push(span);
        });
        assert_eq!(found, strings(&text));
    }

    #[test]
    fn members_are_found_as_they_are_written(text in body()) {
        let found = json::members(&text);
        let told: Vec<_> = found.iter().map(|m| (m.span.clone(), m.value)).collect();
        let want: Vec<_> = members(&text)
            .into_iter()
            .map(|(key, value)| (place(&text, key).start..place(&text, value).end, value))
            .collect();
        assert_eq!(told, want);
        for (member, (key, _)) in found.iter().zip(members(&text)) {
            assert_eq!(member.key.as_ref(), decoded(key).unwrap_or_else(|| key.to_owned()));
        }
    }

    #[test]
    fn a_text_that_is_no_object_is_refused(text in prop_oneof![broken(), value(), body(), ".{0,20}"]) {
        let checked = json::check(&text);
        match serde_json::from_str::<Value>(&text) {
            Ok(Value::Object(_)) => assert_eq!(checked, Ok(())),
            Ok(_) => assert_eq!(checked, Err(Malformed::NotAnObject)),
            // A text may hold values that a `Value` can't.
            Err(error) if checked.is_ok() => {
                let why = error.to_string();
                let known = ["surrogate", "unexpected end of hex escape", "out of range"];
                assert!(known.iter().any(|known| why.contains(known)), "{why}: {text}");
            }
            Err(_) => {}
        }
    }

    #[test]
    fn the_depth_limit_is_exact(
        (depth, is_array) in (MAX_DEPTH - 3..MAX_DEPTH + 3, any::<bool>()),
    ) {
        let (open, close) = if is_array { ("[", "]") } else { (r#"{"a":"#, "}") };
        let inner = depth - 1;
        let text = format!(r#"{{"a":{}1{}}}"#, open.repeat(inner), close.repeat(inner));
        let want = if depth <= MAX_DEPTH { Ok(()) } else { Err(Malformed::TooDeep) };
        assert_eq!(json::check(&text), want);
    }

    #[test]
    fn strings_are_read_as_serde_json_reads_them(token in token()) {
        assert_eq!(json::decode_string(&token).map(Cow::into_owned), decoded(&token));
    }

    #[test]
    fn any_text_is_written_as_its_token(
        text in prop_oneof![any::<String>(), "[\\PC\u{0}-\u{1f}\"\\\\]*"],
    ) {
        let token = json::encode_string(&text);
        assert_eq!(serde_json::from_str::<String>(&token).expect("a string"), text.clone());
        assert_eq!(json::decode_string(&token), Some(text.into()));
    }

    #[test]
    fn unchecked_text_does_no_harm(text in prop_oneof![broken(), any::<String>()]) {
        json::walk(&text, |path, _, _| drop((path.pointer(3), path.key(), path.top_key())));
        json::strings(&text, |_, _| {});
        drop((json::members(&text), json::decode_string(&text)));
    }
}
