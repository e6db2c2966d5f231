//! What stands for a long string where two results are compared: the same for
//! one that is held and one that is not.

use super::gap::Gap;
use super::placeholder::{self, MARK};
use crate::domain::file::inline::MAX_HELD;
use crate::domain::json;
use crate::domain::json::unescape::Unescape;
use sha2::{Digest, Sha256};
use std::borrow::Cow;

/// Returns what a string is compared by, if not by itself.
pub(crate) fn digest(text: &str, gaps: &[Gap]) -> Option<String> {
    if let Some(gap) = placeholder::gap(gaps, text) {
        let held = gap.written.as_ref().and_then(|token| json::decode_string(token));
        return Some(held.map_or_else(|| told(gap.length, &gap.sha256), Cow::into_owned));
    }
    of_bytes(text.as_bytes())
}

/// As [`digest`], of a token that says what no Rust string can hold.
pub(crate) fn digest_of_token(token: &str) -> Option<String> {
    let inner = token.strip_prefix('"')?.strip_suffix('"')?;
    let (mut unescape, mut said) = (Unescape::new(), Vec::new());
    unescape.push_all(inner.as_bytes(), &mut said);
    said.extend_from_slice(unescape.end().bytes());
    of_bytes(&said)
}

/// What looks like a digest is told by its own.
fn of_bytes(text: &[u8]) -> Option<String> {
    let is_long = text.len() > MAX_HELD || text.starts_with(MARK.as_bytes());
    is_long.then(|| told(text.len(), &hex::encode(Sha256::digest(text))))
}

fn told(length: usize, sha256: &str) -> String {
    format!("{MARK}{length}/{sha256}")
}
