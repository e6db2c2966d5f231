//! What a single string of a result is.

use super::{Found, Origin};
use crate::domain::expiry;
use crate::domain::inline;
use crate::domain::media;
use crate::domain::source::{self, Refusal, SourcePolicy};
use std::ops::Range;
use url::Url;

/// What a string is.
pub(super) enum Class {
    Text,
    Skip { host: Option<String>, reason: String },
    File(Box<Found>),
}

/// Tells what a string is, given decoded and as its token.
pub(super) fn classify(
    text: &str,
    token: &str,
    span: &Range<usize>,
    key: Option<&str>,
    policy: &SourcePolicy,
) -> Class {
    if let Some(data) = inline::find(text, token, key) {
        let at = span.start + data.span.start..span.start + data.span.end;
        let key = format!("inline:{}", at.start);
        let origin = Origin::Inline { span: at, encoding: data.encoding };
        return Class::File(Box::new(Found::new(key, origin, data.content_type, None)));
    }
    let lower = text.get(..8).unwrap_or(text).to_ascii_lowercase();
    if !lower.starts_with("https://") && !lower.starts_with("http://") {
        return Class::Text;
    }
    match policy.check(text) {
        Ok(url) => Class::File(Box::new(Found::at_url(text, &url))),
        Err(refusal) => refused(text, refusal),
    }
}

/// A refused URL is worth a word only if it is media.
fn refused(text: &str, refusal: Refusal) -> Class {
    let path = text.split(['?', '#']).next().unwrap_or_default();
    match source::read(text) {
        Err(Refusal::Malformed) if media::type_of_name(path).is_some() => {
            Class::Skip { host: None, reason: refusal.to_string() }
        }
        Ok(url) if expiry::is_presigned(&url) || media::type_of_name(url.path()).is_some() => {
            Class::Skip { host: url.host_str().map(str::to_owned), reason: refusal.to_string() }
        }
        _ => Class::Text,
    }
}

impl Found {
    fn at_url(text: &str, url: &Url) -> Self {
        let host = source::host_of(url);
        // A text beyond ASCII would cost the stored record two bytes a character.
        let url_text = if text.is_ascii() { text } else { url.as_str() };
        let origin = Origin::Url { url: url_text.to_owned(), host };
        Self::new(identity(url), origin, None, expiry::deadline(url))
    }
}

/// A presigned URL without what its signer has added; `None` for other texts.
pub(in crate::domain) fn unsigned(text: &str) -> Option<String> {
    // Most texts are none; parsing each would take its time.
    let maybe = text.starts_with("http") && text.contains('?');
    let url = maybe.then(|| source::read(text).ok())??;
    expiry::is_presigned(&url).then(|| identity(&url))
}

/// The URL without what a signer adds: the same object signed twice is one
/// file, but `?file=a` and `?file=b` are two.
fn identity(url: &Url) -> String {
    let mut bare = url.clone();
    bare.set_fragment(None);
    if expiry::is_presigned(url) {
        let own: Vec<_> =
            url.query_pairs().filter(|(key, _)| !expiry::is_signing_key(key)).collect();
        bare.query_pairs_mut().clear().extend_pairs(own).finish();
    }
    bare.into()
}
