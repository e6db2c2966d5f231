//! Splits a text that was made from a skeleton into text and parts of the body.

use super::gap::Gap;
use super::placeholder::{MARK, index};
use crate::domain::file::inline::MAX_NESTING;
use crate::domain::json;
use crate::domain::json::escapes::Escapes;
use std::ops::Range;

/// A part of a text that was made from a skeleton.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Text that is used as it is.
    Text(&'a str),
    /// A part of the body, at the gap's span.
    Raw(&'a Gap),
}

/// Returns the pieces of a JSON text that was made from a skeleton with these
/// gaps: a result, or a response that contains one.
#[must_use]
pub fn pieces<'a>(text: &'a str, gaps: &'a [Gap]) -> Vec<Piece<'a>> {
    let (mut pieces, mut at) = (Vec::new(), 0);
    search(text, gaps, 0, &mut |at| at, &mut |span, index| {
        pieces.extend(text.get(at..span.start).filter(|it| !it.is_empty()).map(Piece::Text));
        pieces.extend(gaps.get(index).map(Piece::Raw));
        at = span.end;
    });
    pieces.extend(text.get(at..).filter(|it| !it.is_empty()).map(Piece::Text));
    pieces
}

/// Calls `found` with the span and the index of each placeholder. `locate` maps
/// an offset in `text` to one in the whole text. It is called with ascending
/// offsets.
fn search(
    text: &str,
    gaps: &[Gap],
    depth: u8,
    locate: &mut dyn FnMut(usize) -> usize,
    found: &mut dyn FnMut(Range<usize>, usize),
) {
    if !text.contains(MARK) {
        return;
    }
    json::strings(text, |token, span| {
        // The placeholders that we write are never escaped.
        let Some(string) = token.contains(MARK).then(|| json::decode_string(token)).flatten()
        else {
            return;
        };
        if let Some(index) = index(gaps, &string) {
            found(locate(span.start)..locate(span.end), index);
        } else if depth < MAX_NESTING && json::is_nested(&string) {
            let mut escapes = Escapes::new(token);
            let locate = &mut |at| locate(span.start + escapes.place(at));
            search(&string, gaps, depth + 1, locate, found);
        }
    });
}
