//! A text that was made of a skeleton, as what is written and what stands in
//! the body.

use super::gap::Gap;
use super::placeholder::{MARK, index};
use crate::domain::file::inline::MAX_NESTING;
use crate::domain::json;
use crate::domain::json::escapes::Escapes;
use std::ops::Range;

/// A part of a text that was made of a skeleton.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'a> {
    /// It is written so.
    Text(&'a str),
    /// It stands in the body.
    Raw(&'a Gap),
}

/// Returns the pieces of a JSON text that was made of a skeleton with these
/// gaps: its result, or what an answer tells of that.
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

/// Calls `found` with the place and the number of each placeholder. `locate`
/// tells where in the whole text a byte is written, and is asked in order.
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
        // What we put in is never escaped.
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
