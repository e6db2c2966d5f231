//! Makes the digest that stands for a long string when two results are
//! compared. It is the same whether the string is in memory or a gap.

use super::gap::Gap;
use super::placeholder::{self, MARK};
use crate::domain::file::inline::MAX_HELD;
use crate::domain::json;
use crate::domain::json::unescape::Unescape;
use sha2::{Digest, Sha256};
use std::borrow::Cow;

/// Returns the text that a string is compared by; `None` if it is the string
/// itself.
pub(crate) fn digest(text: &str, gaps: &[Gap]) -> Option<String> {
    if let Some(gap) = placeholder::gap(gaps, text) {
        let held = gap.written.as_ref().and_then(|token| json::decode_string(token));
        return Some(held.map_or_else(|| told(gap.length, &gap.sha256), Cow::into_owned));
    }
    of_bytes(text.as_bytes())
}

/// Does the same as [`digest`] for a token that no Rust string can hold once
/// decoded, because of a lone surrogate.
pub(crate) fn digest_of_token(token: &str) -> Option<String> {
    let inner = token.strip_prefix('"')?.strip_suffix('"')?;
    let (mut unescape, mut said) = (Unescape::new(), Vec::new());
    unescape.push_all(inner.as_bytes(), &mut said);
    said.extend_from_slice(unescape.end().bytes());
    of_bytes(&said)
}

/// Returns the digest of a long text. A text that looks like a digest gets one
/// too, so that it can't pass for another text.
fn of_bytes(text: &[u8]) -> Option<String> {
    let is_long = text.len() > MAX_HELD || text.starts_with(MARK.as_bytes());
    is_long.then(|| told(text.len(), &hex::encode(Sha256::digest(text))))
}

fn told(length: usize, sha256: &str) -> String {
    format!("{MARK}{length}/{sha256}")
}
