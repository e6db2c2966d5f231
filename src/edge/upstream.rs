//! Questions to the upstream: JSON, with its key, at its own origin.

use crate::domain::doctor::upstreams::Answered as Knocked;
use crate::domain::job::submission::Answer;
use crate::domain::json;
use crate::domain::retry::Pace;
use crate::domain::time::Timestamp;
use crate::domain::upstream::Ask;
use crate::edge::platform::{self, During, Failure};
use futures_util::StreamExt;
use futures_util::future::{Either, select};
use std::pin::pin;
use std::time::Duration;
use worker::{
    AbortController, Delay, Fetch, Headers, Method, Request, RequestInit, RequestRedirect, Response,
};

/// An answer of the upstream.
pub struct Answered {
    /// The HTTP status.
    pub status: u16,
    /// The media type.
    pub content_type: Option<String>,
    /// The body as text; as valid JSON, if it is read as that.
    pub body: String,
    /// Its `Retry-After`, as written.
    pub retry_after: Option<String>,
    /// Its `Retry-After`, in milliseconds.
    pub retry_after_ms: Option<u64>,
}

impl Answered {
    /// Returns it as the caller of the gateway gets it.
    pub fn into_answer(self) -> Answer {
        let Self { status, content_type, body, retry_after, .. } = self;
        Answer { status, content_type, retry_after, body }
    }
}

/// Asks, and reads an answer of at most `max_bytes`.
///
/// # Errors
/// What went wrong, in words for the record: no URL, no key.
pub async fn ask(ask: &Ask, max_bytes: u64, pace: Pace) -> Result<Answered, String> {
    send(prepare(ask).map_err(|failure| failure.to_string())?, max_bytes, pace).await
}

/// Fetches what is public, within this time.
///
/// # Errors
/// As [`ask`], and if the answer is no success.
pub async fn get(url: &str, max_bytes: u64, limit_ms: u64) -> Result<String, String> {
    let mut init = RequestInit::new();
    init.with_method(Method::Get).with_redirect(RequestRedirect::Manual);
    let request = Request::new_with_init(url, &init).map_err(|error| error.to_string())?;
    let answered = send_within(request, max_bytes, limit_ms).await?;
    if answered.status == 200 { Ok(answered.body) } else { Err(format!("{}", answered.status)) }
}

/// What a receiver has answered.
pub struct Posted {
    /// The HTTP status.
    pub status: u16,
    /// Its `Retry-After`, in milliseconds.
    pub retry_after_ms: Option<u64>,
}

/// Posts a message to a receiver, who has 15 s to answer. What it says beside
/// the status is not read.
///
/// # Errors
/// What went wrong, without the URL: it may be secret.
pub async fn post(url: &str, headers: Headers, body: &str, pace: Pace) -> Result<Posted, String> {
    let mut init = RequestInit::new();
    init.with_method(Method::Post).with_headers(headers).with_redirect(RequestRedirect::Manual);
    init.with_body(Some(wasm_bindgen::JsValue::from_str(body)));
    let request = Request::new_with_init(url, &init).map_err(|_| "the URL can't be asked")?;
    let abort = AbortController::default();
    let (signal, fetch) = (abort.signal(), Fetch::Request(request));
    let sent = pin!(fetch.send_with_signal(&signal));
    let limit = Duration::from_millis(pace.handoff_limit());
    let outcome = match select(sent, Delay::from(limit)).await {
        Either::Left((answer, _)) => answer.map_err(|_| "the receiver can't be reached".to_owned()),
        Either::Right(_) => Err("the receiver does not answer in time".to_owned()),
    };
    // Ends a call that hangs, and the body of an answer.
    abort.abort();
    let response = outcome?;
    let retry_after_ms = platform::retry_after(response.headers());
    Ok(Posted { status: response.status_code(), retry_after_ms })
}

/// Makes headers of these names and values.
pub fn headers(pairs: &[(&str, String)]) -> Result<Headers, Failure> {
    let headers = Headers::new();
    for (name, value) in pairs {
        headers.set(name, value).during("preparing a call")?;
    }
    Ok(headers)
}

/// Asks, and looks at nothing but the head of the answer.
///
/// # Errors
/// As [`ask`].
pub async fn knock(ask: &Ask) -> Result<Knocked, Failure> {
    let abort = AbortController::default();
    let signal = abort.signal();
    let sent = Fetch::Request(prepare(ask)?).send_with_signal(&signal).await;
    let response = sent.map_err(|_| Failure::new("asking the upstream", "it can't be reached"))?;
    let status = response.status_code();
    let date = response.headers().get("date").ok().flatten();
    // Its body is not wanted.
    abort.abort();
    Ok(Knocked { status, at: date.as_deref().and_then(Timestamp::parse_http) })
}

/// Sends a request, and reads an answer of at most `max_bytes`.
///
/// # Errors
/// As [`ask`].
pub async fn send(request: Request, max_bytes: u64, pace: Pace) -> Result<Answered, String> {
    // Results may be large: the whole answer gets as long as two stalls.
    send_within(request, max_bytes, pace.stall().saturating_mul(2)).await
}

async fn send_within(request: Request, max_bytes: u64, limit_ms: u64) -> Result<Answered, String> {
    let abort = AbortController::default();
    let signal = abort.signal();
    let fetch = Fetch::Request(request);
    let answered = async {
        let response = fetch.send_with_signal(&signal).await;
        let response = response.map_err(|_| "the upstream can't be reached".to_owned())?;
        read(response, max_bytes).await
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

/// Passes a call on: with the headers that go along and the upstream's key.
///
/// # Errors
/// As [`ask`].
pub async fn pass(
    ask: &Ask,
    method: Method,
    headers: &[(String, String)],
    body: Option<&str>,
    limits: (u64, Pace),
) -> Result<Answered, String> {
    let request = relay(ask, method, headers, body).map_err(|failure| failure.to_string())?;
    let answered = send(request, limits.0, limits.1).await?;
    match answered.status {
        200..=299 | 400..=599 => Ok(answered),
        // One that was not asked for, or a redirect: the key would go along.
        status => Err(format!("the upstream answers {status}, which is not followed")),
    }
}

fn relay(
    ask: &Ask,
    method: Method,
    names: &[(String, String)],
    body: Option<&str>,
) -> Result<Request, Failure> {
    let what = "preparing the call";
    let headers = Headers::new();
    for (name, value) in names {
        headers.set(name, value).during(what)?;
    }
    if let Some(key) = &ask.key {
        headers.set("authorization", &ask.scheme.with(key)).during(what)?;
    }
    let mut init = RequestInit::new();
    init.with_method(method).with_headers(headers).with_redirect(RequestRedirect::Manual);
    init.with_body(body.map(wasm_bindgen::JsValue::from_str));
    Request::new_with_init(ask.url.as_str(), &init).during(what)
}

/// Makes the request. Redirects are not followed: the key would go along.
fn prepare(ask: &Ask) -> Result<Request, Failure> {
    let what = "preparing the question";
    let headers = Headers::new();
    headers.set("accept", "application/json").during(what)?;
    // URLs rather than tens of megabytes of base64.
    headers.set("x-pipelet-output", "binary").during(what)?;
    if let Some(key) = &ask.key {
        headers.set("authorization", &ask.scheme.with(key)).during(what)?;
    }
    let mut init = RequestInit::new();
    init.with_method(Method::Get).with_headers(headers).with_redirect(RequestRedirect::Manual);
    Request::new_with_init(ask.url.as_str(), &init).during(what)
}

async fn read(mut response: Response, max_bytes: u64) -> Result<Answered, String> {
    let status = response.status_code();
    let header = |name| response.headers().get(name).ok().flatten();
    let (content_type, retry_after) = (header("content-type"), header("retry-after"));
    let retry_after_ms = platform::retry_after(response.headers());
    let broken = |_| "the upstream's answer broke off".to_owned();
    let mut body = Vec::new();
    // A redirect or an empty answer has no stream.
    if let Ok(mut stream) = response.stream() {
        while let Some(chunk) = stream.next().await {
            body.extend(chunk.map_err(broken)?);
            if body.len() as u64 > max_bytes {
                return Err(format!("the upstream's answer has over {max_bytes} bytes"));
            }
        }
    }
    Ok(Answered { status, content_type, body: text_of(body), retry_after, retry_after_ms })
}

/// Returns what the upstream means. An answer that is not JSON stays as it is,
/// but for what is no text.
fn text_of(body: Vec<u8>) -> String {
    json::into_tolerant(body).unwrap_or_else(|other| String::from_utf8_lossy(&other).into_owned())
}
