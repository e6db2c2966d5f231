//! Finds values by JSON Pointers (RFC 6901).

use super::members::{Member, members};
use super::tokens::{Kind, Tokens};
use std::borrow::Cow;
use std::ops::Range;

/// A value as it is written, and its place in the text.
pub type Found<'a> = (&'a str, Range<usize>);

/// Returns the value at a pointer, in the object with these members. The last
/// of repeated keys counts, as in `JSON.parse`.
#[must_use]
pub fn at<'a>(members: &[Member<'a>], pointer: &str) -> Option<Found<'a>> {
    let (key, rest) = step(pointer)?;
    let found = of_member(members, &key)?;
    if rest.is_empty() { Some(found) } else { below(found, rest) }
}

/// Returns the value at a pointer within a value.
fn below<'a>((text, span): Found<'a>, pointer: &str) -> Option<Found<'a>> {
    let (key, rest) = step(pointer)?;
    let (value, place) = match text.as_bytes().first()? {
        b'{' => of_member(&members(text), &key)?,
        b'[' => items(text).into_iter().nth(key.parse().ok()?)?,
        _ => return None,
    };
    let found = (value, span.start + place.start..span.start + place.end);
    if rest.is_empty() { Some(found) } else { below(found, rest) }
}

/// Splits the first key off a pointer.
fn step(pointer: &str) -> Option<(Cow<'_, str>, &str)> {
    let path = pointer.strip_prefix('/')?;
    let (key, rest) = path.split_at(path.find('/').unwrap_or(path.len()));
    let is_plain = !key.contains('~');
    let key = if is_plain { key.into() } else { key.replace("~1", "/").replace("~0", "~").into() };
    Some((key, rest))
}

fn of_member<'a>(members: &[Member<'a>], key: &str) -> Option<Found<'a>> {
    let member = members.iter().rev().find(|member| member.key == key)?;
    Some((member.value, member.span.end - member.value.len()..member.span.end))
}

/// Returns the items of an array, in order, with their places in its text.
#[must_use]
pub fn items(text: &str) -> Vec<Found<'_>> {
    let (mut found, mut depth) = (Vec::new(), 0_usize);
    let mut item: Option<Range<usize>> = None;
    for token in Tokens::new(text) {
        let ends = depth == 1 && matches!(token.kind, Kind::Comma | Kind::Close);
        if let Some(span) = item.take_if(|_| ends) {
            found.extend(text.get(span.clone()).map(|written| (written, span)));
        }
        if depth >= 1 && !ends {
            let start = item.as_ref().map_or(token.span.start, |item| item.start);
            item = Some(start..token.span.end);
        }
        match token.kind {
            Kind::Open(_) => depth += 1,
            Kind::Close => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_lead_to_values_and_their_places() {
        let text = r#" {"a":1,"b~/c": { "d" : [ 10, {"e":"x,]"}, [2] ] },"a":"y","n":null} "#;
        let top = members(text);
        for (pointer, want) in [
            ("/a", Some("\"y\"")),
            ("/n", Some("null")),
            ("/b~0~1c/d/0", Some("10")),
            ("/b~0~1c/d/1/e", Some("\"x,]\"")),
            ("/b~0~1c/d/2", Some("[2]")),
            ("/b~0~1c/d/3", None),
            ("/b~0~1c/d/x", None),
            ("/a/b", None),
            ("/z", None),
            ("a", None),
            ("", None),
        ] {
            let found = at(&top, pointer);
            assert_eq!(found.as_ref().map(|(value, _)| *value), want, "{pointer}");
            assert_eq!(found.and_then(|(_, span)| text.get(span)), want, "{pointer}");
        }
    }

    #[test]
    fn the_items_of_an_array_are_split_at_its_own_commas() {
        let of = |text| items(text).into_iter().map(|(item, _)| item).collect::<Vec<_>>();
        assert_eq!(of(r#"[1, {"a":[2,3]} ,"b,c",[ ]]"#), ["1", r#"{"a":[2,3]}"#, "\"b,c\"", "[ ]"]);
        assert!(of("[]").is_empty() && of(" [ ] ").is_empty());
    }
}
