//! Keeping secrets out of what leaves the Worker.
//!
//! Two kinds occur in deliveries: hook tokens (`webhookUrl` holds one) and
//! presigned queries, which let anyone fetch the file.

use super::json;
use std::borrow::Cow;

/// What stands where a secret stood.
pub const MASK: &str = "***";

/// Query keys whose presence makes a query secret, in lower case.
const SECRET_KEYS: [&str; 7] = [
    "x-amz-signature=",
    "x-amz-credential=",
    "x-goog-signature=",
    "x-goog-credential=",
    "signature=",
    "sig=",
    "key-pair-id=",
];

/// Masks every secret in the strings of a valid JSON text; all other bytes
/// stay as they are. `tokens` are the hook tokens in use.
#[must_use]
pub fn json_text<'a>(text: &'a str, tokens: &[String]) -> Cow<'a, str> {
    edit_strings(text, |string| match plain_text(string, tokens) {
        Cow::Owned(masked) => Some(masked),
        Cow::Borrowed(_) => None,
    })
}

/// Masks only hook tokens in the strings of a valid JSON text: the result is
/// its owner's, and a presigned URL that is not copied is of use to them.
#[must_use]
pub fn json_tokens<'a>(text: &'a str, tokens: &[String]) -> Cow<'a, str> {
    edit_strings(text, |string| hook_tokens(string, tokens))
}

/// Masks every secret in a text of any kind.
#[must_use]
pub fn plain_text<'a>(text: &'a str, tokens: &[String]) -> Cow<'a, str> {
    let without_queries = if text.contains('?') { queries(text) } else { None };
    let so_far = without_queries.as_deref().unwrap_or(text);
    hook_tokens(so_far, tokens).or(without_queries).map_or(Cow::Borrowed(text), Cow::Owned)
}

fn edit_strings(text: &str, edit: impl Fn(&str) -> Option<String>) -> Cow<'_, str> {
    let mut edits = Vec::new();
    json::walk(text, |_, token, span| {
        if let Some(new) = json::decode_string(token).and_then(|string| edit(&string)) {
            edits.push((span, json::encode_string(&new)));
        }
    });
    if edits.is_empty() {
        return Cow::Borrowed(text);
    }
    Cow::Owned(super::result::splice(text, &edits))
}

/// `text` without hook tokens; `None` if there was none.
fn hook_tokens(text: &str, tokens: &[String]) -> Option<String> {
    let mut masked = hook_urls(text);
    for token in tokens {
        let so_far = masked.as_deref().unwrap_or(text);
        if so_far.contains(token.as_str()) {
            masked = Some(so_far.replace(token.as_str(), MASK));
        }
    }
    masked
}

/// Replaces the queries that hold a signature.
fn queries(text: &str) -> Option<String> {
    let ends = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | ')');
    replace_after(text, "?", |rest| {
        let query = rest.split(ends).next().unwrap_or_default();
        let lower = query.to_ascii_lowercase();
        SECRET_KEYS.iter().any(|key| lower.contains(key)).then_some(query.len())
    })
}

/// Replaces what follows `/hook/`: the token of this vault, or of one before
/// a rotation.
fn hook_urls(text: &str) -> Option<String> {
    let part = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    let length = |rest: &str| Some(rest.bytes().take_while(part).count()).filter(|n| *n > 0);
    let plain = replace_after(text, "/hook/", length);
    let encoded = replace_after(plain.as_deref().unwrap_or(text), "%2Fhook%2F", length);
    encoded.or(plain)
}

/// Replaces, after each `mark`, as many bytes as `length` tells; `None` if
/// there was nothing to replace.
fn replace_after(text: &str, mark: &str, length: impl Fn(&str) -> Option<usize>) -> Option<String> {
    let mut out = String::new();
    let mut rest = text;
    let mut replaced = false;
    while let Some((before, after)) = rest.split_once(mark) {
        out.push_str(before);
        out.push_str(mark);
        rest = after;
        if let Some(secret) = length(after) {
            out.push_str(MASK);
            rest = after.get(secret..).unwrap_or_default();
            replaced = true;
        }
    }
    out.push_str(rest);
    replaced.then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hook_tokens_go_wherever_they_stand() {
        let tokens = ["dev-hook-token-0123456789".to_owned()];
        let cases = [
            ("https://h/hook/dev-hook-token-0123456789/order-7", "https://h/hook/***/order-7"),
            ("https://h/hook/r_ref.mac", "https://h/hook/***"),
            ("u=https%3A%2F%2Fh%2Fhook%2Fabc%2Fr", "u=https%3A%2F%2Fh%2Fhook%2F***%2Fr"),
            ("token: dev-hook-token-0123456789.", "token: ***."),
        ];
        for (text, want) in cases {
            assert_eq!(plain_text(text, &tokens), want);
        }
        assert!(matches!(plain_text("https://h/hook/", &tokens), Cow::Borrowed(_)));
    }

    #[test]
    fn presigned_queries_go_and_others_stay() {
        let body = r#"{"a":"https:\/\/h\/f.mp4?X-Amz-Date=1\u0026X-Amz-Signature=abc","b":"https://h/x?page=2","c":1.10}"#;
        let want = r#"{"a":"https://h/f.mp4?***","b":"https://h/x?page=2","c":1.10}"#;
        assert_eq!(json_text(body, &[]), want);
        assert_eq!(
            plain_text("see https://h/f?sig=a%2Fb&se=1 and https://h/g?b", &[]),
            "see https://h/f?*** and https://h/g?b"
        );
    }
}
