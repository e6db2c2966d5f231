//! What a single string of a result is.

use super::describe::FileHints;
use super::found::{FoundAt, FoundFile, Skipped};
use super::spot::Candidate;
use super::unsigned::identity;
use crate::domain::file::inline::{self, Encoding, InlineData};
use crate::domain::file::skeleton::{self, Gap};
use crate::domain::file::source_policy::SourcePolicy;
use crate::domain::file::strict_url::{self, UrlRefusal};
use crate::domain::file::{expiry, media_type};
use crate::domain::json;
use crate::domain::webhook::event::Provider;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::Range;
use url::Url;

/// What a string is.
pub(super) enum Class {
    Text,
    /// Where it stands is not told yet.
    Skip(Skipped),
    File(Box<FoundFile>),
}

/// What a string is judged by, beside itself and its place.
pub(super) struct Rules<'r> {
    pub policy: &'r SourcePolicy,
    pub provider: Provider,
    /// The URLs of the job's own input.
    pub given: HashSet<String>,
    /// What placeholders stand for.
    pub gaps: &'r [Gap],
    /// Where in the body as it came the text begins that is searched.
    pub start: usize,
}

/// Returns the URLs in what was submitted: they are no outputs.
pub(crate) fn given(input: Option<&RawValue>) -> HashSet<String> {
    let mut urls = HashSet::new();
    json::strings(input.map_or("", RawValue::get), |token, _| {
        let text = json::decode_string(token).unwrap_or_default();
        urls.extend(strict_url::read(&strict_url::repaired(&text)).ok().as_ref().map(identity));
    });
    urls
}

/// Tells what a string is, given decoded.
pub(super) fn classify(text: &str, spot: &Candidate<'_>, rules: &Rules<'_>) -> Class {
    let key = spot.path.key();
    if let Some(gap) = skeleton::gap(rules.gaps, text) {
        return of_gap(gap, key.as_deref(), rules.start);
    }
    if let Some(data) = inline::find(text, key.as_deref()) {
        let span = spot.place.span.clone();
        return Class::File(Box::new(FoundFile::within(span.start, span, &data, None)));
    }
    let written = strict_url::repaired(text);
    let lower = written.get(..8).unwrap_or(&written).to_ascii_lowercase();
    if !lower.starts_with("https://") && !lower.starts_with("http://") {
        return Class::Text;
    }
    let read = strict_url::read(&written);
    let says_so =
        is_media(&written, read.as_ref()) || spot.beside.is_some_and(FileHints::is_of_file);
    // A sentence may begin with a URL, and must not be replaced by a file.
    let goes_on = read.as_ref().is_ok_and(|url| !is_whole(url));
    if matches!(written, Cow::Owned(_)) && (goes_on || !says_so) {
        return Class::Text;
    }
    match rules.policy.check(&written) {
        Ok(url) => Class::File(Box::new(FoundFile::at_url(&written, &url))),
        Err(refusal) => {
            let url = read.ok();
            let is_output = says_so
                || (url.is_some() && rules.provider.is_output(spot.path.last_key().as_deref()));
            let is_given = url.as_ref().is_some_and(|url| rules.given.contains(&identity(url)));
            if !is_output || is_given || spot.is_input() {
                return Class::Text;
            }
            let host = url.and_then(|url| url.host_str().map(str::to_owned));
            let allow = rules.policy.entry_for(&written);
            Class::Skip(Skipped {
                pointer: String::new(),
                host,
                reason: refusal.to_string(),
                allow,
            })
        }
    }
}

/// Tells what a long string is, in a text that begins at `start` of the body.
fn of_gap(gap: &Gap, key: Option<&str>, start: usize) -> Class {
    let Some(data) = gap.inline.as_ref().filter(|data| data.is_file_at(key)) else {
        return Class::Text;
    };
    let (span, at) = (gap.span.clone(), gap.span.start.saturating_sub(start));
    // The type stands beside it.
    let kept = InlineData { content_type: None, ..data.clone() };
    Class::File(Box::new(FoundFile::within(at, span, data, Some(kept))))
}

/// Whether a URL itself says that it is media.
fn is_media(written: &str, read: Result<&Url, &UrlRefusal>) -> bool {
    match read {
        Ok(url) => expiry::is_presigned(url) || media_type::type_of_name(url.path()).is_some(),
        Err(UrlRefusal::Malformed) => {
            let path = written.split(['?', '#']).next().unwrap_or_default();
            media_type::type_of_name(path).is_some()
        }
        Err(_) => false,
    }
}

/// Whether a URL that was written with white space in it is all of its text:
/// no sentence goes on behind its path or its signature.
fn is_whole(url: &Url) -> bool {
    let is_cut = |pair: &str| {
        let key = pair.split('=').next().unwrap_or_default();
        pair.contains("%20") && expiry::SIGNATURE_KEYS.iter().any(|k| k.eq_ignore_ascii_case(key))
    };
    !url.path().contains("://")
        && url.fragment().is_none()
        && !url.query().is_some_and(|query| query.split('&').any(is_cut))
}

impl FoundFile {
    /// Data in the token `span` of the body, which begins at `at` of the text
    /// that is searched.
    fn within(at: usize, span: Range<usize>, found: &InlineData, data: Option<InlineData>) -> Self {
        // Behind the quote, as older records have counted it.
        let key = format!("inline:{}", at + 1 + found.start);
        let origin = FoundAt::Inline { span, encoding: Encoding::Token, data };
        Self::new(key, origin, found.content_type.clone(), None)
    }

    fn at_url(text: &str, url: &Url) -> Self {
        let host = strict_url::host_of(url);
        // A text beyond ASCII would cost the stored record two bytes a character.
        let url_text = if text.is_ascii() { text } else { url.as_str() };
        let origin = FoundAt::Url { url: url_text.to_owned(), host };
        Self::new(identity(url), origin, None, expiry::deadline(url))
    }
}
