//! Reads the bodies of requests.

use super::pieces::{Memory, PIECE, Pieces, Stop};
use super::unpack::unpack;
use crate::domain::http::problem::{Problem, ProblemKind};
use crate::edge::platform::MemoryReservation;
use js_sys::Uint8Array;
use wasm_bindgen_futures::JsFuture;
use web_sys::{ReadableStream, Request};

/// A request's body, as far as it was read.
pub enum RequestBody {
    /// The whole body.
    Short(Vec<u8>),
    /// The first piece of a body that may have more.
    Long {
        /// The pieces.
        pieces: Pieces,
        /// The length in bytes, if the request declares it.
        length: Option<u64>,
        /// The memory that is reserved for the body.
        memory: MemoryReservation,
    },
}

/// Begins to read a request's body of at most `limit` bytes. A body with a
/// declared length can't be longer, because HTTP ends it there.
///
/// A long body needs `memory` bytes, and waits a little for them before any of
/// it is read.
pub async fn begin(request: &Request, limit: u64, memory: usize) -> Result<RequestBody, Stop> {
    let declared = request.headers().get("content-length").ok().flatten();
    let length: Option<u64> = declared.and_then(|text| text.parse().ok());
    if length.is_some_and(|bytes| bytes > limit) {
        return Err(Stop::TooLarge);
    }
    if length.is_some_and(|bytes| bytes <= u64::from(PIECE)) {
        return read_piece(request).await.map(RequestBody::Short).map_err(|_| Stop::BrokenOff);
    }
    let Some(stream) = request.body() else { return Ok(RequestBody::Short(Vec::new())) };
    match of_stream(&stream, length, memory).await? {
        RequestBody::Short(bytes) if bytes.len() as u64 > limit => Err(Stop::TooLarge),
        sent => Ok(sent),
    }
}

/// Begins to read a stream of `length` bytes, if that is known.
pub async fn of_stream(
    stream: &ReadableStream,
    length: Option<u64>,
    memory: usize,
) -> Result<RequestBody, Stop> {
    /// Long enough for another body that is being received to end.
    const PATIENCE_MS: u64 = 10_000;
    let memory = MemoryReservation::wait(memory, PATIENCE_MS).await.ok_or(Stop::NoMemory)?;
    let pieces = Pieces::of(stream).await?;
    if pieces.first().length() < PIECE {
        return Ok(RequestBody::Short(pieces.first().to_vec()));
    }
    Ok(RequestBody::Long { pieces, length, memory })
}

/// Reads a request's body of at most `limit` bytes into memory, and
/// decompresses it.
pub async fn read_body(request: &Request, limit: u64) -> Result<Vec<u8>, Problem> {
    let coding = request.headers().get("content-encoding").ok().flatten();
    let sent = read_all(request, limit).await.map_err(|stop| stop.problem(limit))?;
    unpack(coding.as_deref(), sent, limit).await
}

async fn read_all(request: &Request, limit: u64) -> Result<Vec<u8>, Stop> {
    match begin(request, limit, PIECE as usize).await? {
        RequestBody::Short(bytes) => Ok(bytes),
        RequestBody::Long { pieces, .. } => {
            let mut memory = Memory::new(limit);
            pieces.through(&mut memory).await?;
            Ok(memory.bytes)
        }
    }
}

/// Reads a body whose limit is fixed by the route, not by a setting.
pub async fn read_small(request: &Request, limit: u64) -> Result<Vec<u8>, Problem> {
    read_body(request, limit).await.map_err(|problem| match problem.kind() {
        ProblemKind::BodyTooLarge(limit) => {
            Problem::bad_body(format!("the body is over {limit} bytes; send less"))
        }
        _ => problem,
    })
}

async fn read_piece(request: &Request) -> worker::Result<Vec<u8>> {
    let buffer = JsFuture::from(request.array_buffer()?).await?;
    Ok(Uint8Array::new(&buffer).to_vec())
}
