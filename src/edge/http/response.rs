//! Builds answers.

use crate::domain::job::submission::Answer;
use crate::domain::time::Timestamp;
use crate::edge::platform::{self, During, Failure};
use worker::{Response, ResponseBody, ResponseBuilder};

/// Begins an answer of this media type, which no cache may keep.
pub fn base(content_type: &str) -> worker::Result<ResponseBuilder> {
    Response::builder()
        .with_header("content-type", content_type)?
        .with_header("cache-control", "no-store")?
        .with_header("x-content-type-options", "nosniff")
}

/// Builds a JSON answer, its secrets masked.
pub fn json(status: u16, body: String) -> Result<Response, Failure> {
    rendered(status, platform::masked(body))
}

/// Builds a JSON answer of what [`crate::domain::view::record`] has rendered
/// and masked, with durable URLs.
pub fn rendered(status: u16, body: String) -> Result<Response, Failure> {
    let builder = base("application/json").during("building the answer")?;
    Ok(builder.with_status(status).fixed(body.into_bytes()))
}

/// Builds a JSON answer with the time, by which its reader can judge this
/// clock.
pub fn dated(body: String, at: Timestamp) -> Result<Response, Failure> {
    let builder = base("application/json");
    let builder = builder.and_then(|builder| builder.with_header("date", &at.to_http()));
    Ok(builder.during("building the answer")?.fixed(body.into_bytes()))
}

/// Answers with a record, and where it was read: `edge` or `object`.
pub fn record(body: ResponseBody, source: &str) -> Result<Response, Failure> {
    let builder = base("application/json");
    let builder = builder.and_then(|builder| builder.with_header("x-hookvault-source", source));
    Ok(builder.during("building the answer")?.body(body))
}

/// Passes on an answer of the upstream, or one in its place.
pub fn relay(
    answer: &Answer,
    headers: &[(&str, String)],
    body: ResponseBody,
) -> Result<Response, Failure> {
    let what = "building the answer";
    let content_type = answer.content_type.as_deref().unwrap_or("application/json");
    let mut builder = base(content_type).during(what)?.with_status(answer.status);
    let retry_after = answer.retry_after.clone().map(|wish| ("retry-after", wish));
    for (name, value) in headers.iter().cloned().chain(retry_after) {
        builder = builder.with_header(name, &platform::masked(value)).during(what)?;
    }
    if !matches!(answer.status, 204 | 205 | 304) {
        return Ok(builder.body(body));
    }
    // These statuses have no body, and clients read one where there is a type.
    let response = builder.empty();
    response.headers().delete("content-type").during(what)?;
    Ok(response)
}

/// Answers with a text of a media type, its secrets masked.
pub fn plain(media_type: &str, body: String) -> Result<Response, Failure> {
    let builder = base(media_type).during("building the answer")?;
    Ok(builder.fixed(platform::masked(body).into_bytes()))
}

pub fn text(body: &str) -> Result<Response, Failure> {
    plain("text/plain; charset=utf-8", body.to_owned())
}

/// Answers with bytes that a stranger wrote: never shown, only downloaded.
pub fn bytes(body: Vec<u8>) -> Result<Response, Failure> {
    let builder = base("application/octet-stream").during("building the answer")?;
    let builder = builder.with_header("content-disposition", "attachment");
    Ok(builder.during("building the answer")?.fixed(body))
}
