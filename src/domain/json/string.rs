//! Strings of JSON, read and written.

use super::read::from_str;
use serde::Serialize;
use std::borrow::Cow;

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
    serde_json::to_string(text).unwrap_or_default()
}

/// A state as JSON has it.
#[must_use]
pub fn word(state: &impl Serialize) -> String {
    let text = serde_json::to_string(state).unwrap_or_default();
    text.trim_matches('"').to_owned()
}
