//! Decides what a single string of a result is: text, a file, or an output that
//! is skipped.

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
use crate::domain::sender::row::Row;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::Range;
use url::Url;

/// What a string is.
pub(super) enum Class {
    Text,
    /// An output that is not copied. The caller fills in its pointer.
    Skip(Skipped),
    File(Box<FoundFile>),
}

/// What [`classify`] needs beside the string and its place.
pub(super) struct Rules<'r> {
    pub policy: &'r SourcePolicy,
    /// The row of the result's sender.
    pub row: &'r Row,
    /// The URLs in the job's own input, which are no outputs.
    pub given: HashSet<String>,
    /// The gaps that placeholders stand for.
    pub gaps: &'r [Gap],
    /// The offset in the received body at which the searched text begins.
    pub start: usize,
}

/// Returns the URLs in the submitted input, which are no outputs.
pub(crate) fn given(input: Option<&RawValue>) -> HashSet<String> {
    let mut urls = HashSet::new();
    json::strings(input.map_or("", RawValue::get), |token, _| {
        let text = json::decode_string(token).unwrap_or_default();
        urls.extend(strict_url::read(&strict_url::repaired(&text)).ok().as_ref().map(identity));
    });
    urls
}

/// Classifies a decoded string.
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
    // A file's URL must not replace a sentence that only begins with a URL.
    let goes_on = read.as_ref().is_ok_and(|url| !is_whole(url));
    if matches!(written, Cow::Owned(_)) && (goes_on || !says_so) {
        return Class::Text;
    }
    match rules.policy.check(&written) {
        Ok(url) => Class::File(Box::new(FoundFile::at_url(&written, &url))),
        Err(refusal) => {
            let url = read.ok();
            let is_output =
                says_so || (url.is_some() && rules.row.is_output(spot.path.last_key().as_deref()));
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

/// Classifies the string of a gap. The searched text begins at `start` of the
/// body.
fn of_gap(gap: &Gap, key: Option<&str>, start: usize) -> Class {
    let Some(data) = gap.inline.as_ref().filter(|data| data.is_file_at(key)) else {
        return Class::Text;
    };
    let (span, at) = (gap.span.clone(), gap.span.start.saturating_sub(start));
    // `FoundFile` has the content type in a field of its own.
    let kept = InlineData { content_type: None, ..data.clone() };
    Class::File(Box::new(FoundFile::within(at, span, data, Some(kept))))
}

/// Returns whether the URL itself shows that it is media: it is presigned, or
/// has a media extension.
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

/// Returns whether a URL that was written with white space is the whole text.
/// If not, a sentence goes on after its path or its signature.
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
    /// Makes a file of the inline data in the token at `span` of the body. The
    /// token begins at `at` in the searched text.
    fn within(at: usize, span: Range<usize>, found: &InlineData, data: Option<InlineData>) -> Self {
        // Older records count from after the quote, so new ones do too.
        let key = format!("inline:{}", at + 1 + found.start);
        let origin = FoundAt::Inline { span, encoding: Encoding::Token, data };
        Self::new(key, origin, found.content_type.clone(), None)
    }

    fn at_url(text: &str, url: &Url) -> Self {
        let host = strict_url::host_of(url);
        // Text beyond ASCII would take two bytes a character in the stored
        // record.
        let url_text = if text.is_ascii() { text } else { url.as_str() };
        let origin = FoundAt::Url { url: url_text.to_owned(), host };
        Self::new(identity(url), origin, None, expiry::deadline(url))
    }
}
