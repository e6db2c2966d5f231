//! Keeping secrets out of what leaves the Worker.
//!
//! Two kinds occur in deliveries: hook tokens (`webhookUrl` holds one) and
//! presigned queries, which let anyone fetch the file.

mod secrets;

pub use self::secrets::{MIN_CHARS, Secrets};

use super::expiry;
use super::json;
use super::source::{self, Refusal};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// What stands where a secret stood.
pub const MASK: &str = "***";

/// Masks every secret in the strings of a valid JSON text, keys included; all
/// other bytes stay as they are. `secrets` are the configured ones.
#[must_use]
pub fn json_text<'a>(text: &'a str, secrets: &Secrets) -> Cow<'a, str> {
    edit_strings(text, |string| match plain_text(string, secrets) {
        Cow::Owned(masked) => Some(masked),
        Cow::Borrowed(_) => None,
    })
}

/// Masks in a result, which otherwise stays as it is, the hook tokens in use
/// and the queries of presigned URLs: what is not copied must not leak either.
#[must_use]
pub fn result<'a>(text: &'a str, secrets: &Secrets) -> Cow<'a, str> {
    edit_strings(text, |string| {
        let unsigned = without_signature(string);
        known_tokens(unsigned.as_deref().unwrap_or(string), secrets).or(unsigned)
    })
}

/// A URL without its signature; `None` if it has none.
fn without_signature(string: &str) -> Option<String> {
    match source::read(&source::repaired(string)) {
        Ok(url) if expiry::is_presigned(&url) => {
            string.split_once('?').map(|(bare, _)| format!("{bare}?{MASK}"))
        }
        // What is no URL for us (a space, too long) is one for others.
        Err(Refusal::Malformed) if string.starts_with("http") => queries(string),
        _ => None,
    }
}

/// Masks every secret in a text of any kind.
#[must_use]
pub fn plain_text<'a>(text: &'a str, secrets: &Secrets) -> Cow<'a, str> {
    let without_queries = if text.contains('?') { queries(text) } else { None };
    let so_far = without_queries.as_deref().unwrap_or(text);
    hook_tokens(so_far, secrets).or(without_queries).map_or(Cow::Borrowed(text), Cow::Owned)
}

/// Masks every secret in what a stranger has sent, JSON or not, text or not.
#[must_use]
pub fn bytes(body: Vec<u8>, secrets: &Secrets) -> Vec<u8> {
    let text = String::from_utf8_lossy(&body);
    let is_json = json::from_str::<&RawValue>(&text).is_ok();
    let masked = if is_json { json_text(&text, secrets) } else { plain_text(&text, secrets) };
    match masked {
        Cow::Owned(masked) => masked.into_bytes(),
        Cow::Borrowed(_) => body,
    }
}

fn edit_strings(text: &str, edit: impl Fn(&str) -> Option<String>) -> Cow<'_, str> {
    let mut edits = Vec::new();
    json::strings(text, |token, span| {
        let new = match json::decode_string(token) {
            Some(string) => edit(&string),
            // No Rust string can hold it (a lone surrogate), and a cut could
            // break an escape: all of it goes if any of it must.
            None => edit(token).map(|_| MASK.to_owned()),
        };
        edits.extend(new.map(|new| (span, json::encode_string(&new))));
    });
    if edits.is_empty() {
        return Cow::Borrowed(text);
    }
    Cow::Owned(super::result::splice(text, &edits))
}

/// `text` without hook tokens; `None` if there was none.
fn hook_tokens(text: &str, secrets: &Secrets) -> Option<String> {
    let masked = hook_urls(text);
    known_tokens(masked.as_deref().unwrap_or(text), secrets).or(masked)
}

/// `text` without the tokens in use; `None` if there was none.
fn known_tokens(text: &str, secrets: &Secrets) -> Option<String> {
    let mut masked: Option<String> = None;
    for token in secrets.values() {
        let so_far = masked.as_deref().unwrap_or(text);
        if so_far.contains(token.as_str()) {
            masked = Some(so_far.replace(token.as_str(), MASK));
        }
    }
    masked
}

/// What follows a mark in a text.
struct Following {
    /// Its bytes.
    length: usize,
    is_secret: bool,
}

/// Replaces the queries that hold a signature.
fn queries(text: &str) -> Option<String> {
    let ends = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | ')');
    replace_after(text, "?", |rest| {
        let query = rest.split(ends).next().unwrap_or_default();
        Following { length: query.len(), is_secret: expiry::holds_signature(query) }
    })
}

/// Replaces what follows `/hook/`: the token of this vault, or of one before
/// a rotation.
fn hook_urls(text: &str) -> Option<String> {
    let part = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    let following = |rest: &str| {
        let length = rest.bytes().take_while(part).count();
        Following { length, is_secret: length > 0 }
    };
    let mut masked = None;
    for mark in ["/hook/", "\\/hook\\/", "%2Fhook%2F", "%2fhook%2f"] {
        masked = replace_after(masked.as_deref().unwrap_or(text), mark, following).or(masked);
    }
    masked
}

/// Replaces the secrets among what follows each `mark`; `None` if there is
/// none. What follows is looked at once, so this takes linear time.
fn replace_after(text: &str, mark: &str, look: impl Fn(&str) -> Following) -> Option<String> {
    let mut out = String::new();
    let mut rest = text;
    let mut is_masked = false;
    while let Some((before, after)) = rest.split_once(mark) {
        let Following { length, is_secret } = look(after);
        out.push_str(before);
        out.push_str(mark);
        out.push_str(if is_secret { MASK } else { after.get(..length).unwrap_or_default() });
        rest = after.get(length..).unwrap_or_default();
        is_masked |= is_secret;
    }
    out.push_str(rest);
    is_masked.then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hook_tokens_go_wherever_they_stand() {
        let tokens = Secrets::of(["dev-hook-token-0123456789"]);
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
    fn keys_and_broken_strings_are_no_hiding_place() {
        let body = r#"{"https://h/hook/secret":1,"a":"\ud800 https://h/hook/secret","b":"\ud800"}"#;
        assert_eq!(
            json_text(body, &Secrets::default()),
            r#"{"https://h/hook/***":1,"a":"***","b":"\ud800"}"#
        );
        let escaped = br#"{"a":"https:\/\/h\/f?X-Amz-Signature\u003dabc"}"#.to_vec();
        assert_eq!(bytes(escaped, &Secrets::default()), br#"{"a":"https://h/f?***"}"#.to_vec());
        let binary = b"\xff https://h/f?sig=abc".to_vec();
        assert!(!String::from_utf8_lossy(&bytes(binary, &Secrets::default())).contains("abc"));
        assert_eq!(bytes(b"\xff?".to_vec(), &Secrets::default()), b"\xff?");
    }

    #[test]
    fn a_result_loses_only_what_lets_in() {
        let text = r#"{"a":"see /hook/docs \u00e9","b":"https://h/f?X-Amz-Signature=1&x=2","c":"tok-0123456789abcdef"}"#;
        let want = r#"{"a":"see /hook/docs \u00e9","b":"https://h/f?***","c":"***"}"#;
        assert_eq!(result(text, &Secrets::of(["tok-0123456789abcdef"])), want);
        assert!(matches!(result(r#"{"a":"?sig=1"}"#, &Secrets::default()), Cow::Borrowed(_)));
    }

    #[test]
    fn a_result_hides_nothing_in_escapes_or_odd_urls() {
        let text = r#"{"a":"tok-0123456789abcde\u0066","b":"https://h/my clip.mp4?X-Amz-Signature=1","c":"\ud800 tok-0123456789abcdef"}"#;
        let want = r#"{"a":"***","b":"https://h/my clip.mp4?***","c":"***"}"#;
        assert_eq!(result(text, &Secrets::of(["tok-0123456789abcdef"])), want);
    }

    #[test]
    fn white_space_around_a_url_hides_nothing() {
        for around in [" ", "\\n", "\\ufeff", "\u{feff}", "\u{a0}\\t"] {
            let text = format!(r#"{{"a":"{around}HTTPS://h/f?X-Amz-Signature=secret{around}"}}"#);
            assert!(!result(&text, &Secrets::default()).contains("secret"), "{text}");
        }
    }

    #[test]
    fn presigned_queries_go_and_others_stay() {
        let body = r#"{"a":"https:\/\/h\/f.mp4?X-Amz-Date=1\u0026X-Amz-Signature=abc","b":"https://h/x?page=2","c":1.10}"#;
        let want = r#"{"a":"https://h/f.mp4?***","b":"https://h/x?page=2","c":1.10}"#;
        assert_eq!(json_text(body, &Secrets::default()), want);
        assert_eq!(
            plain_text("see https://h/f?sig=a%2Fb&se=1 and https://h/g?b", &Secrets::default()),
            "see https://h/f?*** and https://h/g?b"
        );
    }
}
