//! Scans JSON text and keeps byte positions.
//!
//! Results are edited as text, so that numbers past 2^53, `1.10` and the order
//! of keys stay as they were. A parsed tree would lose them.
//!
//! In scope: checking, walking strings with their JSON Pointers (RFC 6901),
//! top-level members with their spans, and reading what is not quite JSON
//! (`tolerant`). Out of scope: meaning.

pub mod check;
pub mod edit;
pub mod escapes;
pub mod members;
mod number;
pub mod object;
pub mod pointer;
mod read;
pub mod string;
mod tokens;
mod tolerant;
pub mod unescape;
pub mod utf8;
pub mod walk;

pub use self::check::{MAX_DEPTH, MAX_MEMBERS, Malformed, check, check_shape};
pub use self::members::{Member, members, newest, object_members};
pub use self::number::{decimal, whole};
pub(crate) use self::object::object;
pub use self::read::{from_slice, from_str};
pub use self::string::{decode_string, encode_string};
use self::tokens::{Kind, Token, Tokens};
pub use self::tolerant::{into_tolerant, is_no_number, is_of_name, may_go_on, tolerant};
pub use self::walk::{Path, strings, walk};

/// Returns whether `text` is one object or array of at most [`MAX_DEPTH`]
/// levels, even if only `tolerant` can read it.
#[must_use]
pub fn is_nested(text: &str) -> bool {
    let mut depth = 0_usize;
    text.trim_ascii_start().starts_with(['{', '['])
        && tolerant(text.as_bytes()).is_ok()
        && Tokens::new(text).all(|token| {
            match token.kind {
                Kind::Open(_) => depth += 1,
                Kind::Close => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth <= MAX_DEPTH
        })
}

/// Returns whether a piece of JSON has a value, other than `null`, empty
/// strings, and objects and arrays of only these.
#[must_use]
pub fn holds_value(piece: &str) -> bool {
    let mut tokens = Tokens::new(piece).peekable();
    while let Some(Token { kind, span }) = tokens.next() {
        let is_key = matches!(tokens.peek(), Some(Token { kind: Kind::Colon, .. }));
        let is_value = match kind {
            Kind::Scalar => piece.get(span) != Some("null"),
            Kind::String => span.len() > 2 && !is_key,
            _ => false,
        };
        if is_value {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strings(text: &str) -> Vec<(String, String)> {
        let mut found = Vec::new();
        walk(text, |path, token, _| found.push((path.pointer(99), token.to_owned())));
        found
    }

    #[test]
    fn values_are_visited_with_their_pointers() {
        let text = r#"{"a":{"b~/c":["x", 1.10, {"d":"y\"}"}]}, "e":null}"#;
        check(text).unwrap();
        let want = [
            ("/a/b~0~1c/0", "\"x\""),
            ("/a/b~0~1c/1", "1.10"),
            ("/a/b~0~1c/2/d", r#""y\"}""#),
            ("/e", "null"),
        ];
        assert_eq!(strings(text), want.map(|(p, t)| (p.to_owned(), t.to_owned())));
    }

    #[test]
    fn members_keep_their_text_and_repetitions() {
        let text = "{ \"a\" : [1, {\"a\":2}] ,\n\"b\":\"x,}\", \"a\":3 }";
        let found: Vec<_> =
            members(text).into_iter().map(|m| (m.key.into_owned(), m.value)).collect();
        let want = [("a", r#"[1, {"a":2}]"#), ("b", "\"x,}\""), ("a", "3")];
        assert_eq!(found, want.map(|(k, v)| (k.to_owned(), v)));
        assert!(members("{}").is_empty());
        let odd: Vec<_> = members(r#"{"\ud800":1,"b":2}"#).into_iter().map(|m| m.value).collect();
        assert_eq!(odd, ["1", "2"], "no member is lost");
    }

    #[test]
    fn a_text_that_is_no_object_is_refused_with_a_reason() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(check(&format!("{{\"a\":{deep}}}")), Err(Malformed::TooDeep));
        let wide = format!("{{{}\"a\":0}}", "\"a\":0,".repeat(MAX_MEMBERS));
        assert_eq!(check(&wide), Err(Malformed::TooManyMembers));
        assert_eq!(check("[]"), Err(Malformed::NotAnObject));
        assert_eq!(check("null"), Err(Malformed::NotAnObject));
        for broken in ["", "{", "{\"a\":}", "{\"a\":1}x", "{'a':1}", "{\"a\":01}"] {
            assert!(matches!(check(broken), Err(Malformed::Syntax(_))), "{broken}");
        }
    }

    #[test]
    fn lone_surrogates_are_no_string() {
        assert_eq!(decode_string(r#""\ud800""#), None);
        assert_eq!(decode_string(r#""https:\/\/a\u0026b""#).as_deref(), Some("https://a&b"));
    }
}
