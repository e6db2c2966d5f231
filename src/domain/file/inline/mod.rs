//! Files that are written into the result itself: `data:` URIs, read as the
//! Fetch standard reads them, and bare base64.
//!
//! What is a file is decided by the decoded string. All of it is checked when
//! it is found, but unpacked only when it is copied. Both go through it piece
//! by piece: a string may be longer than what may be held of it.

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

/// Finds inline data in a decoded string.
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

/// Decodes inline data as it is written in the body. `None` if it does not
/// decode, which `find` has ruled out.
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

/// Returns what a token says that stands in the body, or in a string in it.
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

/// Returns what a part of a string token says.
fn unescaped(written: &str) -> Option<Cow<'_, str>> {
    if !written.contains('\\') {
        return Some(Cow::Borrowed(written));
    }
    Some(Cow::Owned(json::decode_string(&format!("\"{written}\""))?.into_owned()))
}

#[cfg(test)]
mod tests;
