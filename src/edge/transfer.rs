//! Copies one file from its URL into the bucket, as a stream.
//!
//! The bytes go from the socket to R2 through the runtime's own pipe and never
//! through wasm memory. Knows URLs and the bucket, never jobs.

use super::platform::{During, Failure};
use crate::domain::copied::Stored;
use crate::domain::media;
use crate::domain::retry::{CopyFailure, FailureKind};
use crate::domain::source::SourcePolicy;
use futures_util::future::{Either, join, select};
use std::collections::HashMap;
use std::pin::pin;
use std::time::Duration;
use wasm_bindgen_futures::JsFuture;
use worker::{
    AbortController, Bucket, Data, Delay, Fetch, Headers, HttpMetadata, Method, Request,
    RequestInit, RequestRedirect, Response, ResponseBody,
};
use worker_sys::FixedLengthStream;

/// How long a source may take to answer with headers.
const HEADERS_TIMEOUT: Duration = Duration::from_secs(30);
/// How long one copy may take; a run of the alarm has 15 minutes in all.
const COPY_TIMEOUT: Duration = Duration::from_mins(9);
/// Redirects that are followed; each hop is checked again.
const MAX_REDIRECTS: usize = 3;

/// R2's code for content that is not of the given MD5. The runtime tells it in
/// the error's text alone.
const BAD_DIGEST: &str = "10037";

/// What to copy.
pub struct Order<'a> {
    /// The URL, with its secret query.
    pub url: &'a str,
    /// Where files may be fetched.
    pub sources: &'a SourcePolicy,
    /// Where in the bucket it goes.
    pub key: &'a str,
    /// The link's nonce, stored with the file.
    pub nonce: &'a str,
    /// Its name, whose extension may tell its type.
    pub name: &'a str,
    /// The type that the result declares.
    pub declared_type: Option<&'a str>,
    /// Most bytes.
    pub max_bytes: u64,
    /// Whether to have the store check the source's MD5.
    pub check_md5: bool,
}

/// Copies a file.
///
/// 1. Fetch, following redirects by hand.
/// 2. Its length, which the store must know before.
/// 3. Its type: the source's word, the result's, the first bytes', the name's.
/// 4. The pipe: both ends must agree on the length, so a cut or over-long
///    body leaves nothing behind.
///
/// # Errors
/// [`CopyFailure`], with what it means for the next try.
pub async fn copy(bucket: &Bucket, order: &Order<'_>) -> Result<Stored, CopyFailure> {
    let mut source = open(order, None).await?; // (1)
    let length = match source.length(order.max_bytes) {
        Ok(length) => length, // (2)
        Err(failure) => {
            source.abort.abort();
            return Err(failure);
        }
    };
    let content_type = content_type(&source, order).await; // (3)
    let md5 = source.md5().filter(|_| order.check_md5);
    let verified = md5.is_some();
    let object = store(bucket, order, &mut source, length, &content_type, md5).await?; // (4)
    Ok(Stored { size: object.size(), etag: object.etag(), content_type, verified })
}

/// An answer of the source whose body has not been read.
struct Source {
    response: Response,
    abort: AbortController,
}

impl Source {
    fn header(&self, name: &str) -> Option<String> {
        self.response.headers().get(name).ok().flatten()
    }

    fn length(&self, max: u64) -> Result<u64, CopyFailure> {
        let encoding = self.header("content-encoding").unwrap_or_default();
        if !matches!(encoding.as_str(), "" | "identity") {
            return Err(transient("the source sends an encoded body of unknown length"));
        }
        let length = self.header("content-length").and_then(|text| text.parse().ok());
        match length {
            None => Err(transient("the source does not tell the length")),
            Some(length) if length > max => {
                Err(last(format!("the file has {length} bytes, MAX_FILE_BYTES is {max}")))
            }
            Some(length) => Ok(length),
        }
    }

    /// The MD5 of the content, where the entity tag is one.
    fn md5(&self) -> Option<Vec<u8>> {
        let tag = self.header("etag")?;
        hex::decode(tag.trim_matches('"')).ok().filter(|bytes| bytes.len() == 16)
    }
}

async fn open(order: &Order<'_>, range: Option<&str>) -> Result<Source, CopyFailure> {
    let mut url = order.url.to_owned();
    for _ in 0..=MAX_REDIRECTS {
        let checked = order.sources.check(&url).map_err(|why| last(format!("the URL: {why}")))?;
        let source = request(checked.as_str(), range).await?;
        let status = source.response.status_code();
        if !matches!(status, 301 | 302 | 303 | 307 | 308) {
            return classify(source, status, range.is_some());
        }
        let location = source.header("location").unwrap_or_default();
        source.abort.abort();
        url = checked
            .join(&location)
            .map_err(|_| last("the source redirects to what is no URL".to_owned()))?
            .into();
    }
    Err(last(format!("the source redirects more than {MAX_REDIRECTS} times")))
}

async fn request(url: &str, range: Option<&str>) -> Result<Source, CopyFailure> {
    let abort = AbortController::default();
    let request = prepare(url, range).map_err(|failure| transient(&failure.0))?;
    let signal = abort.signal();
    let fetch = Fetch::Request(request);
    let sent = pin!(fetch.send_with_signal(&signal));
    match select(sent, Delay::from(HEADERS_TIMEOUT)).await {
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
    let retry_after = source.header("retry-after").and_then(|text| text.parse::<u64>().ok());
    source.abort.abort();
    Err(CopyFailure {
        kind,
        message: format!("the source answers {status}"),
        retry_after_ms: retry_after.map(|seconds| seconds.saturating_mul(1_000)),
    })
}

async fn content_type(source: &Source, order: &Order<'_>) -> String {
    let told = source.header("content-type");
    let told = [told.as_deref(), order.declared_type].into_iter().flatten();
    let is_clear = |media: &&str| media::is_type(media) && !media::is_vague(media);
    if let Some(clear) = told.into_iter().find(is_clear) {
        return clear.to_owned();
    }
    let seen = head(order).await.and_then(|head| media::sniff(&head));
    seen.or_else(|| media::type_of_name(order.name)).unwrap_or(media::OCTET_STREAM).to_owned()
}

/// The first bytes, by a request of their own: those of the copy pass by.
async fn head(order: &Order<'_>) -> Option<Vec<u8>> {
    let last = media::HEAD_BYTES.saturating_sub(1);
    let mut source = open(order, Some(&format!("bytes=0-{last}"))).await.ok()?;
    let is_short = source.header("content-length")?.parse::<usize>().ok()? <= media::HEAD_BYTES;
    if !is_short {
        source.abort.abort();
        return None;
    }
    match select(pin!(source.response.bytes()), Delay::from(HEADERS_TIMEOUT)).await {
        Either::Left((bytes, _)) => bytes.ok(),
        Either::Right(_) => None,
    }
}

async fn store(
    bucket: &Bucket,
    order: &Order<'_>,
    source: &mut Source,
    length: u64,
    content_type: &str,
    md5: Option<Vec<u8>>,
) -> Result<worker::Object, CopyFailure> {
    let has_md5 = md5.is_some();
    let http = HttpMetadata { content_type: Some(content_type.to_owned()), ..Default::default() };
    let nonce = HashMap::from([("nonce".to_owned(), order.nonce.to_owned())]);
    let put = |data: Data| {
        let put = bucket.put(order.key, data).http_metadata(http).custom_metadata(nonce);
        match md5 {
            Some(md5) => put.md5(md5).execute(),
            None => put.execute(),
        }
    };
    let ResponseBody::Stream(body) = source.response.body() else {
        if length > 0 {
            return Err(transient("the source sends no body"));
        }
        return finished(put(Data::Bytes(Vec::new())).await, true, has_md5);
    };
    let fixed = FixedLengthStream::new_big_int(js_sys::BigInt::from(length))
        .map_err(|_| transient("the runtime can't make a stream of this length"))?;
    let piped = JsFuture::from(body.pipe_to(&fixed.writable()));
    let both = pin!(join(piped, put(Data::ReadableStream(fixed.readable()))));
    match select(both, Delay::from(COPY_TIMEOUT)).await {
        Either::Left(((piped, put), _)) => finished(put, piped.is_ok(), has_md5),
        Either::Right(((), both)) => {
            std::mem::take(&mut source.abort).abort();
            // The abort ends both; waiting keeps the put from outliving this.
            drop(select(both, Delay::from(HEADERS_TIMEOUT)).await);
            Err(transient("the copy takes too long"))
        }
    }
}

fn finished(
    put: worker::Result<Option<worker::Object>>,
    is_piped: bool,
    has_md5: bool,
) -> Result<worker::Object, CopyFailure> {
    match put {
        Ok(Some(object)) if is_piped => Ok(object),
        Ok(_) | Err(_) if !is_piped => {
            Err(transient("the source broke off, or sent another length than it told"))
        }
        // All bytes came, and the store says that they are not what was told.
        Err(error) if has_md5 && error.to_string().contains(BAD_DIGEST) => Err(CopyFailure {
            kind: FailureKind::Md5Refused { actual: actual_md5(&error.to_string()) },
            message: "the store refused the bytes: not the MD5 that the source tells".to_owned(),
            retry_after_ms: None,
        }),
        Ok(_) | Err(_) => Err(transient("the bucket can't be written")),
    }
}

/// The MD5 in R2's words: `… Actual MD5 was: 0123…`.
fn actual_md5(error: &str) -> Option<String> {
    let (_, told) = error.rsplit_once("was: ")?;
    let digits: String = told.chars().take_while(char::is_ascii_hexdigit).collect();
    (digits.len() == 32).then_some(digits)
}

fn transient(message: &str) -> CopyFailure {
    CopyFailure { kind: FailureKind::Transient, message: message.to_owned(), retry_after_ms: None }
}

const fn last(message: String) -> CopyFailure {
    CopyFailure { kind: FailureKind::Final, message, retry_after_ms: None }
}
