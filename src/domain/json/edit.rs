//! Editing JSON text in place: what is not replaced comes out as it went in.

use std::ops::Range;

/// A replacement of the bytes of one string token.
pub type Edit = (Range<usize>, String);

/// `text` with `edits` applied.
#[must_use]
pub fn splice(text: &str, edits: &[Edit]) -> String {
    let mut out = String::new();
    pieces(text, edits, |piece| out.push_str(piece));
    out
}

/// Calls `take` with the pieces of `text` with `edits` (in order) applied. An
/// edit within what an earlier one has replaced does not count.
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
