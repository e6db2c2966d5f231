//! URLs without what a signer adds: what stays the same when a URL is signed anew.

use crate::domain::file::inline::MAX_NESTING;
use crate::domain::file::{expiry, strict_url};
use crate::domain::json::{self, edit};
use url::Url;

/// A presigned URL without what its signer has added; `None` for other texts.
fn unsigned_url(text: &str) -> Option<String> {
    // Most texts are none; parsing each would take its time.
    let text = text.contains('?').then(|| strict_url::repaired(text))?;
    let maybe = text.get(..4).is_some_and(|scheme| scheme.eq_ignore_ascii_case("http"));
    let url = maybe.then(|| strict_url::read(&text).ok())??;
    expiry::is_presigned(&url).then(|| identity(&url))
}

/// The URL without what a signer adds: the same object signed twice is one
/// file, but `?file=a` and `?file=b` are two.
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

/// Returns a text without what signers have added to the URLs in it, if it is a
/// presigned URL or JSON that holds one.
pub(crate) fn unsigned(text: &str) -> Option<String> {
    unsigned_at(text, 0)
}

fn unsigned_at(text: &str, depth: u8) -> Option<String> {
    if depth >= MAX_NESTING || !json::is_nested(text) {
        return unsigned_url(text);
    }
    let mut edits = Vec::new();
    json::strings(text, |token, span| {
        let bare = json::decode_string(token).and_then(|inner| unsigned_at(&inner, depth + 1));
        edits.extend(bare.map(|bare| (span, json::encode_string(&bare))));
    });
    (!edits.is_empty()).then(|| edit::splice(text, &edits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_go_from_strings_that_are_json() {
        let one = r#"{"r":"{\"u\":\"https://h/a?X-Amz-Signature=1\",\"n\":1.10}"}"#;
        let two = one.replace("=1", "=2");
        assert_eq!(unsigned(one), unsigned(&two));
        assert!(unsigned(one).is_some_and(|bare| bare.contains("1.10") && !bare.contains("Sig")));
        assert_eq!(unsigned(r#"{"r":"{\"u\":\"https://h/a?b\"}"}"#), None);
    }
}
