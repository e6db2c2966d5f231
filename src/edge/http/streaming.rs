//! Builds responses that are sent part by part.

use super::response::{Head, base};
use crate::domain::access::pass::TokenPass;
use crate::domain::access::redact::{self, Secrets};
use crate::domain::view::long_result::LongResult;
use crate::edge::platform::{self, During, Failure};
use futures_util::future::{Either, ready, select};
use futures_util::stream::LocalBoxStream;
use futures_util::{Stream, StreamExt, stream};
use std::pin::pin;
use wasm_bindgen::JsValue;
use web_sys::{ReadableStream, Response};
use worker::{ByteStream, ResponseBody};

/// The parts of a body. The type is boxed, so that the Worker contains the code
/// around it once, not once for each kind of body.
pub type ChunkStream = LocalBoxStream<'static, worker::Result<Vec<u8>>>;

/// Returns a body that is made part by part, as fast as its reader takes them.
pub fn body_of<S>(parts: S) -> Result<JsValue, Failure>
where
    S: Stream<Item = worker::Result<Vec<u8>>> + 'static,
{
    made_of(parts.boxed_local())
}

fn made_of(parts: ChunkStream) -> Result<JsValue, Failure> {
    let response = worker::Response::from_stream(parts).during("building the answer")?;
    match response.body() {
        ResponseBody::Stream(stream) => Ok(stream.into()),
        ResponseBody::Empty | ResponseBody::Body(_) => Ok(JsValue::NULL),
    }
}

/// Builds a response with server-sent events, which no proxy may buffer. It
/// ends when the pass expires.
pub fn event_stream<S>(frames: S, pass: TokenPass) -> Result<Response, Failure>
where
    S: Stream<Item = worker::Result<Vec<u8>>> + 'static,
{
    let head = base(200, "text/event-stream")?.with("x-accel-buffering", "no")?;
    head.body(&body_of(until_its_end(frames, pass))?)
}

/// Completes a response with text from a stranger, and masks its secrets on the
/// way.
pub fn told(
    head: Head,
    body: Option<ReadableStream>,
    secrets: &Secrets,
) -> Result<Response, Failure> {
    let Some(body) = body else { return head.bytes(&[]) };
    let masked = masked(body.into(), redact::Stream::of_all(secrets.clone()));
    head.body(&body_of(masked)?)
}

/// Returns a stream that ends when the pass expires, even while it waits.
pub fn until_its_end<S: Stream + 'static>(
    stream: S,
    pass: TokenPass,
) -> impl Stream<Item = S::Item> {
    stream::unfold(Box::pin(stream), move |mut stream| async move {
        // A timer wakes only the task that began it, so each part has its own.
        let end = pin!(platform::end_of(pass));
        match select(stream.next(), end).await {
            Either::Left((part, _)) => part.map(|part| (part, stream)),
            Either::Right(_) => None,
        }
    })
}

/// Returns the body of a long result, between the texts `around`.
pub fn long_result(
    stored: ReadableStream,
    long: LongResult,
    around: (String, String),
) -> Result<JsValue, Failure> {
    made_of(long_parts(stored, long, around))
}

/// Returns the parts of a long result, between two texts.
pub fn long_parts(
    stored: ReadableStream,
    long: LongResult,
    (before, behind): (String, String),
) -> ChunkStream {
    let told = stream::unfold(Some((ByteStream::from(stored), long)), |state| async move {
        let (mut stored, mut long) = state?;
        match stored.next().await {
            Some(Ok(piece)) => Some((Ok(long.push(&piece)), Some((stored, long)))),
            Some(Err(error)) => Some((Err(error), None)),
            None => Some((Ok(long.finish()), None)),
        }
    });
    let text = |text: String| stream::iter([Ok(text.into_bytes())]);
    let parts = text(before).chain(told).chain(text(behind));
    let is_some = |part: &worker::Result<Vec<u8>>| part.as_ref().map_or(true, |it| !it.is_empty());
    parts.filter(move |part| ready(is_some(part))).boxed_local()
}

/// Returns a body that is masked while it is read.
pub fn masked(
    body: ByteStream,
    mask: redact::Stream,
) -> impl Stream<Item = worker::Result<Vec<u8>>> + 'static {
    let parts = stream::unfold(Some((body, mask)), |state| async move {
        let (mut body, mut mask) = state?;
        match body.next().await {
            Some(Ok(piece)) => Some((Ok(mask.push(&piece)), Some((body, mask)))),
            Some(Err(error)) => Some((Err(error), None)),
            None => Some((Ok(mask.finish()), None)),
        }
    });
    parts.filter(|part| ready(part.as_ref().map_or(true, |part| !part.is_empty())))
}
