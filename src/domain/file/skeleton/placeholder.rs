//! The placeholders that stand for longer strings.

use super::gap::Gap;
use crate::domain::file::inline::MAX_NESTING;
use crate::domain::json;

/// The beginning of each placeholder. JSON escapes none of its characters, so
/// in a string that is JSON itself only the quotes are escaped.
pub(crate) const MARK: &str = "@hookvault-range/";

/// Returns the placeholder of the gap with this index.
pub(super) fn text(index: usize, gap: &Gap) -> String {
    format!("{MARK}{index}/{}/{}", gap.length, gap.sha256)
}

/// Returns the index of the gap that a decoded string stands for.
pub(super) fn index(gaps: &[Gap], decoded: &str) -> Option<usize> {
    let (index, _) = decoded.strip_prefix(MARK)?.split_once('/')?;
    let index = index.parse().ok()?;
    gaps.get(index).filter(|gap| text(index, gap) == decoded).map(|_| index)
}

/// Returns the gap that a decoded string stands for.
pub(crate) fn gap<'g>(gaps: &'g [Gap], decoded: &str) -> Option<&'g Gap> {
    gaps.get(index(gaps, decoded)?)
}

/// Returns whether a string token, or one within it, looks like a placeholder.
pub(super) fn is_like_one(token: &str) -> bool {
    may_hold_mark(token) && holds_mark(token, 0)
}

/// Returns whether the token may contain a placeholder: any character may be
/// escaped.
fn may_hold_mark(token: &str) -> bool {
    token.contains('\\') || token.contains(MARK)
}

fn holds_mark(token: &str, depth: u8) -> bool {
    let Some(text) = json::decode_string(token) else { return false };
    if text.starts_with(MARK) {
        return true;
    }
    let mut holds = false;
    if depth < MAX_NESTING && json::is_nested(&text) {
        json::strings(&text, |token, _| {
            holds = holds || (may_hold_mark(token) && holds_mark(token, depth + 1));
        });
    }
    holds
}
