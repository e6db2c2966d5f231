//! Keeps the vault's own URLs unmasked: the file names in them may look like
//! secrets.

use memchr::memmem;
use std::ops::Range;

/// Returns the URLs that begin with `own`, in order. Each ends at the end of
/// its JSON string, or at the end of the text.
pub(super) fn own_urls(text: &[u8], own: &[u8]) -> Vec<Range<usize>> {
    let (mut urls, mut at) = (Vec::new(), 0);
    while !own.is_empty()
        && let Some(start) = memmem::find(text.get(at..).unwrap_or_default(), own)
    {
        let start = at + start;
        let path = text.get(start..).unwrap_or_default();
        at = memchr::memchr(b'"', path).map_or(text.len(), |length| start + length);
        urls.push(start..at);
    }
    urls
}

/// Returns where a URL begins that may continue after the end of the text: the
/// last of `urls`, or one of which the text has only a beginning of `own`.
pub(super) fn begun(text: &[u8], own: &[u8], urls: &[Range<usize>]) -> Option<usize> {
    if let Some(url) = urls.last().filter(|url| url.end == text.len()) {
        return Some(url.start);
    }
    let longest = own.len().saturating_sub(1).min(text.len());
    (1..=longest)
        .rev()
        .map(|length| text.len() - length)
        .find(|start| text.get(*start..).is_some_and(|end| own.starts_with(end)))
}

/// Removes the spans that begin inside one of the URLs. Both lists are in
/// order.
pub(super) fn keep_own(spans: &mut Vec<Range<usize>>, urls: Vec<Range<usize>>) {
    let mut kept = urls.into_iter().peekable();
    spans.retain(|span| {
        while kept.next_if(|url| url.end <= span.start).is_some() {}
        kept.peek().is_none_or(|url| !url.contains(&span.start))
    });
}
