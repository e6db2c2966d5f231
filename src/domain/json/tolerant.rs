//! Reads JSON as senders send it: one reader for every text from outside.
//!
//! It repairs a sender's mistakes while the meaning is plain, and does not
//! guess. These are a byte order mark, invalid UTF-8, `NaN` and `Infinity`, raw
//! control characters in strings, and a form around the object.
//!
//! The same bytes give the same text each time, so a body can be stored as it
//! was received. Every position refers to the text that this reader returns.

use super::check::{Malformed, check_syntax};
use super::string::encode_string;
use super::tokens::{Kind, Token, Tokens};
use crate::domain::percent::decode_bytes;
use serde::de::IgnoredAny;
use std::borrow::Cow;

/// Returns the JSON text that `bytes` mean. Returns valid JSON unchanged.
///
/// # Errors
/// Returns [`Malformed`] if they are not JSON even after repair.
pub fn tolerant(bytes: &[u8]) -> Result<Cow<'_, str>, Malformed> {
    if let Some(text) = valid(bytes) {
        return Ok(Cow::Borrowed(text));
    }
    match mended(bytes) {
        Ok(text) => Ok(Cow::Owned(text)),
        Err(why) => other_format(bytes).unwrap_or(Err(why)),
    }
}

/// Does the same as [`tolerant`] for bytes that the caller no longer needs, so
/// that valid JSON is not copied.
///
/// # Errors
/// Returns the bytes if they are not JSON.
pub fn into_tolerant(bytes: Vec<u8>) -> Result<String, Vec<u8>> {
    match tolerant(&bytes) {
        Ok(Cow::Owned(mended)) => return Ok(mended),
        Ok(Cow::Borrowed(_)) => {}
        Err(_) => return Err(bytes),
    }
    String::from_utf8(bytes).map_err(std::string::FromUtf8Error::into_bytes)
}

fn valid(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok().filter(|text| check_syntax(text).is_ok())
}

/// Returns whether a text may be the beginning of JSON.
#[must_use]
pub fn may_go_on(text: &str) -> bool {
    // A number or a word may be cut off.
    let whole = text.trim_end_matches(|c: char| c.is_ascii_alphanumeric() || "+-.".contains(c));
    let mended = repair(whole.as_bytes());
    serde_json::from_str::<IgnoredAny>(&mended).err().is_none_or(|error| error.is_eof())
}

/// Returns the repaired text, if it is JSON.
fn mended(bytes: &[u8]) -> Result<String, Malformed> {
    let text = repair(bytes);
    check_syntax(&text).map(|()| text)
}

fn repair(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes));
    let (mut out, mut at) = (String::with_capacity(text.len()), 0);
    for Token { kind, span } in Tokens::new(&text) {
        let token = text.get(span.clone()).unwrap_or_default();
        let new = match kind {
            Kind::Scalar if is_no_number(token) => "null".to_owned(),
            Kind::String if token.bytes().any(|byte| byte < b' ') => escaped(token),
            _ => continue,
        };
        out.push_str(text.get(at..span.start).unwrap_or_default());
        out.push_str(&new);
        at = span.end;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}

/// Returns whether a token is `NaN`, `Infinity` or `inf`, as the JSON writers
/// of several languages spell them.
#[must_use]
pub fn is_no_number(token: &str) -> bool {
    let word = token.strip_prefix(['-', '+']).unwrap_or(token);
    ["nan", "infinity", "inf"].iter().any(|known| word.eq_ignore_ascii_case(known))
}

/// Returns the string with its raw control characters escaped. One after a
/// backslash stays, because its meaning is unknown.
fn escaped(token: &str) -> String {
    let (mut out, mut is_behind) = (String::with_capacity(token.len() + 8), false);
    for c in token.chars() {
        if c < ' ' && !is_behind {
            out.push_str(encode_string(c.encode_utf8(&mut [0; 4])).trim_matches('"'));
        } else {
            out.push(c);
        }
        is_behind = c == '\\' && !is_behind;
    }
    out
}

/// Reads another format. Returns `None` if the format is unknown.
fn other_format(bytes: &[u8]) -> Option<Result<Cow<'static, str>, Malformed>> {
    if is_form(bytes) {
        return Some(json_in_form(bytes).map(Cow::Owned));
    }
    let refused = match bytes {
        [0x1f, 0x8b, ..] => "gzip that can't be decompressed",
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => "UTF-16; send it as UTF-8",
        [b'-', b'-', ..] => "a form of several parts; send the JSON alone",
        _ => return None,
    };
    Some(Err(Malformed::OtherFormat(refused)))
}

/// Returns whether the bytes begin like a form: with a name and `=`.
fn is_form(bytes: &[u8]) -> bool {
    let name = bytes.iter().take_while(|b| is_of_name(**b)).count();
    name > 0 && bytes.get(name) == Some(&b'=')
}

/// Returns whether a byte may be in the name of a form's field.
#[must_use]
pub fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"%+-._[]*".contains(&byte)
}

/// Returns the JSON object that is the value of one of the form's fields.
fn json_in_form(bytes: &[u8]) -> Result<String, Malformed> {
    let mut found = None;
    for field in bytes.split(|byte| *byte == b'&') {
        let at = field.iter().position(|byte| *byte == b'=').unwrap_or(field.len());
        let value: Vec<u8> =
            field.iter().skip(at + 1).map(|b| if *b == b'+' { b' ' } else { *b }).collect();
        let value = decode_bytes(&value);
        let Ok(text) = mended(&value) else { continue };
        if !text.trim_start().starts_with('{') {
            continue;
        }
        if found.is_some() {
            return Err(Malformed::OtherFormat("a form with more than one JSON object; send one"));
        }
        found = Some(text);
    }
    found.ok_or(Malformed::OtherFormat(
        "a form without a JSON object; send JSON, or one field that holds it, as in `payload=…`",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> String {
        tolerant(bytes).map_or_else(|why| format!("{why}"), Cow::into_owned)
    }

    #[test]
    fn valid_json_is_returned_unchanged() {
        let texts =
            [" {\"a\" : 1.10,\"a\":1e999}\n", "[]", "null", "{\"\\ud800\":\"NaN Infinity\"}"];
        for text in texts {
            assert!(matches!(tolerant(text.as_bytes()), Ok(Cow::Borrowed(same)) if same == text));
        }
    }

    #[test]
    fn mistakes_with_a_plain_meaning_are_repaired() {
        for (sent, meant) in [
            (&b"\xef\xbb\xbf{\"a\":1.10}"[..], "{\"a\":1.10}"),
            (
                b"[NaN, Infinity,-Infinity\n,-nan,inf , +inf]",
                "[null, null,null\n,null,null , null]",
            ),
            (b"{\"NaN\":\"NaN,\\\"NaN\",\"b\":NaN}", "{\"NaN\":\"NaN,\\\"NaN\",\"b\":null}"),
            (b"{\"a\":\"cut \xf0\x9f\x98\",\"\xe9\":1}", "{\"a\":\"cut \u{fffd}\",\"\u{fffd}\":1}"),
            (b"{\"a\":\"x\ny\t\0\",\n\"b\":1}", "{\"a\":\"x\\ny\\t\\u0000\",\n\"b\":1}"),
            (b"{\"a\":\"\\\\\n\"}", "{\"a\":\"\\\\\\n\"}"),
        ] {
            assert_eq!(read(sent), meant);
        }
    }

    #[test]
    fn json_is_read_from_a_form() {
        for form in [
            "payload=%7B%22a%22%3A%22x+y%2B%22%7D",
            "payload={\"a\":\"x y%2B\"}",
            "id=7&payload%5B%5D=%7B%22a%22:%22x%20y%2B%22%7D&sum=",
        ] {
            assert_eq!(read(form.as_bytes()), "{\"a\":\"x y+\"}", "{form}");
        }
        assert_eq!(
            read(b"p=%7B%22a%22:NaN,%22b%22:%22%FF%22%7D"),
            "{\"a\":null,\"b\":\"\u{fffd}\"}"
        );
        for (form, word) in [("jobId=1&a=b", "without"), ("a=%7B%7D&b=%7B%7D", "more than one")] {
            assert!(read(form.as_bytes()).contains(word), "{form}");
        }
    }

    #[test]
    fn unreadable_bodies_are_refused_with_a_reason() {
        for (sent, word) in [
            (&b""[..], "not JSON"),
            (b"{\"a\":", "not JSON"),
            (b"{NaN:1}", "not JSON"),
            (b"{\"a\":NaNo}", "not JSON"),
            (b"{\"a\":\"\\\n\"}", "not JSON"),
            (b"\xef\xbb\xbf\xef\xbb\xbf{}", "not JSON"),
            (b"\x1f\x8b\x08", "gzip"),
            (b"\xff\xfe{\0}\0", "UTF-16"),
            (b"--x\r\ncontent-disposition: form-data", "several parts"),
        ] {
            assert!(read(sent).contains(word), "{}", read(sent));
        }
    }
}
