//! Decodes and encodes JSON strings.

use serde::Serialize;
use std::borrow::Cow;

/// Decodes a string token with its quotes. Returns `None` for other tokens and
/// for lone surrogates, which no Rust string can hold.
#[must_use]
pub fn decode_string(token: &str) -> Option<Cow<'_, str>> {
    let inner = token.strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains('\\') { unescape(inner).map(Cow::Owned) } else { Some(Cow::Borrowed(inner)) }
}

fn unescape(mut inner: &str) -> Option<String> {
    let mut text = String::with_capacity(inner.len());
    while let Some((plain, escape)) = inner.split_once('\\') {
        let (meant, behind) = escaped(escape)?;
        text.push_str(plain);
        text.push(meant);
        inner = behind;
    }
    text.push_str(inner);
    Some(text)
}

/// Returns the character that an escape means, and the rest of the text. `text`
/// begins after the backslash.
fn escaped(text: &str) -> Option<(char, &str)> {
    let (letter, behind) = text.split_at_checked(1)?;
    let meant = match letter {
        "\"" => '"',
        "\\" => '\\',
        "/" => '/',
        "b" => '\u{8}',
        "f" => '\u{c}',
        "n" => '\n',
        "r" => '\r',
        "t" => '\t',
        "u" => return code(behind),
        _ => return None,
    };
    Some((meant, behind))
}

/// Returns the character of a `\u` escape, or of two that are a surrogate pair,
/// and the rest of the text.
fn code(text: &str) -> Option<(char, &str)> {
    let (first, behind) = unit(text)?;
    if let Some(meant) = char::from_u32(first.into()) {
        return Some((meant, behind));
    }
    let (second, behind) = unit(behind.strip_prefix("\\u")?)?;
    Some((char::decode_utf16([first, second]).next()?.ok()?, behind))
}

fn unit(text: &str) -> Option<(u16, &str)> {
    let (digits, behind) = text.split_at_checked(4)?;
    let is_hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    is_hex.then(|| u16::from_str_radix(digits, 16).ok())?.map(|unit| (unit, behind))
}

/// Encodes `text` as a JSON string token with its quotes.
#[must_use]
pub fn encode_string(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}

/// Returns the word that JSON has for a state.
#[must_use]
pub fn word(state: &impl Serialize) -> String {
    let text = serde_json::to_string(state).unwrap_or_default();
    text.trim_matches('"').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn escapes_are_read_as_serde_json_reads_them() {
        for inner in [
            r#"\"\\\/\b\f\n\r\t"#,
            r"a\u00e9b\u4E2D",
            r"\ud83d\ude00!",
            r"\u0000",
            r"\ud83d",
            r"\ud83d\n",
            r"\ud83dude00",
            r"\ud83d\u0041",
            r"\ude00\ud83d",
            r"\u12",
            r"\u+123",
            r"\u12é4",
            r"\é",
            r"\x41",
            r"\U0041",
        ] {
            let token = format!("\"{inner}\"");
            let theirs = serde_json::from_str::<String>(&token).ok();
            assert_eq!(decode_string(&token).map(Cow::into_owned), theirs, "{token}");
        }
    }

    proptest! {
        #[test]
        fn encoded_strings_decode_to_the_same_text(text: String) {
            for token in [encode_string(&text), ascii(&text)] {
                let read = decode_string(&token);
                prop_assert_eq!(read.as_deref(), Some(text.as_str()));
            }
        }
    }

    fn ascii(text: &str) -> String {
        let units = text.encode_utf16().map(|unit| format!("\\u{unit:04x}"));
        format!("\"{}\"", units.collect::<Vec<_>>().concat())
    }
}
