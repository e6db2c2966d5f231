//! Decodes a file that a body contains, in pieces, from R2 to R2.

use super::writer::{ObjectWriter, PutTarget};
use crate::domain::file::inline::{Decoder, InlineData};
use crate::edge::http::pieces::{Output, Pieces, Stop};
use crate::edge::platform::Failure;
use crate::edge::storage::bucket::{self, stream_of};
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use js_sys::Uint8Array;
use std::ops::Range;
use worker::{Env, Object};

const WHAT: &str = "reading a delivery's body";

/// Stores the file that the body at `from` contains at `span`.
///
/// # Errors
/// [`Stop::NotPacked`] if the data does not decode.
pub async fn decode(
    env: &Env,
    (from, span): (&str, Range<usize>),
    data: &InlineData,
    target: PutTarget,
) -> Result<Object, Stop> {
    let object = bucket::get_part(&bucket::open(env)?, from, span).await?;
    let stream = object.as_ref().map(stream_of).transpose()?.flatten();
    let pieces = Pieces::of(&stream.ok_or_else(|| Failure::gone(WHAT))?).await?;
    let writer = ObjectWriter::open(env, target, Some(data.bytes))?;
    let mut decoding = Decoding { decoder: Decoder::new(data), bytes: Vec::new(), writer };
    let mut decoded = pieces.through(&mut decoding).await;
    let Decoding { decoder, writer, .. } = decoding;
    if decoded.is_ok() {
        decoded = decoder.finish().map_err(|_| Stop::NotPacked);
    }
    match decoded {
        Ok(()) => Ok(writer.finish().await?),
        Err(stop) => {
            writer.abort().await;
            Err(stop)
        }
    }
}

struct Decoding {
    decoder: Decoder,
    bytes: Vec<u8>,
    writer: ObjectWriter,
}

impl Decoding {
    async fn decode(&mut self, piece: Uint8Array) -> Result<Option<Uint8Array>, Stop> {
        self.bytes.clear();
        let decoded = self.decoder.push(&piece.to_vec(), &mut self.bytes);
        decoded.map_err(|_| Stop::NotPacked)?;
        self.writer.write(&Uint8Array::from(self.bytes.as_slice())).await?;
        Ok(Some(piece))
    }
}

impl Output for Decoding {
    fn take(&mut self, piece: Uint8Array) -> LocalBoxFuture<'_, Result<Option<Uint8Array>, Stop>> {
        self.decode(piece).boxed_local()
    }
}
