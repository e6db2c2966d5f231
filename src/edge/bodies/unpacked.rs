//! What a packed body holds.

use super::intake::{Body, Intake, Whole};
use super::pass::HELD_BYTES;
use super::stored::Stored;
use crate::domain::access::signature::standard::Check;
use crate::domain::http::unpack::Format;
use crate::edge::http::pieces::{Output, Pieces, Stop};
use crate::edge::http::unpack::Inflating;
use crate::edge::platform::Room;
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use js_sys::Uint8Array;
use worker::Env;

/// Unpacks one layer of a body; what comes out has `most` bytes at most.
///
/// # Errors
/// [`Stop::NotPacked`] if it is not of this format: then it is plain.
pub async fn inflate(
    env: &Env,
    body: &Body,
    format: Format,
    most: u64,
    check: Option<Check>,
) -> Result<Whole, Stop> {
    let room = Room::take(HELD_BYTES).ok_or(Stop::NoRoom)?;
    let mut intake = Intake::begin(env, None, most, room).checking(check);
    let unpacked = match body {
        Body::Held(bytes) => from_memory(bytes, format, &mut intake).await,
        Body::Stored(stored) => from_bucket(env, stored, format, &mut intake).await,
    };
    match unpacked {
        Ok(()) => Ok(intake.end().await?),
        Err(stop) => {
            intake.abort().await;
            Err(stop)
        }
    }
}

async fn from_memory(bytes: &[u8], format: Format, intake: &mut Intake) -> Result<(), Stop> {
    let mut inflating = Inflating::open(format, intake)?;
    inflating.feed(bytes).await?;
    inflating.end().await
}

async fn from_bucket(
    env: &Env,
    stored: &Stored,
    format: Format,
    intake: &mut Intake,
) -> Result<(), Stop> {
    let pieces = Pieces::of(&stored.stream(env).await?).await?;
    let mut packed = Packed(Inflating::open(format, intake)?);
    pieces.through(&mut packed).await?;
    packed.0.end().await
}

/// Takes what is packed.
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
