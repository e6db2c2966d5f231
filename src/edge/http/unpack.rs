//! Decompresses a body by the runtime's own streams.

use super::pieces::{Memory, Output, Stop};
use crate::domain::http::problem::{Problem, ProblemKind};
use crate::domain::http::unpack::{Format, Layers};
use crate::edge::platform::{During, Failure, PendingRead, Reader, piece};
use futures_util::future::{Either, ready, select};
use js_sys::Uint8Array;
use std::future::Future;
use std::time::Duration;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{ReadableStream, WritableStream, WritableStreamDefaultWriter};
use worker::Delay;

/// The bytes that are given to the runtime at a time. It decompresses all of
/// them at once, whether anyone reads or not, and deflate makes up to 1,032
/// bytes from one.
const SLICE: usize = 4 * 1024;
/// The bytes that are read at a time.
const PIECE: u32 = 64 * 1024;

#[wasm_bindgen]
extern "C" {
    type DecompressionStream;
    #[wasm_bindgen(constructor, catch)]
    fn new(format: &str) -> Result<DecompressionStream, JsValue>;
    #[wasm_bindgen(method, getter)]
    fn readable(this: &DecompressionStream) -> ReadableStream;
    #[wasm_bindgen(method, getter)]
    fn writable(this: &DecompressionStream) -> WritableStream;
}

/// Decompresses a body that was sent with this `Content-Encoding`. Data that
/// can't be decompressed stays as it is.
///
/// # Errors
/// 413 as soon as there are more than `limit` bytes; 415 for another coding.
pub async fn unpack(header: Option<&str>, sent: Vec<u8>, limit: u64) -> Result<Vec<u8>, Problem> {
    let mut layers = Layers::of(header).map_err(ProblemKind::UnknownCoding)?;
    let mut bytes = sent;
    while let Some(format) = layers.next(&bytes) {
        let mut memory = Memory::new(limit);
        let unpacked = async {
            let mut inflating = Inflating::open(format, &mut memory)?;
            inflating.feed(&bytes).await?;
            inflating.end().await
        };
        match unpacked.await {
            Ok(()) => bytes = memory.bytes,
            Err(Stop::NotPacked) => break,
            Err(stop) => return Err(stop.problem(limit)),
        }
    }
    Ok(bytes)
}

/// Decompresses by a stream of the runtime.
pub struct Inflating<'o> {
    writer: WritableStreamDefaultWriter,
    reader: Reader,
    /// The next piece. It arrives when it is full, or at the end.
    next: PendingRead,
    output: &'o mut dyn Output,
    is_done: bool,
}

impl<'o> Inflating<'o> {
    /// Begins to decompress data of this format.
    pub fn open(format: Format, output: &'o mut dyn Output) -> Result<Self, Failure> {
        let what = "unpacking a body";
        let stream = DecompressionStream::new(format.word());
        let stream = stream.map_err(worker::Error::from).during(what)?;
        let writer = stream.writable().get_writer().map_err(worker::Error::from).during(what)?;
        let reader = Reader::of(&stream.readable())?;
        let next = next_of(&reader);
        Ok(Self { writer, reader, next, output, is_done: false })
    }

    /// Decompresses the next bytes.
    pub async fn feed(&mut self, packed: &[u8]) -> Result<(), Stop> {
        for slice in packed.chunks(SLICE) {
            let write = self.writer.write_with_chunk(&Uint8Array::from(slice));
            let (written, has_more) = self.until(JsFuture::from(write)).await?;
            written.map_err(|_| Stop::NotPacked)?;
            self.drain(has_more).await?;
        }
        Ok(())
    }

    /// Decompresses the rest, after all bytes were given.
    pub async fn end(&mut self) -> Result<(), Stop> {
        let (closed, _) = self.until(JsFuture::from(self.writer.close())).await?;
        closed.map_err(|_| Stop::NotPacked)?;
        while !self.is_done {
            let read = (&mut self.next).await;
            self.take(read).await?;
        }
        Ok(())
    }

    /// Takes pieces until `other` ends; also returns whether there were any.
    async fn until<F: Future + Unpin>(&mut self, mut other: F) -> Result<(F::Output, bool), Stop> {
        let mut has_come = false;
        loop {
            match select(&mut self.next, other).await {
                Either::Left((read, rest)) => {
                    self.take(read).await?;
                    (other, has_come) = (rest, true);
                }
                Either::Right((output, _)) => return Ok((output, has_come)),
            }
        }
    }

    /// Takes the pieces that are ready, so that only a few slices' worth ever
    /// waits in memory. It waits only while full pieces arrive.
    async fn drain(&mut self, mut has_more: bool) -> Result<(), Stop> {
        loop {
            let pause = if has_more {
                Either::Left(Delay::from(Duration::ZERO))
            } else {
                Either::Right(ready(()))
            };
            ((), has_more) = self.until(pause).await?;
            if !has_more {
                return Ok(());
            }
        }
    }

    async fn take(&mut self, read: Result<JsValue, JsValue>) -> Result<(), Stop> {
        let piece = read.and_then(|read| piece(&read)).map_err(|_| Stop::NotPacked)?;
        self.is_done = piece.length() == 0;
        self.output.take(piece).await?;
        self.next = next_of(&self.reader);
        Ok(())
    }
}

fn next_of(reader: &Reader) -> PendingRead {
    reader.begin(PIECE, &Uint8Array::new_with_length(PIECE))
}
