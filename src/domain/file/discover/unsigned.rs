//! Reduces strings to what is compared. A URL loses its signature, so that it
//! stays equal when it is signed again. A digest replaces a long string.

use crate::domain::file::inline::MAX_NESTING;
use crate::domain::file::skeleton::{self, Gap};
use crate::domain::file::{expiry, strict_url};
use crate::domain::json::{self, edit};
use url::Url;

/// Returns a presigned URL without what its signer added; `None` for other
/// text.
fn unsigned_url(text: &str) -> Option<String> {
    // Most texts are no such URLs, and parsing each would take time.
    let text = text.contains('?').then(|| strict_url::repaired(text))?;
    let maybe = text.get(..4).is_some_and(|scheme| scheme.eq_ignore_ascii_case("http"));
    let url = maybe.then(|| strict_url::read(&text).ok())??;
    expiry::is_presigned(&url).then(|| identity(&url))
}

/// Returns the URL without its fragment and what a signer adds. The same object
/// signed twice is one file, but `?file=a` and `?file=b` are two.
pub(super) fn identity(url: &Url) -> String {
    let mut bare = url.clone();
    bare.set_fragment(None);
    if expiry::is_presigned(url) {
        let own: Vec<_> =
            url.query_pairs().filter(|(key, _)| !expiry::is_signing_key(key)).collect();
        bare.query_pairs_mut().clear().extend_pairs(own).finish();
    }
    bare.into()
}

/// Returns the text that stands for `text` in a comparison: URLs are without
/// signatures, and digests replace strings that are too long to keep. Returns
/// `None` if `text` is compared as it is. `gaps` belong to the skeleton of the
/// text.
pub(crate) fn comparable(text: &str, gaps: &[Gap]) -> Option<String> {
    comparable_at(text, gaps, 0)
}

fn comparable_at(text: &str, gaps: &[Gap], depth: u8) -> Option<String> {
    if depth >= MAX_NESTING || !json::is_nested(text) {
        return skeleton::digest(text, gaps).or_else(|| unsigned_url(text));
    }
    let mut edits = Vec::new();
    json::strings(text, |token, span| {
        edits.extend(comparable_token(token, gaps, depth + 1).map(|token| (span, token)));
    });
    (!edits.is_empty()).then(|| edit::splice(text, &edits))
}

/// Does the same as [`comparable`] for a token that `depth` strings contain.
fn comparable_token(token: &str, gaps: &[Gap], depth: u8) -> Option<String> {
    let bare = match json::decode_string(token) {
        Some(text) => match skeleton::gap(gaps, &text).and_then(|gap| gap.written.clone()) {
            Some(written) => return Some(written),
            None => comparable_at(&text, gaps, depth),
        },
        None => skeleton::digest_of_token(token),
    };
    bare.map(|bare| json::encode_string(&bare))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_removed_from_strings_that_are_json() {
        let one = r#"{"r":"{\"u\":\"https://h/a?X-Amz-Signature=1\",\"n\":1.10}"}"#;
        let two = one.replace("=1", "=2");
        assert_eq!(comparable(one, &[]), comparable(&two, &[]));
        assert!(
            comparable(one, &[]).is_some_and(|bare| bare.contains("1.10") && !bare.contains("Sig"))
        );
        assert_eq!(comparable(r#"{"r":"{\"u\":\"https://h/a?b\"}"}"#, &[]), None);
    }
}
