//! Finds and decodes the files that a result itself contains: `data:` URIs,
//! read as the Fetch standard reads them, and bare base64.
//!
//! The decoded string decides whether it is a file. All of it is checked when
//! it is found, but its bytes are kept only when it is copied. Both work piece
//! by piece, because a string may be too long for memory.

mod count;
mod data;
mod decoder;
mod head;
mod unpack;

pub(super) use self::count::Counter;
pub use self::data::{Broken, Encoding, InlineData, MAX_HELD, MAX_NESTING, MIN_INLINE_CHARS};
use self::data::{is_behind, is_named};
pub use self::decoder::Decoder;
use self::head::Head;
use self::unpack::Unpacker;
use crate::domain::json;
use crate::domain::percent::decode_bytes;
use std::borrow::Cow;

/// Finds inline data in a decoded string. Bare base64 counts only at a key that
/// names a file.
#[must_use]
pub fn find(text: &str, key: Option<&str>) -> Option<InlineData> {
    if text.len() <= MIN_INLINE_CHARS {
        return None;
    }
    let head = Head::of(text.as_bytes())?;
    if head.is_bare && !is_named(key) {
        return None;
    }
    let mut counter = Counter::of_head(head);
    counter.push(text.as_bytes());
    counter.finish()
}

/// Decodes inline data as it is written in the body. Returns `None` if it does
/// not decode, which `find` has ruled out.
#[must_use]
pub fn decode(written: &str, encoding: Encoding) -> Option<Vec<u8>> {
    let text = match encoding {
        Encoding::Token => text_of_token(written)?,
        Encoding::Base64 | Encoding::Percent => unescaped(written)?,
    };
    match encoding {
        Encoding::Token => {
            let head = Head::of(text.as_bytes())?;
            let data = text.trim_end_matches(is_behind).get(head.start..)?;
            unpacked(data, head.is_base64)
        }
        Encoding::Base64 => unpacked(&text, true),
        Encoding::Percent => Some(decode_bytes(text.as_bytes())),
    }
}

fn unpacked(data: &str, is_base64: bool) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(if is_base64 { data.len() / 4 * 3 + 3 } else { data.len() });
    let mut unpacker = Unpacker::new(is_base64);
    unpacker.push(data.as_bytes(), &mut out);
    unpacker.finish(&mut out).ok().map(|()| out)
}

/// Decodes a string token of the body, or of a string in it.
fn text_of_token(written: &str) -> Option<Cow<'_, str>> {
    let mut token = Cow::Borrowed(written);
    for _ in 0..MAX_NESTING {
        if !token.starts_with('"') {
            token = Cow::Owned(unescaped(&token)?.into_owned());
        }
    }
    match token {
        Cow::Borrowed(token) => json::decode_string(token),
        Cow::Owned(token) => json::decode_string(&token).map(|text| Cow::Owned(text.into_owned())),
    }
}

/// Decodes a part of a string token.
fn unescaped(written: &str) -> Option<Cow<'_, str>> {
    if !written.contains('\\') {
        return Some(Cow::Borrowed(written));
    }
    Some(Cow::Owned(json::decode_string(&format!("\"{written}\""))?.into_owned()))
}

#[cfg(test)]
mod tests;
