//! The strings that stand for longer ones.

use super::gap::Gap;
use crate::domain::file::inline::MAX_NESTING;
use crate::domain::json;

/// What each begins with. JSON escapes none of its characters, so that in a
/// string that is JSON itself only the quotes are written otherwise.
pub(crate) const MARK: &str = "@hookvault-range/";

/// The text that stands for the gap of this number.
pub(super) fn text(index: usize, gap: &Gap) -> String {
    format!("{MARK}{index}/{}/{}", gap.length, gap.sha256)
}

/// Returns the number of the gap that a decoded string stands for.
pub(super) fn index(gaps: &[Gap], decoded: &str) -> Option<usize> {
    let (index, _) = decoded.strip_prefix(MARK)?.split_once('/')?;
    let index = index.parse().ok()?;
    gaps.get(index).filter(|gap| text(index, gap) == decoded).map(|_| index)
}

/// Returns the gap that a decoded string stands for.
pub(crate) fn gap<'g>(gaps: &'g [Gap], decoded: &str) -> Option<&'g Gap> {
    gaps.get(index(gaps, decoded)?)
}

/// Whether a string token, or one in it, reads like a placeholder.
pub(super) fn is_like_one(token: &str) -> bool {
    may_hold_mark(token) && holds_mark(token, 0)
}

/// Whether it is worth a look. Any character may be escaped.
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
