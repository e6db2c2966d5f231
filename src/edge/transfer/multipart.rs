//! Stores a body whose length is unknown, or too large for one put.
//!
//! The runtime writes the bytes into parts in JavaScript's memory; wasm only
//! moves the handles. A body shorter than a part is one put. A longer one is a
//! multipart upload of R2, and nothing of it is visible until it is complete.

use super::order::Target;
use crate::edge::platform::{During, Failure, Kind, MemoryReservation, Reader, buffer_of, piece};
use crate::edge::storage::bucket::outside_bytes;
use futures_util::future::{Either, select};
use js_sys::Uint8Array;
use web_sys::ReadableStream;
use worker::{Bucket, Delay, MultipartUpload, Object, UploadedPart};

/// The bytes of a part: all but the last must be equal, and at least 5 MiB.
const PART_BYTES: u32 = 5 * 1024 * 1024;

/// The fewest bytes that are read at a time, because each read is a call out of
/// wasm.
const READ_BYTES: u32 = 256 * 1024;

/// Why a body could not be stored by parts.
pub enum PartsFailure {
    /// The source was silent for too long, broke off, or sent another length.
    Source(&'static str),
    /// The source sent more bytes than allowed.
    TooLarge,
    /// The isolate has no free memory for a part now.
    NoMemory,
    /// The bucket failed.
    Bucket(Failure),
}

impl From<Failure> for PartsFailure {
    fn from(failure: Failure) -> Self {
        Self::Bucket(failure)
    }
}

/// The length that a body may have, and the one it must have if that is known.
#[derive(Clone, Copy)]
pub struct Expected {
    /// The most bytes.
    pub max: u64,
    /// The declared length, in bytes.
    pub length: Option<u64>,
}

/// A body that is being stored in the bucket.
pub struct PartUploader<'a> {
    target: &'a Target<'a>,
    /// The upload, once there is more than one part.
    upload: Option<(MultipartUpload, String)>,
    done: Vec<UploadedPart>,
    bytes: u64,
}

impl<'a> PartUploader<'a> {
    pub const fn new(target: &'a Target<'a>) -> Self {
        Self { target, upload: None, done: Vec::new(), bytes: 0 }
    }

    /// Stores all of `body`. If this fails, or is dropped before its end, the
    /// caller must call [`PartUploader::abort`].
    pub async fn store(
        &mut self,
        body: &ReadableStream,
        expected: Expected,
    ) -> Result<Object, PartsFailure> {
        let reader = Reader::of(body)?;
        let _memory = MemoryReservation::take(PART_BYTES as usize).ok_or(PartsFailure::NoMemory)?;
        let (mut part, mut filled) = (Uint8Array::new_with_length(PART_BYTES), 0);
        loop {
            let read = self.read(&reader, &part.subarray(filled, PART_BYTES)).await?;
            part = buffer_of(&read);
            filled += read.length();
            self.bytes += u64::from(read.length());
            if self.bytes > expected.max {
                return Err(PartsFailure::TooLarge);
            }
            if read.length() == 0 {
                break;
            }
            if filled == PART_BYTES {
                self.send(&part).await?;
                filled = 0;
            }
        }
        if expected.length.is_some_and(|length| length != self.bytes) {
            return Err(PartsFailure::Source("the source sent another length than it stated"));
        }
        Ok(self.finish(&part.subarray(0, filled)).await?)
    }

    /// Fills the beginning of `buffer`; returns no bytes at the end of the body.
    async fn read(&self, reader: &Reader, buffer: &Uint8Array) -> Result<Uint8Array, PartsFailure> {
        let read = reader.begin(READ_BYTES.min(buffer.length()), buffer);
        match select(read, Delay::from(self.target.order.wanted.stall())).await {
            Either::Left((read, _)) => {
                let piece = read.and_then(|read| piece(&read));
                piece.map_err(|_| PartsFailure::Source("the source ended early"))
            }
            Either::Right(_) => Err(PartsFailure::Source("the source has stalled")),
        }
    }

    /// Sends the last part and makes the object visible.
    async fn finish(&mut self, last: &Uint8Array) -> Result<Object, Failure> {
        if self.upload.is_none() {
            let put = self.target.put(outside_bytes(last)).execute();
            let object = put.await.during("writing to the bucket")?;
            return object.ok_or_else(|| Failure::unexpected("writing to the bucket"));
        }
        if last.length() > 0 {
            self.send(last).await?;
        }
        let (upload, id) =
            self.upload.take().ok_or_else(|| Failure::gone("completing an upload"))?;
        // `complete` consumes the upload, so another handle is kept for an
        // abort.
        let again = self.target.resume(&id)?;
        self.upload = Some((again, id));
        self.target.order.wanted.budget.force();
        let done = upload.complete(std::mem::take(&mut self.done)).await;
        let object = done.during("completing an upload")?;
        self.target.order.notes.forget_upload(self.target.order.key)?;
        Ok(object)
    }

    async fn send(&mut self, part: &Uint8Array) -> Result<(), Failure> {
        if self.upload.is_none() {
            self.target.order.wanted.budget.force();
            let upload = self.target.begin().await?;
            let id = upload.upload_id().await;
            self.upload = Some((upload, id.clone()));
            self.target.order.notes.note_upload(self.target.order.key, &id)?;
        }
        let Some((upload, _)) = &self.upload else { return Ok(()) };
        self.target.order.wanted.budget.force();
        let number = u16::try_from(self.done.len() + 1).during("numbering a part")?;
        let sent = upload.upload_part(number, outside_bytes(part));
        self.done.push(sent.await.during("uploading a part")?);
        Ok(())
    }

    /// Aborts the upload, which deletes its parts.
    pub async fn abort(self) {
        let Some((upload, _)) = self.upload else { return };
        let order = self.target.order;
        let aborted = upload.abort().await.during("aborting an upload");
        let ended = match aborted {
            Ok(()) => order.notes.forget_upload(order.key),
            Err(failure) => Err(failure),
        };
        if let Err(failure) = ended {
            failure.log();
        }
    }
}

/// Aborts an upload that a dead run has left, or deletes the object if `id` is
/// empty. Returns whether nothing is left of it.
pub async fn abort_left(bucket: &Bucket, key: &str, id: &str) -> bool {
    let upload = bucket.resume_multipart_upload(key, id).during("resuming an upload");
    let aborted = match upload {
        _ if id.is_empty() => bucket.delete(key).await.during("deleting a refused input"),
        Ok(upload) => upload.abort().await.during("aborting an upload"),
        Err(failure) => Err(failure),
    };
    match aborted {
        Err(failure) if failure.kind() != Kind::NotFound => {
            failure.log();
            false
        }
        _ => true,
    }
}
