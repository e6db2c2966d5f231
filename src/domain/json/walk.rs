//! Walks over the values of a text, each with its JSON Pointer (RFC 6901).

use super::string::decode_string;
use super::tokens::{Kind, Tokens};
use std::borrow::Cow;
use std::ops::Range;

/// Calls `visit` for every string, keys included, with its token and span.
pub fn strings<'a>(text: &'a str, mut visit: impl FnMut(&'a str, Range<usize>)) {
    for token in Tokens::new(text).filter(|token| token.kind == Kind::String) {
        visit(text.get(token.span.clone()).unwrap_or_default(), token.span);
    }
}

/// One step on the path from the top to a value.
#[derive(Debug, Clone)]
enum Step<'a> {
    Index(usize),
    Key(&'a str),
    /// In an object, before its next key.
    BeforeKey,
}

/// An object or array on the path, and the step into it.
#[derive(Debug, Clone)]
struct Level<'a> {
    /// The offset at which the object or array begins.
    start: usize,
    /// The offset at which the key of the step begins.
    key_start: usize,
    step: Step<'a>,
}

/// The path to a value in the document.
#[derive(Debug)]
pub struct Path<'s, 'a>(&'s [Level<'a>]);

impl Path<'_, '_> {
    /// Returns the decoded key directly above the value; `None` in an array.
    #[must_use]
    pub fn key(&self) -> Option<Cow<'_, str>> {
        key_of(self.0.last())
    }

    /// Returns the decoded key of the top-level member that contains the value.
    #[must_use]
    pub fn top_key(&self) -> Option<Cow<'_, str>> {
        key_of(self.0.first())
    }

    /// Returns whether `key` is on the path to the value.
    #[must_use]
    pub fn passes(&self, key: &str) -> bool {
        self.0.iter().any(|level| short_key(level).as_deref() == Some(key))
    }

    /// Returns the last key on the path to the value. For a value in an array,
    /// that is the array's key.
    #[must_use]
    pub fn last_key(&self) -> Option<Cow<'_, str>> {
        let is_key = |level: &&Level<'_>| matches!(level.step, Step::Key(_));
        self.0.iter().rev().find(is_key).and_then(short_key)
    }

    /// Returns the offset of the top-level member that contains the value. It
    /// identifies the member: decoding its key for every value would take
    /// quadratic time.
    #[must_use]
    pub fn top(&self) -> usize {
        self.0.first().map_or(0, |level| level.key_start)
    }

    /// Returns the offset of the object or array that contains the value.
    #[must_use]
    pub fn container(&self) -> usize {
        self.0.last().map_or(0, |level| level.start)
    }

    /// Returns the JSON Pointer of the value (RFC 6901), cut to about `most`
    /// characters.
    #[must_use]
    pub fn pointer(&self, most: usize) -> String {
        let mut out = String::new();
        for level in self.0 {
            out.push('/');
            match level.step {
                Step::Index(index) => out.push_str(&index.to_string()),
                Step::Key(token) if token.len() > most => {
                    out.extend(token.trim_matches('"').chars().take(most));
                    out.push('…');
                }
                Step::Key(token) => {
                    let key = decode_string(token).unwrap_or(Cow::Borrowed(token));
                    out.push_str(&key.replace('~', "~0").replace('/', "~1"));
                }
                Step::BeforeKey => {}
            }
            if out.len() > most {
                return out.chars().take(most).collect();
            }
        }
        out
    }
}

fn key_of<'a>(level: Option<&Level<'a>>) -> Option<Cow<'a, str>> {
    match level?.step {
        Step::Key(token) => decode_string(token),
        Step::Index(_) | Step::BeforeKey => None,
    }
}

/// Returns a key that may have a meaning. Long ones have none, and decoding one
/// for every value below it would take quadratic time.
fn short_key<'a>(level: &Level<'a>) -> Option<Cow<'a, str>> {
    match level.step {
        Step::Key(token) if token.len() < 100 => decode_string(token),
        _ => None,
    }
}

/// Calls `visit` for every string and scalar value (not keys), in order, with
/// its path, its token as written, and the token's span.
pub fn walk<'a>(text: &'a str, mut visit: impl FnMut(&Path<'_, 'a>, &'a str, Range<usize>)) {
    walk_once(text, &mut visit);
}

/// A function that visits a value: its path, its token and the token's span.
type Visitor<'v, 'a> = dyn FnMut(&Path<'_, 'a>, &'a str, Range<usize>) + 'v;

/// Does the work of [`walk`]. It is compiled once for all visitors.
fn walk_once<'a>(text: &'a str, visit: &mut Visitor<'_, 'a>) {
    let mut levels: Vec<Level<'a>> = Vec::new();
    for token in Tokens::new(text) {
        let written = text.get(token.span.clone()).unwrap_or_default();
        match token.kind {
            Kind::Open(bracket) => {
                let step = if bracket == b'{' { Step::BeforeKey } else { Step::Index(0) };
                levels.push(Level { start: token.span.start, key_start: token.span.start, step });
            }
            Kind::Close => drop(levels.pop()),
            Kind::Comma => advance(levels.last_mut()),
            Kind::Colon => {}
            Kind::String | Kind::Scalar => match levels.last_mut() {
                Some(level @ Level { step: Step::BeforeKey, .. }) => {
                    level.step = Step::Key(written);
                    level.key_start = token.span.start;
                }
                _ => visit(&Path(&levels), written, token.span),
            },
        }
    }
}

fn advance(level: Option<&mut Level<'_>>) {
    match level.map(|level| &mut level.step) {
        Some(Step::Index(index)) => *index += 1,
        Some(step) => *step = Step::BeforeKey,
        None => {}
    }
}
