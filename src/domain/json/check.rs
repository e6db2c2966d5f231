//! Checks that a text is JSON that can be used.

use super::tokens::{Kind, Tokens};
use serde::de::IgnoredAny;

/// The deepest nesting that is read. `serde_json` and most other readers stop
/// at 128 too, so nobody downstream could use a deeper document.
pub const MAX_DEPTH: usize = 128;

/// The most members of the top-level object that are read. Results have about
/// ten. Each costs about 60 bytes while a body is read, beside the body itself.
pub const MAX_MEMBERS: usize = 50_000;

/// Why a body is not a JSON object that can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Malformed {
    /// Not JSON. The text says where and why.
    Syntax(String),
    /// Nested deeper than [`MAX_DEPTH`].
    TooDeep,
    /// More than [`MAX_MEMBERS`].
    TooManyMembers,
    /// JSON, but not an object.
    NotAnObject,
    /// Another format. The text says which, and what to do.
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

/// Checks that `text` is one JSON object within the limits.
///
/// # Errors
/// Returns what is wrong as [`Malformed`]. The functions that scan a text, such
/// as `members` and `walk`, expect one that passed here.
pub fn check(text: &str) -> Result<(), Malformed> {
    check_syntax(text)?;
    check_shape(text)
}

/// Checks that a JSON text is one object within the limits. `tolerant` has
/// checked the syntax of the text that it returns.
///
/// # Errors
/// Returns the same as [`check`], except for the syntax.
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

/// Checks the syntax alone.
pub(super) fn check_syntax(text: &str) -> Result<(), Malformed> {
    // The parser skips values without recursion, so depth can't exhaust the
    // stack.
    let checked = serde_json::from_str::<IgnoredAny>(text);
    checked.map(drop).map_err(|error| Malformed::Syntax(error.to_string()))
}
