//! Replaces secrets by the mask.

use crate::domain::sort;
use std::ops::Range;

/// The replacement of a secret.
pub const MASK: &str = "***";

/// The replacement of a secret of digits alone, which may be a number in JSON.
const DIGIT: &str = "9";

/// Returns the spans in order, and merges those that overlap.
pub(super) fn ordered(mut spans: Vec<Range<usize>>) -> Vec<Range<usize>> {
    sort::by_key(&mut spans, |span| (span.start, span.end));
    let mut merged: Vec<Range<usize>> = Vec::new();
    for span in spans {
        match merged.last_mut() {
            Some(last) if span.start < last.end => last.end = last.end.max(span.end),
            _ => merged.push(span),
        }
    }
    merged
}

/// Returns the text with these spans masked; `None` without spans.
pub(super) fn apply(text: &[u8], spans: &[Range<usize>]) -> Option<Vec<u8>> {
    if spans.is_empty() {
        return None;
    }
    let (mut out, mut at) = (Vec::with_capacity(text.len()), 0);
    for span in spans {
        let secret = text.get(span.clone()).unwrap_or_default();
        let mask = if secret.iter().all(u8::is_ascii_digit) { DIGIT } else { MASK };
        out.extend_from_slice(text.get(at..span.start).unwrap_or_default());
        out.extend_from_slice(mask.as_bytes());
        at = span.end;
    }
    out.extend_from_slice(text.get(at..).unwrap_or_default());
    Some(out)
}
