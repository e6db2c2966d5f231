//! A scanner over JSON text that keeps byte positions.
//!
//! Results are edited as text so that numbers past 2^53, `1.10` and the order
//! of keys come back as they went in; a parsed tree would lose them. In scope:
//! checking, walking strings with their JSON Pointer (RFC 6901), top-level
//! members with their spans, and reading what is not quite JSON (`tolerant`).
//! Out of scope: meaning.

mod number;
mod read;
mod tokens;
mod tolerant;

pub use self::number::{decimal, whole};
pub use self::read::{from_slice, from_str};
use self::tokens::{Kind, Token, Tokens};
pub use self::tolerant::{into_tolerant, tolerant};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

/// Deepest nesting that is read. `serde_json` and most other readers stop at
/// 128 too, so a deeper document could not be used by anyone downstream.
pub const MAX_DEPTH: usize = 128;

/// Most members of the top-level object that are read; results have about ten.
/// Each costs some 60 bytes while a body is read, beside the body itself.
pub const MAX_MEMBERS: usize = 50_000;

/// Why a body is not a JSON object that can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Malformed {
    /// Not JSON; the text says where and why.
    Syntax(String),
    /// Nested deeper than [`MAX_DEPTH`].
    TooDeep,
    /// More than [`MAX_MEMBERS`].
    TooManyMembers,
    /// JSON, but no object at the top.
    NotAnObject,
    /// Another format; the text says which, and what to do.
    OtherFormat(&'static str),
}

impl std::fmt::Display for Malformed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Syntax(why) => write!(f, "the body is not JSON: {why}"),
            Self::TooDeep => write!(f, "the body is nested deeper than {MAX_DEPTH} levels"),
            Self::TooManyMembers => write!(f, "the body has more than {MAX_MEMBERS} members"),
            Self::NotAnObject => write!(f, "the body is JSON but not an object"),
            Self::OtherFormat(what) => write!(f, "the body is {what}"),
        }
    }
}

/// Checks that `text` is one JSON object of bearable depth.
///
/// # Errors
/// [`Malformed`] says what is wrong. Every other function of this module takes
/// text that passed here.
pub fn check(text: &str) -> Result<(), Malformed> {
    check_syntax(text)?;
    check_shape(text)
}

/// Checks that a JSON text is one object of bearable depth. [`tolerant()`] has
/// checked the syntax of what it returns.
///
/// # Errors
/// As [`check`], but for the syntax.
pub fn check_shape(text: &str) -> Result<(), Malformed> {
    if !text.trim_start().starts_with('{') {
        return Err(Malformed::NotAnObject);
    }
    let (mut depth, mut commas) = (0_usize, 0_usize);
    for token in Tokens::new(text) {
        match token.kind {
            Kind::Open(_) => depth += 1,
            Kind::Close => depth = depth.saturating_sub(1),
            Kind::Comma if depth == 1 => commas += 1,
            _ => {}
        }
        if depth > MAX_DEPTH {
            return Err(Malformed::TooDeep);
        }
        if commas >= MAX_MEMBERS {
            return Err(Malformed::TooManyMembers);
        }
    }
    Ok(())
}

/// Returns whether `text` is one object or array of bearable depth, be it one
/// that is only read tolerantly.
#[must_use]
pub fn is_nested(text: &str) -> bool {
    let mut depth = 0_usize;
    text.trim_ascii_start().starts_with(['{', '['])
        && tolerant(text.as_bytes()).is_ok()
        && Tokens::new(text).all(|token| {
            match token.kind {
                Kind::Open(_) => depth += 1,
                Kind::Close => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth <= MAX_DEPTH
        })
}

fn check_syntax(text: &str) -> Result<(), Malformed> {
    // `RawValue` skips without recursion: depth can't exhaust the stack.
    let checked = serde_json::from_str::<&RawValue>(text);
    checked.map(drop).map_err(|error| Malformed::Syntax(error.to_string()))
}

/// Decodes a string token with its quotes; `None` for other tokens and for
/// lone surrogates, which no Rust string can hold.
#[must_use]
pub fn decode_string(token: &str) -> Option<Cow<'_, str>> {
    let inner = token.strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains('\\') {
        from_str::<String>(token).ok().map(Cow::Owned)
    } else {
        Some(Cow::Borrowed(inner))
    }
}

/// Encodes `text` as a JSON string token with its quotes.
#[must_use]
pub fn encode_string(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Whether a piece of JSON holds a value: not only `null`, empty texts, and
/// objects and lists of these.
#[must_use]
pub fn holds_value(piece: &str) -> bool {
    let mut tokens = Tokens::new(piece).peekable();
    while let Some(Token { kind, span }) = tokens.next() {
        let is_key = matches!(tokens.peek(), Some(Token { kind: Kind::Colon, .. }));
        let is_value = match kind {
            Kind::Scalar => piece.get(span) != Some("null"),
            Kind::String => span.len() > 2 && !is_key,
            _ => false,
        };
        if is_value {
            return true;
        }
    }
    false
}

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

/// The members of the top-level object, in order, repeated keys included.
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

/// The object `text` without the members whose key is repeated later: of
/// repeated keys the last counts, and a derived reader takes none. What is no
/// object stays as it is.
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
        // A key that no Rust string can hold is none that we look for.
        key: decode_string(written).unwrap_or(Cow::Borrowed(written)),
        span: key.start..value.end,
        value: text.get(value)?,
    })
}

/// Calls `visit` for every string, keys included, with its token and span.
pub fn strings<'a>(text: &'a str, mut visit: impl FnMut(&'a str, Range<usize>)) {
    for token in Tokens::new(text).filter(|token| token.kind == Kind::String) {
        visit(text.get(token.span.clone()).unwrap_or_default(), token.span);
    }
}

/// One step of the way from the top to a value.
#[derive(Debug, Clone)]
enum Step<'a> {
    Index(usize),
    Key(&'a str),
    /// In an object, before its next key.
    BeforeKey,
}

/// An object or array on the way, by where it begins, and the step into it.
#[derive(Debug, Clone)]
struct Level<'a> {
    start: usize,
    /// Where the key of the step begins.
    key_start: usize,
    step: Step<'a>,
}

/// Where in the document a string stands.
#[derive(Debug)]
pub struct Path<'s, 'a>(&'s [Level<'a>]);

impl Path<'_, '_> {
    /// The decoded key directly above the value; `None` in an array.
    #[must_use]
    pub fn key(&self) -> Option<Cow<'_, str>> {
        key_of(self.0.last())
    }

    /// The decoded key of the top-level member that holds the value.
    #[must_use]
    pub fn top_key(&self) -> Option<Cow<'_, str>> {
        key_of(self.0.first())
    }

    /// Returns whether `key` is on the way to the value.
    #[must_use]
    pub fn passes(&self, key: &str) -> bool {
        self.0.iter().any(|level| short_key(level).as_deref() == Some(key))
    }

    /// Returns the last key on the way to the value: that of the array, in one.
    #[must_use]
    pub fn last_key(&self) -> Option<Cow<'_, str>> {
        let is_key = |level: &&Level<'_>| matches!(level.step, Step::Key(_));
        self.0.iter().rev().find(is_key).and_then(short_key)
    }

    /// The top-level member that holds the value, by where it begins. Decoding
    /// its key for every value would take quadratic time.
    #[must_use]
    pub fn top(&self) -> usize {
        self.0.first().map_or(0, |level| level.key_start)
    }

    /// The object or array that holds the value, by where it begins.
    #[must_use]
    pub fn container(&self) -> usize {
        self.0.last().map_or(0, |level| level.start)
    }

    /// The JSON Pointer of the value, as RFC 6901 writes it, cut to about
    /// `most` characters.
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

/// A key that may mean something. Long ones do not, and decoding one for every
/// value below it would take quadratic time.
fn short_key<'a>(level: &Level<'a>) -> Option<Cow<'a, str>> {
    match level.step {
        Step::Key(token) if token.len() < 100 => decode_string(token),
        _ => None,
    }
}

/// Calls `visit` for every string and scalar value (not keys), in order, with
/// its path, its token as written and the token's span.
pub fn walk<'a>(text: &'a str, mut visit: impl FnMut(&Path<'_, 'a>, &'a str, Range<usize>)) {
    walk_once(text, &mut visit);
}

/// What a visitor does with a value: its path, its token and the token's span.
type Visitor<'v, 'a> = dyn FnMut(&Path<'_, 'a>, &'a str, Range<usize>) + 'v;

/// Compiled once for all visitors.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn strings(text: &str) -> Vec<(String, String)> {
        let mut found = Vec::new();
        walk(text, |path, token, _| found.push((path.pointer(99), token.to_owned())));
        found
    }

    #[test]
    fn values_are_visited_with_their_pointers() {
        let text = r#"{"a":{"b~/c":["x", 1.10, {"d":"y\"}"}]}, "e":null}"#;
        check(text).unwrap();
        let want = [
            ("/a/b~0~1c/0", "\"x\""),
            ("/a/b~0~1c/1", "1.10"),
            ("/a/b~0~1c/2/d", r#""y\"}""#),
            ("/e", "null"),
        ];
        assert_eq!(strings(text), want.map(|(p, t)| (p.to_owned(), t.to_owned())));
    }

    #[test]
    fn members_keep_their_text_and_repetitions() {
        let text = "{ \"a\" : [1, {\"a\":2}] ,\n\"b\":\"x,}\", \"a\":3 }";
        let found: Vec<_> =
            members(text).into_iter().map(|m| (m.key.into_owned(), m.value)).collect();
        let want = [("a", r#"[1, {"a":2}]"#), ("b", "\"x,}\""), ("a", "3")];
        assert_eq!(found, want.map(|(k, v)| (k.to_owned(), v)));
        assert!(members("{}").is_empty());
        let odd: Vec<_> = members(r#"{"\ud800":1,"b":2}"#).into_iter().map(|m| m.value).collect();
        assert_eq!(odd, ["1", "2"], "no member is lost");
    }

    #[test]
    fn what_is_no_object_is_refused_with_a_reason() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(check(&format!("{{\"a\":{deep}}}")), Err(Malformed::TooDeep));
        let wide = format!("{{{}\"a\":0}}", "\"a\":0,".repeat(MAX_MEMBERS));
        assert_eq!(check(&wide), Err(Malformed::TooManyMembers));
        assert_eq!(check("[]"), Err(Malformed::NotAnObject));
        assert_eq!(check("null"), Err(Malformed::NotAnObject));
        for broken in ["", "{", "{\"a\":}", "{\"a\":1}x", "{'a':1}", "{\"a\":01}"] {
            assert!(matches!(check(broken), Err(Malformed::Syntax(_))), "{broken}");
        }
    }

    #[test]
    fn lone_surrogates_are_no_string() {
        assert_eq!(decode_string(r#""\ud800""#), None);
        assert_eq!(decode_string(r#""https:\/\/a\u0026b""#).as_deref(), Some("https://a&b"));
    }
}
