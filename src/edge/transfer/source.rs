//! Fetches a file from its source, under the policy and with a time limit.

use super::failure::{last, postponed, transient};
use super::order::SourceFile;
use crate::domain::archive::failure::{CopyFailure, FailureKind};
use crate::domain::http::coding::{Coding, FetchedBytes};
use crate::domain::http::range;
use crate::edge::http::decoding;
use crate::edge::http::outgoing::{Outgoing, USER_AGENT};
use crate::edge::platform::{self, Failure};
use futures_util::future::{Either, select};
use std::pin::pin;
use url::Url;
use web_sys::{ReadableStream, Response};
use worker::{AbortController, AbortSignal, Delay};

/// The most redirects that are followed.
const MAX_REDIRECTS: usize = 3;

/// A response of the source whose body was not read yet.
pub struct Source {
    pub response: Response,
    pub abort: AbortController,
    /// How the bytes are coded.
    pub coded: FetchedBytes,
}

/// Which part of the file to fetch, and how.
#[derive(Clone, Copy, Default)]
pub struct FetchOptions<'a> {
    /// The `Range` header.
    pub range: Option<&'a str>,
    /// Whether to get the bytes as the source sends them, whatever coding it
    /// declares.
    pub raw: bool,
}

impl Source {
    pub fn header(&self, name: &str) -> Option<String> {
        self.response.headers().get(name).ok().flatten()
    }

    /// Returns the length of the file, if the source declares it.
    pub fn length(&self) -> Option<u64> {
        let told = self.header("content-length").filter(|_| !self.is_decoded());
        told.and_then(|text| text.parse().ok())
    }

    /// Returns the file's bytes as a stream; `None` if there is no body.
    pub fn stream(&self) -> Result<Option<ReadableStream>, CopyFailure> {
        let Some(body) = self.response.body() else { return Ok(None) };
        let codings: &[Coding] = match &self.coded {
            FetchedBytes::Coded(codings) => codings,
            FetchedBytes::Plain | FetchedBytes::Decoded | FetchedBytes::Kept(_) => &[],
        };
        let stream = decoding::undo(body, codings);
        stream.map(Some).map_err(|failure| transient(&failure.to_string()))
    }

    /// Returns the codings that the bytes keep, as a `Content-Encoding`.
    pub fn kept_codings(&self) -> Option<&str> {
        match &self.coded {
            FetchedBytes::Kept(codings) => Some(codings),
            FetchedBytes::Plain | FetchedBytes::Decoded | FetchedBytes::Coded(_) => None,
        }
    }

    /// Returns whether the bytes are decoded while they are read.
    pub const fn is_decoded(&self) -> bool {
        matches!(self.coded, FetchedBytes::Decoded | FetchedBytes::Coded(_))
    }

    /// Returns whether the first byte is that of the file.
    pub fn begins_the_file(&self) -> bool {
        let told = self.header("content-range");
        let part = told.as_deref().and_then(range::parse_content);
        self.response.status() == 200 || matches!(part, Some((Some((0, _)), _)))
    }

    /// Returns whether the bytes show that the declared coding is wrong.
    pub fn is_denied_by(&self, head: &[u8]) -> bool {
        FetchedBytes::is_denied_by(self.header("content-encoding").as_deref(), head)
    }

    /// Returns the MD5 of the content, if the entity tag is one.
    pub fn md5(&self) -> Option<Vec<u8>> {
        let tag = self.header("etag")?;
        hex::decode(tag.trim_matches('"')).ok().filter(|bytes| bytes.len() == 16)
    }
}

/// Opens a range of the file, or the whole file if the source has no ranges.
pub async fn open_part(
    wanted: &SourceFile<'_>,
    options: FetchOptions<'_>,
) -> Result<Source, CopyFailure> {
    classify(fetch(wanted, options).await?, true)
}

/// Returns the source's response, whatever its status. Redirects are followed
/// by hand, and each hop is checked again.
pub async fn fetch(
    wanted: &SourceFile<'_>,
    options: FetchOptions<'_>,
) -> Result<Source, CopyFailure> {
    // It was allowed when it was received: the list is wrong now, and may be
    // corrected.
    let checked = wanted.sources.check(wanted.url);
    let mut url = checked.map_err(|why| transient(&format!("the URL: {why}")))?;
    for hop in 0..=MAX_REDIRECTS {
        if hop > 0 && !wanted.budget.take(1) {
            return Err(postponed());
        }
        let source = request(wanted, &url, options).await?;
        if !matches!(source.response.status(), 301 | 302 | 303 | 307 | 308) {
            return Ok(source);
        }
        let location = source.header("location").unwrap_or_default();
        source.abort.abort();
        let next = wanted.sources.follow(&url, &location);
        url = next.map_err(|why| {
            let host = wanted.sources.missing(&url, &location);
            let where_to = host.as_ref().map(|host| format!(": {host}")).unwrap_or_default();
            let message = format!("the source's redirect: {why}{where_to}");
            CopyFailure { kind: FailureKind::Astray { host }, message, retry_after_ms: None }
        })?;
    }
    Err(last(format!("the source redirects more than {MAX_REDIRECTS} times")))
}

/// Sends a request for the file. Each hop of a redirect gets the key that its
/// own URL needs, which is usually none.
async fn request(
    wanted: &SourceFile<'_>,
    url: &Url,
    options: FetchOptions<'_>,
) -> Result<Source, CopyFailure> {
    let abort = AbortController::default();
    let request = prepare(options, &abort.signal());
    let request = request.and_then(|request| request.headers(&wanted.keys.of(url)));
    let request = request.map_err(|failure| transient(&failure.to_string()))?;
    let sent = pin!(request.fetch(url.as_str()));
    match select(sent, Delay::from(wanted.stall())).await {
        Either::Left((Ok(response), _)) => {
            let encoding = response.headers().get("content-encoding").ok().flatten();
            let encoding = encoding.filter(|_| !options.raw);
            Ok(Source { response, abort, coded: FetchedBytes::of_header(encoding.as_deref()) })
        }
        Either::Left((Err(_), _)) => Err(transient("the source can't be reached")),
        Either::Right(_) => {
            abort.abort();
            Err(transient("the source does not answer"))
        }
    }
}

fn prepare(options: FetchOptions<'_>, signal: &AbortSignal) -> Result<Outgoing, Failure> {
    // A decoded body would have another length than the declared one.
    let request = Outgoing::new("GET")?.header("accept-encoding", "identity")?;
    let request = request.header("user-agent", USER_AGENT)?;
    let request = match options.range {
        Some(range) => request.header("range", range)?,
        None => request,
    };
    let mode = if options.raw { "manual" } else { "automatic" };
    request.with("signal", signal)?.with("encodeResponseBody", &mode.into())
}

/// Turns a response without the file into the copy's failure. `may_be_part`
/// says whether a part of the file is enough.
pub fn classify(source: Source, may_be_part: bool) -> Result<Source, CopyFailure> {
    let status = source.response.status();
    let kind = match status {
        200 => return Ok(source),
        206 if may_be_part => return Ok(source),
        400..=499 if !matches!(status, 408 | 425 | 429) => FailureKind::Gone,
        _ => FailureKind::Transient,
    };
    let retry_after_ms = platform::retry_after(&source.response.headers());
    source.abort.abort();
    Err(CopyFailure { kind, message: format!("the source answers {status}"), retry_after_ms })
}
