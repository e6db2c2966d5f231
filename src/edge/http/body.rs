//! Reads the bodies of requests.

use super::unpack::unpack;
use crate::domain::http::problem::{Code, Problem, What};
use futures_util::StreamExt;
use js_sys::Uint8Array;
use wasm_bindgen_futures::JsFuture;
use web_sys::Request;
use worker::ByteStream;

/// Longest body that is read in one piece. A stream costs many calls out of
/// wasm, but a piece is in memory twice.
const MAX_PIECE: u64 = 256 * 1024;

/// Reads a request's body of at most `limit` bytes, unpacked.
pub async fn read_body(request: &Request, limit: u64) -> Result<Vec<u8>, Problem> {
    let coding = request.headers().get("content-encoding").ok().flatten();
    let sent = read_sent(request, limit).await?;
    Ok(unpack(coding.as_deref(), sent, limit).await?.bytes)
}

/// Reads a request's body of at most `limit` bytes, as it was sent. One that
/// tells its length is not longer: HTTP ends it there.
pub async fn read_sent(request: &Request, limit: u64) -> Result<Vec<u8>, Problem> {
    let declared = request.headers().get("content-length").ok().flatten();
    let declared: Option<u64> = declared.and_then(|text| text.parse().ok());
    if declared.is_some_and(|bytes| bytes > limit) {
        return Err(What::BodyTooLarge(limit).into());
    }
    if declared.is_some_and(|bytes| bytes <= MAX_PIECE) {
        return read_piece(request).await.map_err(broken_off);
    }
    let Some(stream) = request.body() else { return Ok(Vec::new()) };
    read_stream(stream.into(), declared.unwrap_or(0), limit).await
}

/// Reads a body whose limit is the route's own, and no setting.
pub async fn read_small(request: &Request, limit: u64) -> Result<Vec<u8>, Problem> {
    read_body(request, limit).await.map_err(|problem| match problem.what() {
        What::BodyTooLarge(limit) => {
            Problem::bad_body(format!("the body has more than {limit} bytes"))
        }
        _ => problem,
    })
}

/// As a rule its sender has left. It may be sent again all the same.
fn broken_off(_: worker::Error) -> Problem {
    Problem::new(Code::PlatformFailed, "the body broke off before its end; send it again")
}

async fn read_piece(request: &Request) -> worker::Result<Vec<u8>> {
    let buffer = JsFuture::from(request.array_buffer()?).await?;
    Ok(Uint8Array::new(&buffer).to_vec())
}

async fn read_stream(
    mut stream: ByteStream,
    declared: u64,
    limit: u64,
) -> Result<Vec<u8>, Problem> {
    let mut body = Vec::new();
    // Reserving more than there is would panic.
    let room = body.try_reserve_exact(usize::try_from(declared).unwrap_or(usize::MAX));
    room.map_err(|_| What::BodyTooLarge(limit))?;
    while let Some(chunk) = stream.next().await {
        body.extend(chunk.map_err(broken_off)?);
        if body.len() as u64 > limit {
            return Err(What::BodyTooLarge(limit).into());
        }
    }
    Ok(body)
}
