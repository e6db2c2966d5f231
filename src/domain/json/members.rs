//! Finds the members of the top-level object and their spans.

use super::check::{Malformed, check};
use super::string::decode_string;
use super::tokens::{Kind, Tokens};
use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

/// A member of the top-level object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member<'a> {
    /// The decoded key.
    pub key: Cow<'a, str>,
    /// From the key's opening quote to the value's end.
    pub span: Range<usize>,
    /// The value as it is written.
    pub value: &'a str,
}

/// Returns the members of the top-level object, in order, repeated keys
/// included.
#[must_use]
pub fn members(text: &str) -> Vec<Member<'_>> {
    let mut found = Vec::new();
    let mut depth = 0_usize;
    let mut key: Option<Range<usize>> = None;
    let mut value: Option<Range<usize>> = None;
    for token in Tokens::new(text) {
        match token.kind {
            Kind::Comma | Kind::Close if depth == 1 => {
                found.extend(member(text, key.take(), value.take()));
            }
            Kind::String if depth == 1 && key.is_none() => key = Some(token.span.clone()),
            Kind::Colon if depth == 1 => {}
            _ if depth >= 1 => {
                let start = value.as_ref().map_or(token.span.start, |v| v.start);
                value = Some(start..token.span.end);
            }
            _ => {}
        }
        match token.kind {
            Kind::Open(_) => depth += 1,
            Kind::Close => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    found
}

/// Checks a text, and returns the members of its object.
///
/// # Errors
/// Returns [`Malformed`] if `text` is not one JSON object within the limits.
pub fn object_members(text: &str) -> Result<Vec<Member<'_>>, Malformed> {
    check(text).map(|()| members(text))
}

/// Returns the object `text` without members whose key is repeated later. The
/// last of repeated keys counts, but a derived `Deserialize` rejects them. Text
/// that is no object stays as it is.
#[must_use]
pub fn newest(text: &str) -> Cow<'_, str> {
    let members = members(text);
    let last: HashMap<&str, usize> =
        members.iter().enumerate().map(|(at, member)| (member.key.as_ref(), at)).collect();
    if last.len() == members.len() {
        return Cow::Borrowed(text);
    }
    let is_last = |at: usize, member: &Member<'_>| last.get(member.key.as_ref()) == Some(&at);
    let kept = members.iter().enumerate().filter(|(at, member)| is_last(*at, member));
    let written: Vec<_> = kept.filter_map(|(_, member)| text.get(member.span.clone())).collect();
    Cow::Owned(format!("{{{}}}", written.join(",")))
}

fn member(
    text: &str,
    key: Option<Range<usize>>,
    value: Option<Range<usize>>,
) -> Option<Member<'_>> {
    let (key, value) = (key?, value?);
    let written = text.get(key.clone())?;
    Some(Member {
        // A key that no Rust string can hold is no key that we look for.
        key: decode_string(written).unwrap_or(Cow::Borrowed(written)),
        span: key.start..value.end,
        value: text.get(value)?,
    })
}
