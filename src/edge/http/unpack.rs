//! Undoes how a request's body is packed, by the runtime's own streams.

use crate::domain::http::problem::{Problem, What};
use crate::domain::http::unpack::{Format, MAX_LAYERS, layers, outermost};
use crate::edge::platform::{During, Failure};
use futures_util::future::{Either, ready, select};
use js_sys::{Object, Promise, Reflect, Uint8Array};
use std::future::Future;
use std::time::Duration;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use worker::Delay;

/// Bytes that are given to the runtime at a time. It unpacks all of them at
/// once, whether anyone reads or not, and deflate makes 1,032 bytes of one.
const SLICE: usize = 4 * 1024;
/// Bytes that are read at a time.
const PIECE: u32 = 64 * 1024;

#[wasm_bindgen]
extern "C" {
    type DecompressionStream;
    #[wasm_bindgen(constructor, catch)]
    fn new(format: &str) -> Result<DecompressionStream, JsValue>;
    #[wasm_bindgen(method, getter)]
    fn readable(this: &DecompressionStream) -> Body;
    #[wasm_bindgen(method, getter)]
    fn writable(this: &DecompressionStream) -> web_sys::WritableStream;

    type Body;
    #[wasm_bindgen(method, catch, js_name = getReader)]
    fn reader(this: &Body, options: &JsValue) -> Result<Reader, JsValue>;

    /// A reader that fills a buffer of ours. `readAtLeast` is the runtime's own.
    type Reader;
    #[wasm_bindgen(method, js_name = readAtLeast)]
    fn read_at_least(this: &Reader, least: u32, room: &Uint8Array) -> Promise;
}

/// A request's body, unpacked.
pub struct Unpacked {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// The formats that were undone, in that order, in the runtime's words.
    pub formats: Vec<&'static str>,
}

impl Unpacked {
    /// Says how the body came, for the timeline; `None` if it came plain.
    pub fn note(&self) -> Option<String> {
        let is_packed = !self.formats.is_empty();
        is_packed.then(|| format!("the body came as {}", self.formats.join(" of ")))
    }
}

/// Unpacks what was sent with this `Content-Encoding`. What can't be unpacked
/// stays as it is.
///
/// # Errors
/// 413 as soon as there are more than `limit` bytes; 415 for another coding.
pub async fn unpack(header: Option<&str>, sent: Vec<u8>, limit: u64) -> Result<Unpacked, Problem> {
    let mut named = layers(header).map_err(What::UnknownCoding)?;
    let mut body = Unpacked { bytes: sent, formats: Vec::new() };
    while body.formats.len() < MAX_LAYERS {
        let is_last = named.is_empty();
        let Some(format) = outermost(named.pop(), &body.bytes) else {
            if is_last {
                break;
            }
            continue;
        };
        let Some(bytes) = inflate(&body.bytes, format, limit).await? else { break };
        body.bytes = bytes;
        body.formats.push(format.word());
    }
    Ok(body)
}

/// Why nothing came out.
enum Stop {
    /// The bytes are not of this format.
    Broken,
    /// They are too many.
    TooLarge,
    Failed(Failure),
}

/// Unpacks one layer; `None` if the bytes are not of this format.
async fn inflate(packed: &[u8], format: Format, limit: u64) -> Result<Option<Vec<u8>>, Problem> {
    match Inflating::all(packed, format, limit).await {
        Ok(bytes) => Ok(Some(bytes)),
        Err(Stop::Broken) => Ok(None),
        Err(Stop::TooLarge) => Err(What::BodyTooLarge(limit).into()),
        Err(Stop::Failed(failure)) => Err(failure.into()),
    }
}

/// What comes out of a stream of the runtime's.
struct Inflating {
    reader: Reader,
    /// The next piece. It comes when it is full, or at the end.
    next: JsFuture,
    bytes: Vec<u8>,
    limit: u64,
    is_done: bool,
}

impl Inflating {
    async fn all(packed: &[u8], format: Format, limit: u64) -> Result<Vec<u8>, Stop> {
        let broken = |_| Stop::Broken;
        let (mut inflating, writer) = Self::open(format, limit).map_err(Stop::Failed)?;
        for slice in packed.chunks(SLICE) {
            let write = writer.write_with_chunk(&Uint8Array::from(slice));
            let (written, has_more) = inflating.until(JsFuture::from(write)).await?;
            written.map_err(broken)?;
            inflating.drain(has_more).await?;
        }
        let (closed, _) = inflating.until(JsFuture::from(writer.close())).await?;
        closed.map_err(broken)?;
        while !inflating.is_done {
            let piece = (&mut inflating.next).await;
            inflating.take(piece)?;
        }
        Ok(inflating.bytes)
    }

    fn open(
        format: Format,
        limit: u64,
    ) -> Result<(Self, web_sys::WritableStreamDefaultWriter), Failure> {
        let open = || {
            let stream = DecompressionStream::new(format.word())?;
            let options = Object::new();
            Reflect::set(&options, &"mode".into(), &"byob".into())?;
            Ok((stream.readable().reader(&options)?, stream.writable().get_writer()?))
        };
        let opened: Result<_, JsValue> = open();
        let (reader, writer) = opened.map_err(worker::Error::from).during("unpacking a body")?;
        let next = piece_of(&reader);
        Ok((Self { reader, next, bytes: Vec::new(), limit, is_done: false }, writer))
    }

    /// Takes what comes until `other` is over; tells also whether anything did.
    async fn until<F: Future + Unpin>(&mut self, mut other: F) -> Result<(F::Output, bool), Stop> {
        let mut has_come = false;
        loop {
            match select(&mut self.next, other).await {
                Either::Left((piece, rest)) => {
                    self.take(piece)?;
                    (other, has_come) = (rest, true);
                }
                Either::Right((output, _)) => return Ok((output, has_come)),
            }
        }
    }

    /// Takes what is there, so that no more than a few slices' worth ever
    /// waits in memory: a look is enough unless full pieces come.
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

    fn take(&mut self, piece: Result<JsValue, JsValue>) -> Result<(), Stop> {
        let value = piece.and_then(|piece| Reflect::get(&piece, &"value".into()));
        let piece: Uint8Array = value.and_then(JsCast::dyn_into).map_err(|_| Stop::Broken)?;
        self.is_done = piece.length() == 0;
        if (self.bytes.len() as u64).saturating_add(u64::from(piece.length())) > self.limit {
            return Err(Stop::TooLarge);
        }
        self.bytes.extend(piece.to_vec());
        self.next = piece_of(&self.reader);
        Ok(())
    }
}

fn piece_of(reader: &Reader) -> JsFuture {
    reader.read_at_least(PIECE, &Uint8Array::new_with_length(PIECE)).into()
}
