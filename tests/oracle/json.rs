//! Splits JSON with `serde_json`'s parser, which borrows each piece as it is
//! written. A piece's address in memory gives its place in the text.

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;
use std::ops::Range;

/// A string or scalar value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf<'a> {
    /// The keys (as tokens) and indices from the top.
    pub path: Vec<String>,
    pub token: &'a str,
    pub span: Range<usize>,
    /// Where the object or array begins that contains the value.
    pub holder: usize,
}

/// A key and a value, as they are written.
pub type Pair<'a> = (&'a str, &'a str);

/// Returns the members of the object `text`, in order, repeated ones included.
pub fn members(text: &str) -> Vec<Pair<'_>> {
    let read: Members = serde_json::from_str(text).expect("an object");
    read.0.into_iter().map(|(key, value)| (key.get(), value.get())).collect()
}

/// Returns all values in the object `text` that are not objects or arrays, in
/// order.
pub fn leaves(text: &str) -> Vec<Leaf<'_>> {
    let mut found = Vec::new();
    visit(text, text.trim_ascii(), &mut Vec::new(), &mut found);
    found
}

/// Returns all string tokens, keys included, in order.
pub fn strings(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    visit_strings(text, text.trim_ascii(), &mut found);
    found
}

/// Returns where `piece` is in `text`.
pub fn place(text: &str, piece: &str) -> Range<usize> {
    let start = piece.as_ptr() as usize - text.as_ptr() as usize;
    start..start + piece.len()
}

/// Returns the decoded token, unless no Rust string can hold it.
pub fn decoded(token: &str) -> Option<String> {
    serde_json::from_str(token).ok()
}

fn visit<'a>(all: &str, value: &'a str, path: &mut Vec<String>, found: &mut Vec<Leaf<'a>>) {
    let holder = place(all, value).start;
    for (step, inner) in children(value) {
        path.push(step);
        if inner.starts_with(['{', '[']) {
            visit(all, inner, path, found);
        } else {
            let span = place(all, inner);
            found.push(Leaf { path: path.clone(), token: inner, span, holder });
        }
        path.pop();
    }
}

fn children(value: &str) -> Vec<(String, &str)> {
    if value.starts_with('{') {
        return members(value).into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    }
    if value.starts_with('[') {
        let items: Vec<&RawValue> = serde_json::from_str(value).expect("an array");
        return items.iter().enumerate().map(|(at, item)| (at.to_string(), item.get())).collect();
    }
    Vec::new()
}

fn visit_strings(all: &str, value: &str, found: &mut Vec<Range<usize>>) {
    if value.starts_with('"') {
        found.push(place(all, value));
    }
    if value.starts_with('{') {
        for (key, inner) in members(value) {
            found.push(place(all, key));
            visit_strings(all, inner, found);
        }
    } else {
        for (_, inner) in children(value) {
            visit_strings(all, inner, found);
        }
    }
}

struct Members<'a>(Vec<(&'a RawValue, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Collect)
    }
}

struct Collect;

impl<'de> Visitor<'de> for Collect {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Members(members))
    }
}
