//! Stores a body whose length is not known before, or too large for one put,
//! by R2's multipart upload.
//!
//! The bytes are gathered into parts in JavaScript's memory; wasm only moves
//! the handles. Nothing is visible under the key until all of it is there.

use crate::edge::platform::{self, During, Failure};
use futures_util::future::{Either, join, select};
use js_sys::{Reflect, Uint8Array};
use std::time::Duration;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{ReadableStream, ReadableStreamDefaultReader};
use worker::{Data, Delay, MultipartUpload, Object, UploadedPart};
use worker_sys::FixedLengthStream;

/// All parts but the last must be equal and have at least 5 MiB. Four copies
/// at a time hold two each: 40 MiB of the isolate's 128.
const PART_BYTES: u32 = 5 * 1024 * 1024;
/// How long a source may be silent between two chunks.
const STALL: Duration = Duration::from_mins(1);

/// Why a body could not be stored by parts.
pub(super) enum PartsFailure {
    /// The source was silent for too long, or broke off.
    Source(&'static str),
    /// It sent more bytes than allowed.
    TooLarge,
    /// It sent none: an upload can't be completed without a part.
    Empty,
    /// The bucket failed.
    Bucket(Failure),
}

impl From<Failure> for PartsFailure {
    fn from(failure: Failure) -> Self {
        Self::Bucket(failure)
    }
}

/// How much a body may have, and must have if it is told.
#[derive(Clone, Copy)]
pub(super) struct Expected {
    /// Most bytes.
    pub max: u64,
    /// Its declared length in bytes.
    pub length: Option<u64>,
}

/// Uploads `body`. Whatever goes wrong, the upload is aborted: only a crash
/// leaves one, which R2 drops after a week.
pub(super) async fn store(
    upload: MultipartUpload,
    body: &ReadableStream,
    expected: Expected,
) -> Result<Object, PartsFailure> {
    let mut parts = Parts { upload, done: Vec::new(), bytes: 0 };
    match parts.fill(body, expected).await {
        Ok(()) => {
            let done = std::mem::take(&mut parts.done);
            Ok(parts.upload.complete(done).await.during("completing an upload")?)
        }
        Err(failure) => {
            let aborted = parts.upload.abort().await.during("aborting an upload");
            if let Err(Failure(text)) = aborted {
                platform::log_error(&text);
            }
            Err(failure)
        }
    }
}

struct Parts {
    upload: MultipartUpload,
    done: Vec<UploadedPart>,
    bytes: u64,
}

impl Parts {
    async fn fill(
        &mut self,
        body: &ReadableStream,
        expected: Expected,
    ) -> Result<(), PartsFailure> {
        let reader: ReadableStreamDefaultReader = body.get_reader().unchecked_into();
        let mut part = Uint8Array::new_with_length(PART_BYTES);
        let mut filled = 0;
        while let Some(chunk) = next(&reader).await? {
            self.bytes += u64::from(chunk.length());
            if self.bytes > expected.max {
                return Err(PartsFailure::TooLarge);
            }
            let mut taken = 0;
            while taken < chunk.length() {
                let end = chunk.length().min(taken + PART_BYTES - filled);
                part.set(&chunk.subarray(taken, end), filled);
                filled += end - taken;
                taken = end;
                if filled == PART_BYTES {
                    self.send(&part).await?;
                    part = Uint8Array::new_with_length(PART_BYTES);
                    filled = 0;
                }
            }
        }
        if expected.length.is_some_and(|length| length != self.bytes) {
            return Err(PartsFailure::Source("the source sent another length than it told"));
        }
        if filled > 0 {
            self.send(&part.subarray(0, filled)).await?;
        }
        if self.done.is_empty() { Err(PartsFailure::Empty) } else { Ok(()) }
    }

    async fn send(&mut self, part: &Uint8Array) -> Result<(), Failure> {
        let number = u16::try_from(self.done.len() + 1).during("numbering a part")?;
        let stream = FixedLengthStream::new(part.length()).map_err(broken)?;
        let writer = stream.writable().get_writer().map_err(broken)?;
        let written = async {
            JsFuture::from(writer.write_with_chunk(part)).await?;
            JsFuture::from(writer.close()).await
        };
        let sent = self.upload.upload_part(number, Data::ReadableStream(stream.readable()));
        let (_, sent) = join(written, sent).await;
        self.done.push(sent.during("uploading a part")?);
        Ok(())
    }
}

fn broken(_: JsValue) -> Failure {
    Failure("making a stream for a part".to_owned())
}

/// The next chunk; `None` at the end.
async fn next(reader: &ReadableStreamDefaultReader) -> Result<Option<Uint8Array>, PartsFailure> {
    let read = JsFuture::from(reader.read());
    let result = match select(read, Delay::from(STALL)).await {
        Either::Left((Ok(result), _)) => result,
        Either::Left((Err(_), _)) => return Err(PartsFailure::Source("the source broke off")),
        Either::Right(_) => return Err(PartsFailure::Source("the source has stalled")),
    };
    let get = |name: &str| Reflect::get(&result, &JsValue::from_str(name)).unwrap_or_default();
    Ok(get("value").dyn_into::<Uint8Array>().ok().filter(|_| get("done") != JsValue::TRUE))
}
