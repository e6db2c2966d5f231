//! The file's source: fetched under the policy, with a time limit.

use super::{Wanted, last, postponed, transient};
use crate::domain::retry::{CopyFailure, FailureKind};
use crate::edge::platform::{self, During, Failure};
use futures_util::future::{Either, select};
use std::pin::pin;
use std::time::Duration;
use worker::{
    AbortController, Delay, Fetch, Headers, Method, Request, RequestInit, RequestRedirect, Response,
};

/// Redirects that are followed.
const MAX_REDIRECTS: usize = 3;

/// An answer of the source whose body has not been read.
pub(super) struct Source {
    pub(super) response: Response,
    pub(super) abort: AbortController,
}

impl Source {
    pub(super) fn header(&self, name: &str) -> Option<String> {
        self.response.headers().get(name).ok().flatten()
    }

    /// The length of the body, if it is told. What comes encoded is decoded on
    /// the way, to a length that no one tells.
    pub(super) fn length(&self) -> Result<Option<u64>, CopyFailure> {
        let encoding = self.header("content-encoding").unwrap_or_default().to_ascii_lowercase();
        match encoding.as_str() {
            // `aws-chunked` is left over from an upload; the body is plain.
            "" | "identity" | "aws-chunked" => {
                Ok(self.header("content-length").and_then(|text| text.parse().ok()))
            }
            "gzip" | "br" => Ok(None),
            // The runtime passes others on as they are.
            _ => Err(transient("the source sends an encoding that can't be read")),
        }
    }

    /// The MD5 of the content, where the entity tag is one.
    pub(super) fn md5(&self) -> Option<Vec<u8>> {
        let tag = self.header("etag")?;
        hex::decode(tag.trim_matches('"')).ok().filter(|bytes| bytes.len() == 16)
    }
}

/// Opens the file, or a range of it.
pub(super) async fn open(wanted: &Wanted<'_>, range: Option<&str>) -> Result<Source, CopyFailure> {
    let source = reach(wanted, range).await?;
    let status = source.response.status_code();
    classify(source, status, range.is_some())
}

/// The source's answer, whatever it is; redirects are followed by hand and
/// each hop is checked again.
pub(super) async fn reach(wanted: &Wanted<'_>, range: Option<&str>) -> Result<Source, CopyFailure> {
    // It was allowed when it came: the list is set wrong now, and may be mended.
    let checked = wanted.sources.check(wanted.url);
    let mut url = checked.map_err(|why| transient(&format!("the URL: {why}")))?;
    for hop in 0..=MAX_REDIRECTS {
        if hop > 0 && !wanted.budget.take(1) {
            return Err(postponed());
        }
        let source = request(url.as_str(), range, wanted.stall()).await?;
        if !matches!(source.response.status_code(), 301 | 302 | 303 | 307 | 308) {
            return Ok(source);
        }
        let location = source.header("location").unwrap_or_default();
        source.abort.abort();
        let next = wanted.sources.follow(&url, &location);
        url = next.map_err(|why| last(format!("the source's redirect: {why}")))?;
    }
    Err(last(format!("the source redirects more than {MAX_REDIRECTS} times")))
}

async fn request(url: &str, range: Option<&str>, limit: Duration) -> Result<Source, CopyFailure> {
    let abort = AbortController::default();
    let request = prepare(url, range).map_err(|failure| transient(&failure.0))?;
    let signal = abort.signal();
    let fetch = Fetch::Request(request);
    let sent = pin!(fetch.send_with_signal(&signal));
    match select(sent, Delay::from(limit)).await {
        Either::Left((Ok(response), _)) => Ok(Source { response, abort }),
        Either::Left((Err(_), _)) => Err(transient("the source can't be reached")),
        Either::Right(_) => {
            abort.abort();
            Err(transient("the source does not answer"))
        }
    }
}

fn prepare(url: &str, range: Option<&str>) -> Result<Request, Failure> {
    let headers = Headers::new();
    // A decoded body would have another length than the declared one.
    headers.set("accept-encoding", "identity").during("preparing the fetch")?;
    if let Some(range) = range {
        headers.set("range", range).during("preparing the fetch")?;
    }
    let mut init = RequestInit::new();
    init.with_method(Method::Get).with_headers(headers).with_redirect(RequestRedirect::Manual);
    Request::new_with_init(url, &init).during("preparing the fetch")
}

fn classify(source: Source, status: u16, is_part: bool) -> Result<Source, CopyFailure> {
    let kind = match status {
        200 if !is_part => return Ok(source),
        206 if is_part => return Ok(source),
        400..=499 if !matches!(status, 408 | 425 | 429) => FailureKind::Gone,
        _ => FailureKind::Transient,
    };
    let retry_after_ms = platform::retry_after(source.response.headers());
    source.abort.abort();
    Err(CopyFailure { kind, message: format!("the source answers {status}"), retry_after_ms })
}
