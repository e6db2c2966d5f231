//! Stores a body whose length is not known before, or too large for one put.
//!
//! The bytes are gathered into parts in JavaScript's memory; wasm only moves
//! the handles. A body that fits into one part is one put; a longer one goes
//! by R2's multipart upload, and nothing of it is visible until all is there.

use super::store::{Target, first_of};
use crate::edge::platform::{self, During, Failure};
use futures_util::future::{Either, select};
use js_sys::{Reflect, Uint8Array};
use std::time::Duration;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{ReadableStream, ReadableStreamDefaultReader};
use worker::{Data, Delay, MultipartUpload, Object, UploadedPart};
use worker_sys::FixedLengthStream;

/// All parts but the last must be equal and have at least 5 MiB. Four copies
/// at a time hold one each: 20 MiB of the isolate's 128.
const PART_BYTES: u32 = 5 * 1024 * 1024;
/// How long a source may be silent between two chunks.
const STALL: Duration = Duration::from_mins(1);

/// Why a body could not be stored by parts.
pub(super) enum PartsFailure {
    /// The source was silent for too long, broke off, or sent another length.
    Source(&'static str),
    /// It sent more bytes than allowed.
    TooLarge,
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

/// A body on its way into the bucket.
pub(super) struct Parts<'a> {
    target: &'a Target<'a>,
    /// The upload, once there is more than one part.
    upload: Option<(MultipartUpload, String)>,
    done: Vec<UploadedPart>,
    bytes: u64,
}

impl<'a> Parts<'a> {
    pub(super) const fn new(target: &'a Target<'a>) -> Self {
        Self { target, upload: None, done: Vec::new(), bytes: 0 }
    }

    /// Stores all of `body`. If it fails, or is dropped before its end,
    /// [`Parts::abort`] must follow.
    pub(super) async fn store(
        &mut self,
        body: &ReadableStream,
        expected: Expected,
    ) -> Result<Object, PartsFailure> {
        let reader: ReadableStreamDefaultReader = body.get_reader().unchecked_into();
        let part = Uint8Array::new_with_length(PART_BYTES);
        let mut filled = 0;
        while let Some(chunk) = next(&reader).await? {
            self.bytes += u64::from(chunk.length());
            if self.bytes > expected.max {
                return Err(PartsFailure::TooLarge);
            }
            let mut taken = 0;
            while taken < chunk.length() {
                if filled == PART_BYTES {
                    self.send(&part).await?;
                    filled = 0;
                }
                let end = chunk.length().min(taken + PART_BYTES - filled);
                part.set(&chunk.subarray(taken, end), filled);
                filled += end - taken;
                taken = end;
            }
        }
        if expected.length.is_some_and(|length| length != self.bytes) {
            return Err(PartsFailure::Source("the source sent another length than it told"));
        }
        Ok(self.finish(&part.subarray(0, filled)).await?)
    }

    /// Sends the last part and makes the object visible.
    async fn finish(&mut self, last: &Uint8Array) -> Result<Object, Failure> {
        if self.upload.is_none() {
            let (stream, written) = stream_of(last)?;
            let put = self.target.put(Data::ReadableStream(stream)).execute();
            let object = first_of(put, written).await.during("writing to the bucket")?;
            return object.ok_or_else(|| Failure("writing to the bucket: refused".to_owned()));
        }
        self.send(last).await?;
        let (upload, id) =
            self.upload.take().ok_or_else(|| Failure("there is no upload".to_owned()))?;
        // `complete` takes the upload; for an abort another handle is kept.
        let again = self.target.resume(&id)?;
        self.upload = Some((again, id));
        upload.complete(std::mem::take(&mut self.done)).await.during("completing an upload")
    }

    async fn send(&mut self, part: &Uint8Array) -> Result<(), Failure> {
        if self.upload.is_none() {
            let upload = self.target.begin().await?;
            let id = upload.upload_id().await;
            self.upload = Some((upload, id));
        }
        let Some((upload, _)) = &self.upload else { return Ok(()) };
        let number = u16::try_from(self.done.len() + 1).during("numbering a part")?;
        let (stream, written) = stream_of(part)?;
        let sent = upload.upload_part(number, Data::ReadableStream(stream));
        self.done.push(first_of(sent, written).await.during("uploading a part")?);
        Ok(())
    }

    /// Drops what has been uploaded. Only a crash leaves an upload, which R2
    /// drops after a week.
    pub(super) async fn abort(self) {
        let Some((upload, _)) = self.upload else { return };
        if let Err(Failure(text)) = upload.abort().await.during("aborting an upload") {
            platform::log_error(&text);
        }
    }
}

/// A stream of known length that holds `bytes`, and the writing of them.
fn stream_of(
    bytes: &Uint8Array,
) -> Result<(ReadableStream, impl Future<Output = Result<JsValue, JsValue>>), Failure> {
    let broken = |_: JsValue| Failure("making a stream for a part".to_owned());
    let stream = FixedLengthStream::new(bytes.length()).map_err(broken)?;
    let writer = stream.writable().get_writer().map_err(broken)?;
    let bytes = bytes.clone();
    let written = async move {
        if bytes.length() > 0 {
            JsFuture::from(writer.write_with_chunk(&bytes)).await?;
        }
        JsFuture::from(writer.close()).await
    };
    Ok((stream.readable(), written))
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
