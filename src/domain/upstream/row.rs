//! Asks the sender of a row, at its own origins alone.

use super::keys::{Header, SenderKeys};
use super::queue::Scheme;
use super::template::{CantAsk, Template};
use super::{Lookup, UpstreamQuery};
use crate::domain::file::source_policy::SourcePolicy;
use crate::domain::file::strict_url;
use crate::domain::sender::fact::Fact;
use crate::domain::sender::row::Row;
use url::Url;

/// Returns the query for the state of `job` at its sender: at the URL that the
/// sender has named, if that is at an origin of the row, else at `poll`.
///
/// # Errors
/// Returns a [`CantAsk`] if the row has no such URL, or its key is not set.
pub fn state_of(row: &Row, keys: &SenderKeys, job: Lookup<'_>) -> Result<UpstreamQuery, CantAsk> {
    let named = job.response_url.and_then(|text| strict_url::read(text).ok());
    let url = match named.filter(|url| is_at(row, url)) {
        Some(url) => url,
        None => filled(row, Fact::Poll, job)?,
    };
    query(row, keys, url)
}

/// Returns a query with the row's key.
///
/// # Errors
/// Returns [`CantAsk::NoKey`] if the key is not set.
pub(crate) fn query(row: &Row, keys: &SenderKeys, url: Url) -> Result<UpstreamQuery, CantAsk> {
    let headers = keys.headers(row)?;
    Ok(UpstreamQuery { url, key: None, scheme: Scheme::Bearer, headers })
}

fn filled(row: &Row, fact: Fact, job: Lookup<'_>) -> Result<Url, CantAsk> {
    let template = row.text(fact).and_then(Template::of_row).ok_or(CantAsk::NoUpstream)?;
    template.fill(job.app, job.id.ok_or(CantAsk::NoId)?)
}

/// The keys for the downloads of a job's files.
#[derive(Debug, Clone, Copy)]
pub struct DownloadKeys<'a> {
    /// The row of the job's sender.
    pub row: Option<&'a Row>,
    /// The keys of all senders.
    pub keys: &'a SenderKeys,
    /// The job.
    pub job: Lookup<'a>,
}

impl DownloadKeys<'_> {
    /// Returns the headers with the key that the download of `url` needs; none
    /// if it needs no key, or if the key is not set. Other URLs at the same
    /// origin are not files, and must not be read with the key.
    #[must_use]
    pub fn of(self, url: &Url) -> Vec<Header> {
        let Self { row: Some(row), keys, job } = self else { return Vec::new() };
        let starts = row.list(Fact::DownloadNeedsKey).iter();
        let is_keyed = starts.filter_map(|text| is_below(url, text, job)).any(|is_it| is_it);
        if is_keyed && is_plain(url) { keys.headers(row).unwrap_or_default() } else { Vec::new() }
    }
}

/// Returns whether a URL is the one of this template, or below it.
fn is_below(url: &Url, template: &str, job: Lookup<'_>) -> Option<bool> {
    let start = Template::of_row(template)?.fill(job.app, job.id.unwrap_or("-")).ok()?;
    let rest = url.path().strip_prefix(start.path())?;
    let is_whole = rest.is_empty() || rest.starts_with('/') || start.path().ends_with('/');
    Some(is_whole && start.origin() == url.origin())
}

/// Returns whether no server reads the path as another one, and no user is in
/// the URL.
fn is_plain(url: &Url) -> bool {
    let path = url.path().to_ascii_lowercase();
    has_no_user(url) && !["%2e", "%2f", "%5c", "//"].iter().any(|odd| path.contains(odd))
}

/// Returns whether a URL is at an origin that may get the row's key.
fn is_at(row: &Row, url: &Url) -> bool {
    let at = |fact| row.list(fact).iter().filter_map(|text| Template::of_row(text)?.probe());
    let is_own = |own: Url| own.origin() == url.origin();
    let is_listed = |text: &String| SourcePolicy::parse(text).0.check(url.as_str()).is_ok();
    has_no_user(url)
        && (at(Fact::Poll).chain(at(Fact::Submit)).any(is_own)
            || row.list(Fact::KeyHosts).iter().any(is_listed))
}

fn has_no_user(url: &Url) -> bool {
    url.username().is_empty() && url.password().is_none()
}
