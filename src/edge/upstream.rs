//! Sends requests to the upstream: JSON, with its key, at its own origin.

use crate::domain::doctor::upstreams::ProbeAnswer;
use crate::domain::job::submission::SubmissionAnswer;
use crate::domain::json;
use crate::domain::retry::Pace;
use crate::domain::time::Timestamp;
use crate::domain::upstream::UpstreamQuery;
use crate::edge::bodies::{BODY_MEMORY_BYTES, BodyReader, IncomingObject, ReceivedBody};
use crate::edge::http::body::{self, RequestBody};
use crate::edge::http::outgoing::{Outgoing, USER_AGENT};
use crate::edge::http::pieces::{Memory, Stop};
use crate::edge::platform::{self, Failure};
use futures_util::future::{Either, select};
use std::pin::pin;
use std::time::Duration;
use web_sys::{Headers, Response};
use worker::{AbortController, Delay, Env};

/// An answer of the upstream.
pub struct UpstreamAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The media type.
    pub content_type: Option<String>,
    /// The body as text; as valid JSON, if it can be read as JSON.
    pub body: String,
    /// The `Retry-After` header, as written.
    pub retry_after: Option<String>,
    /// The `Retry-After` header, in milliseconds.
    pub retry_after_ms: Option<u64>,
    /// The whole body in R2, if it is long: `body` is then its skeleton.
    pub stored: Option<Box<IncomingObject>>,
    headers: Headers,
}

impl UpstreamAnswer {
    /// Returns the value of a header.
    pub fn header(&self, name: &str) -> Option<String> {
        self.headers.get(name).ok().flatten()
    }

    /// Deletes the long body from R2, because no job uses it.
    pub async fn discard(&self, env: &Env) {
        if let Some(stored) = &self.stored
            && let Err(failure) = stored.discard(env).await
        {
            failure.log();
        }
    }

    /// Returns the answer in the form that the gateway's caller gets.
    pub fn into_answer(self) -> SubmissionAnswer {
        let Self { status, content_type, body, retry_after, .. } = self;
        SubmissionAnswer { status, content_type, retry_after, body }
    }
}

/// Asks the upstream, and reads an answer of at most `max_bytes`. A long one
/// goes to R2.
///
/// # Errors
/// What went wrong, in words for the record: without URL and key.
pub async fn ask(
    env: &Env,
    ask: &UpstreamQuery,
    max_bytes: u64,
    pace: Pace,
) -> Result<UpstreamAnswer, String> {
    let request = prepare(ask).map_err(|failure| failure.to_string())?;
    send(request, ask.url.as_str(), (Some(env), max_bytes), stalls(pace)).await
}

/// Fetches a public URL, within `limit_ms` milliseconds.
///
/// # Errors
/// The same as [`ask`], and if the status is not 200.
pub async fn get(url: &str, max_bytes: u64, limit_ms: u64) -> Result<String, String> {
    let request = Outgoing::new("GET").and_then(|get| get.header("user-agent", USER_AGENT));
    let request = request.map_err(|failure| failure.to_string())?;
    let answered = send(request, url, (None, max_bytes), limit_ms).await?;
    if answered.status == 200 { Ok(answered.body) } else { Err(format!("{}", answered.status)) }
}

/// The answer of a webhook's receiver.
pub struct PostResult {
    /// The HTTP status.
    pub status: u16,
    /// The `Retry-After` header, in milliseconds.
    pub retry_after_ms: Option<u64>,
}

/// Posts a message to a receiver, which has 15 s to answer. Only the status and
/// `Retry-After` of its response are read.
///
/// # Errors
/// What went wrong, without the URL, which may be secret.
pub async fn post(url: &str, request: Outgoing, pace: Pace) -> Result<PostResult, String> {
    let abort = AbortController::default();
    let request = request.with("signal", &abort.signal()).map_err(|failure| failure.to_string())?;
    let sent = pin!(request.fetch(url));
    let limit = Duration::from_millis(pace.handoff_limit());
    let outcome = match select(sent, Delay::from(limit)).await {
        Either::Left((answer, _)) => answer.map_err(|_| "the receiver can't be reached".to_owned()),
        Either::Right(_) => Err("the receiver does not answer in time".to_owned()),
    };
    // Ends a call that hangs, and the body of a response.
    abort.abort();
    let response = outcome?;
    let retry_after_ms = platform::retry_after(&response.headers());
    Ok(PostResult { status: response.status(), retry_after_ms })
}

/// Asks the upstream, and reads only the head of the response.
///
/// # Errors
/// The upstream can't be reached, or the request can't be made.
pub async fn probe(ask: &UpstreamQuery) -> Result<ProbeAnswer, Failure> {
    let abort = AbortController::default();
    let request = prepare(ask)?.with("signal", &abort.signal())?;
    let sent = request.fetch(ask.url.as_str()).await;
    let response = sent.map_err(|_| Failure::new("asking the upstream", "it can't be reached"))?;
    let status = response.status();
    let date = response.headers().get("date").ok().flatten();
    // The body is not needed.
    abort.abort();
    Ok(ProbeAnswer { status, at: date.as_deref().and_then(Timestamp::parse_http) })
}

/// Returns how long a whole answer may take, in milliseconds: results may be
/// large.
fn stalls(pace: Pace) -> u64 {
    pace.stall().saturating_mul(2)
}

/// Sends a request and reads its answer. `storage` is where a long answer is
/// stored (R2 by the [`Env`], or memory without one), and the most bytes it may
/// have.
async fn send(
    request: Outgoing,
    url: &str,
    storage: (Option<&Env>, u64),
    limit_ms: u64,
) -> Result<UpstreamAnswer, String> {
    let abort = AbortController::default();
    let request = request.with("signal", &abort.signal()).map_err(|failure| failure.to_string())?;
    let answered = async {
        let response = request.fetch(url).await;
        let response = response.map_err(|_| "the upstream can't be reached".to_owned())?;
        read(response, storage).await
    };
    let limit = Duration::from_millis(limit_ms);
    let outcome = match select(pin!(answered), Delay::from(limit)).await {
        Either::Left((outcome, _)) => outcome,
        Either::Right(_) => Err("the upstream does not answer in time".to_owned()),
    };
    if outcome.is_err() {
        abort.abort();
    }
    outcome
}

/// Forwards a call, with the given headers and the upstream's key.
///
/// # Errors
/// The same as [`ask`].
pub async fn pass(
    ask: &UpstreamQuery,
    method: &str,
    headers: &[(String, String)],
    body: Option<&str>,
    limits: (u64, Pace),
) -> Result<UpstreamAnswer, String> {
    let request = relay(ask, method, headers).map_err(|failure| failure.to_string())?;
    let request = match body {
        Some(body) => request.body(&body.into()),
        None => request,
    };
    let answered = send(request, ask.url.as_str(), (None, limits.0), stalls(limits.1)).await?;
    match answered.status {
        200..=299 | 400..=599 => Ok(answered),
        // An unexpected status, or a redirect, to which the key would be sent.
        status => Err(format!("the upstream answers {status}, which is not followed")),
    }
}

/// Makes a request with these headers and the upstream's key.
pub fn relay(
    ask: &UpstreamQuery,
    method: &str,
    names: &[(String, String)],
) -> Result<Outgoing, Failure> {
    let request = Outgoing::new(method)?.headers(names)?;
    let request = request.headers(&ask.headers)?;
    match &ask.key {
        Some(key) => request.header("authorization", &ask.scheme.with(key)),
        None => Ok(request),
    }
}

/// Makes a GET request that asks for JSON.
fn prepare(ask: &UpstreamQuery) -> Result<Outgoing, Failure> {
    // This asks for URLs instead of tens of megabytes of base64.
    let wishes = [
        ("accept", "application/json"),
        ("user-agent", USER_AGENT),
        ("x-pipelet-output", "binary"),
    ];
    relay(ask, "GET", &wishes.map(|(name, value)| (name.to_owned(), value.to_owned())))
}

async fn read(response: Response, storage: (Option<&Env>, u64)) -> Result<UpstreamAnswer, String> {
    let (status, headers) = (response.status(), response.headers());
    let header = |name| headers.get(name).ok().flatten();
    let (content_type, retry_after) = (header("content-type"), header("retry-after"));
    let retry_after_ms = platform::retry_after(&headers);
    let body = keep(&response, storage).await.map_err(|stop| match stop {
        Stop::TooLarge => format!("the upstream's answer has over {} bytes", storage.1),
        Stop::NoMemory => "the vault has no memory left for the upstream's answer".to_owned(),
        Stop::BrokenOff | Stop::NotPacked => "the upstream's answer ended early".to_owned(),
        Stop::Failed(failure) => {
            failure.log();
            "the upstream's answer could not be kept".to_owned()
        }
    });
    let (body, stored) = match body? {
        ReceivedBody::InMemory(bytes) => (text_of(bytes), None),
        ReceivedBody::InBucket(stored) => {
            (text_of(stored.read.skeleton.text.clone()), Some(stored))
        }
    };
    Ok(UpstreamAnswer { status, content_type, body, retry_after, retry_after_ms, stored, headers })
}

async fn keep(response: &Response, (env, most): (Option<&Env>, u64)) -> Result<ReceivedBody, Stop> {
    // A redirect or an empty response has no stream.
    let Some(stream) = response.body() else { return Ok(ReceivedBody::InMemory(Vec::new())) };
    let sent = body::of_stream(&stream, None, BODY_MEMORY_BYTES).await?;
    match (sent, env) {
        (RequestBody::Short(bytes), _) if bytes.len() as u64 > most => Err(Stop::TooLarge),
        (RequestBody::Short(bytes), _) => Ok(ReceivedBody::InMemory(bytes)),
        (sent, Some(env)) => Ok(BodyReader::all(env, sent, most, None).await?.keep().await?),
        (RequestBody::Long { pieces, .. }, None) => {
            let mut memory = Memory::new(most);
            pieces.through(&mut memory).await?;
            Ok(ReceivedBody::InMemory(memory.bytes))
        }
    }
}

/// Returns the body as valid JSON. A body that is not JSON stays as it is,
/// except for bytes that are not text.
fn text_of(body: Vec<u8>) -> String {
    json::into_tolerant(body).unwrap_or_else(|other| String::from_utf8_lossy(&other).into_owned())
}
