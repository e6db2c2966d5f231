//! Writes an object to R2 piece by piece. A write waits until the runtime has
//! taken the piece before it.

use crate::edge::platform::{During, Failure, MemoryReservation, Reader, buffer_of};
use crate::edge::storage::bucket::{self, outside_bytes};
use futures_util::FutureExt;
use futures_util::future::{Either, LocalBoxFuture, join, select};
use js_sys::{BigInt, Uint8Array};
use std::collections::HashMap;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{ReadableStream, TransformStream, WritableStreamDefaultWriter};
use worker::{
    Bucket, Data, Env, HttpMetadata, MultipartUpload, Object, PutOptionsBuilder, UploadedPart,
};
use worker_sys::FixedLengthStream;

/// The length of a part: all but the last must be equal, and R2 takes none below
/// 5 MiB.
const PART_BYTES: u32 = 5 * 1024 * 1024;
const WHAT: &str = "writing a body to the bucket";

#[wasm_bindgen]
extern "C" {
    /// The runtime's own pipe, which buffers nothing:
    /// <https://developers.cloudflare.com/workers/runtime-apis/streams/transformstream/>.
    #[wasm_bindgen(extends = TransformStream)]
    type IdentityTransformStream;
    #[wasm_bindgen(constructor, catch)]
    fn new() -> Result<IdentityTransformStream, JsValue>;
}

/// An object that is being written to R2.
pub struct ObjectWriter {
    writer: WritableStreamDefaultWriter,
    /// The put or multipart upload, until it has ended.
    stored: Option<LocalBoxFuture<'static, Result<Object, Failure>>>,
}

/// The key of a new object, and what R2 stores beside it.
#[derive(Default)]
pub struct PutTarget {
    /// The key.
    pub key: String,
    /// The media type.
    pub content_type: String,
    /// The custom metadata.
    pub metadata: HashMap<String, String>,
}

impl PutTarget {
    /// Returns the target of a JSON text.
    pub fn of_json(key: String) -> Self {
        Self { key, content_type: "application/json".to_owned(), ..Self::default() }
    }

    /// Prepares a put of `data`.
    pub fn put(self, bucket: &Bucket, data: Data) -> PutOptionsBuilder<'_> {
        let http = HttpMetadata { content_type: Some(self.content_type), ..Default::default() };
        bucket.put(self.key, data).http_metadata(http).custom_metadata(self.metadata)
    }
}

impl ObjectWriter {
    /// Begins an object. With a known length it is one put, and R2 stores nothing
    /// unless exactly so many bytes are written. Else it is a multipart upload.
    pub fn open(env: &Env, target: PutTarget, length: Option<u64>) -> Result<Self, Failure> {
        let bucket = bucket::open(env)?;
        let pipe = pipe(length).map_err(worker::Error::from).during(WHAT)?;
        let writer = pipe.writable().get_writer().map_err(worker::Error::from).during(WHAT)?;
        let readable = pipe.readable();
        let stored = match length {
            Some(_) => whole(bucket, target, readable).boxed_local(),
            None => by_parts(bucket, target, readable).boxed_local(),
        };
        Ok(Self { writer, stored: Some(stored) })
    }

    /// Writes a piece. Its buffer can be used again when this returns.
    pub async fn write(&mut self, piece: &Uint8Array) -> Result<(), Failure> {
        let written = JsFuture::from(self.writer.write_with_chunk(piece));
        self.until(written).await
    }

    /// Ends the object, and waits until R2 has stored it.
    pub async fn finish(mut self) -> Result<Object, Failure> {
        let closed = JsFuture::from(self.writer.close());
        match self.stored.take() {
            // `close` resolves only when R2 has read to the end.
            Some(stored) => join(stored, closed).await.0,
            None => Err(Failure::unexpected(WHAT)),
        }
    }

    /// Aborts the object. Nothing of it stays in R2.
    pub async fn abort(mut self) {
        drop(JsFuture::from(self.writer.abort()).await);
        if let Some(stored) = self.stored.take() {
            drop(stored.await);
        }
    }

    /// Waits for a write. If R2 fails meanwhile it reads no more, so that the write
    /// would never end.
    async fn until(&mut self, written: JsFuture) -> Result<(), Failure> {
        let Some(stored) = self.stored.take() else { return Err(Failure::unexpected(WHAT)) };
        match select(written, stored).await {
            Either::Left((written, stored)) => {
                self.stored = Some(stored);
                written.map(drop).map_err(worker::Error::from).during(WHAT)
            }
            Either::Right((stored, _)) => {
                stored.and_then(|_| Err(Failure::new(WHAT, "it ended early")))
            }
        }
    }
}

/// Aborts an object that nobody finished, because R2 would wait for more.
impl Drop for ObjectWriter {
    fn drop(&mut self) {
        if self.stored.is_some() {
            drop(self.writer.abort());
        }
    }
}

fn pipe(length: Option<u64>) -> Result<TransformStream, JsValue> {
    match length {
        Some(length) => {
            FixedLengthStream::new_big_int(BigInt::from(length)).map(JsCast::unchecked_into)
        }
        None => IdentityTransformStream::new().map(JsCast::unchecked_into),
    }
}

async fn whole(bucket: Bucket, target: PutTarget, body: ReadableStream) -> Result<Object, Failure> {
    put(&bucket, target, Data::ReadableStream(body)).await
}

async fn put(bucket: &Bucket, target: PutTarget, data: Data) -> Result<Object, Failure> {
    let object = target.put(bucket, data).execute().await.during(WHAT)?;
    object.ok_or_else(|| Failure::unexpected(WHAT))
}

/// Stores a body of unknown length: by one put if it is shorter than a part.
async fn by_parts(
    bucket: Bucket,
    target: PutTarget,
    body: ReadableStream,
) -> Result<Object, Failure> {
    let full = || Failure::new(WHAT, "the isolate has no memory left for a part");
    let _memory = MemoryReservation::take(PART_BYTES as usize).ok_or_else(full)?;
    let reader = Reader::of(&body)?;
    let part = fill(&reader, &Uint8Array::new_with_length(PART_BYTES)).await?;
    if part.length() < PART_BYTES {
        return put(&bucket, target, outside_bytes(&part)).await;
    }
    let upload =
        bucket.create_multipart_upload(target.key.as_str()).execute().await.during(WHAT)?;
    let id = upload.upload_id().await;
    let stored = match send_all(&upload, &reader, part).await {
        Ok(parts) => upload.complete(parts).await.during(WHAT),
        Err(failure) => Err(failure),
    };
    if stored.is_err() {
        let again = bucket.resume_multipart_upload(target.key, id).during(WHAT)?;
        again.abort().await.during("aborting an upload").unwrap_or_else(|failure| failure.log());
    }
    stored
}

async fn send_all(
    upload: &MultipartUpload,
    reader: &Reader,
    mut part: Uint8Array,
) -> Result<Vec<UploadedPart>, Failure> {
    let mut parts = Vec::new();
    while part.length() > 0 {
        let number = u16::try_from(parts.len() + 1).during(WHAT)?;
        parts.push(upload.upload_part(number, outside_bytes(&part)).await.during(WHAT)?);
        part = fill(reader, &buffer_of(&part)).await?;
    }
    Ok(parts)
}

async fn fill(reader: &Reader, buffer: &Uint8Array) -> Result<Uint8Array, Failure> {
    reader.fill(buffer).await.map_err(worker::Error::from).during(WHAT)
}
