//! Edits JSON text in place. All bytes that are not replaced stay as they are.

use std::ops::Range;

/// A replacement of the bytes of one string token.
pub type Edit = (Range<usize>, String);

/// Returns `text` with `edits` applied, which are in order.
#[must_use]
pub fn splice(text: &str, edits: &[Edit]) -> String {
    let mut out = String::new();
    pieces(text, edits, |piece| out.push_str(piece));
    out
}

/// Calls `take` with the pieces of `text` after `edits`, which are in order.
/// Skips an edit within a span that an earlier edit has replaced.
pub fn pieces(text: &str, edits: &[Edit], mut take: impl FnMut(&str)) {
    let mut at = 0;
    for (span, new) in edits {
        if span.start >= at {
            take(text.get(at..span.start).unwrap_or_default());
            take(new);
            at = span.end;
        }
    }
    take(text.get(at..).unwrap_or_default());
}
