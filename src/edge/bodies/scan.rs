//! Scans a body in R2 for its skeleton.

use super::upload::BODY_MEMORY_BYTES;
use crate::domain::file::skeleton::Scanner;
use crate::domain::ingest::delivery::LongBody;
use crate::edge::http::pieces::{Output, PIECE, Pieces, Stop};
use crate::edge::platform::{Failure, MemoryReservation};
use crate::edge::storage::bucket::{self, stream_of};
use futures_util::FutureExt;
use futures_util::future::{LocalBoxFuture, ready};
use js_sys::Uint8Array;
use worker::Env;

/// Reads a body once, and returns its skeleton and length.
pub async fn scan(env: &Env, key: &str) -> Result<LongBody, Failure> {
    try_scan(env, key).await.map_err(|stop| stop.failure("reading a delivery's body"))
}

async fn try_scan(env: &Env, key: &str) -> Result<LongBody, Stop> {
    let gone = || Failure::gone("reading a delivery's body");
    let object = bucket::get(&bucket::open(env)?, key).await?.ok_or_else(gone)?;
    let memory = MemoryReservation::take(BODY_MEMORY_BYTES).ok_or(Stop::NoMemory)?;
    let mut scanning = Scanning { scanner: Scanner::new(), memory };
    if let Some(stream) = stream_of(&object)? {
        Pieces::of(&stream).await?.through(&mut scanning).await?;
    }
    let bytes = usize::try_from(object.size()).unwrap_or(usize::MAX);
    Ok(LongBody { skeleton: scanning.scanner.finish(), bytes })
}

struct Scanning {
    scanner: Scanner,
    memory: MemoryReservation,
}

impl Scanning {
    fn scan(&mut self, piece: Uint8Array) -> Result<Option<Uint8Array>, Stop> {
        self.scanner.push(&piece.to_vec());
        let has_memory = self.memory.grow(PIECE as usize + self.scanner.held());
        if has_memory { Ok(Some(piece)) } else { Err(Stop::NoMemory) }
    }
}

impl Output for Scanning {
    fn take(&mut self, piece: Uint8Array) -> LocalBoxFuture<'_, Result<Option<Uint8Array>, Stop>> {
        ready(self.scan(piece)).boxed_local()
    }
}
