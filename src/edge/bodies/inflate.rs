//! Decompresses a body.

use super::incoming::IncomingObject;
use super::reader::{BodyReader, CompleteBody, ReceivedBody};
use super::upload::BODY_MEMORY_BYTES;
use crate::domain::access::signature::check::SignatureChecks;
use crate::domain::http::unpack::Format;
use crate::edge::http::pieces::{Output, Pieces, Stop};
use crate::edge::http::unpack::Inflating;
use crate::edge::platform::MemoryReservation;
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use js_sys::Uint8Array;
use worker::Env;

/// Decompresses one layer of a body, to `most` bytes at most.
///
/// # Errors
/// [`Stop::NotPacked`] if the body is not in this format: then it is plain.
pub async fn inflate(
    env: &Env,
    body: &ReceivedBody,
    format: Format,
    most: u64,
    check: Option<SignatureChecks>,
) -> Result<CompleteBody, Stop> {
    let memory = MemoryReservation::take(BODY_MEMORY_BYTES).ok_or(Stop::NoMemory)?;
    let mut reader = BodyReader::begin(env, None, most, memory).checking(check);
    let unpacked = match body {
        ReceivedBody::InMemory(bytes) => from_memory(bytes, format, &mut reader).await,
        ReceivedBody::InBucket(stored) => from_bucket(env, stored, format, &mut reader).await,
    };
    match unpacked {
        Ok(()) => Ok(reader.end().await?),
        Err(stop) => {
            reader.abort().await;
            Err(stop)
        }
    }
}

async fn from_memory(bytes: &[u8], format: Format, reader: &mut BodyReader) -> Result<(), Stop> {
    let mut inflating = Inflating::open(format, reader)?;
    inflating.feed(bytes).await?;
    inflating.end().await
}

async fn from_bucket(
    env: &Env,
    stored: &IncomingObject,
    format: Format,
    reader: &mut BodyReader,
) -> Result<(), Stop> {
    let pieces = Pieces::of(&stored.stream(env).await?).await?;
    let mut packed = Packed(Inflating::open(format, reader)?);
    pieces.through(&mut packed).await?;
    packed.0.end().await
}

/// Takes compressed pieces.
struct Packed<'o>(Inflating<'o>);

impl Output for Packed<'_> {
    fn take(&mut self, piece: Uint8Array) -> LocalBoxFuture<'_, Result<Option<Uint8Array>, Stop>> {
        async move {
            self.0.feed(&piece.to_vec()).await?;
            Ok(Some(piece))
        }
        .boxed_local()
    }
}
