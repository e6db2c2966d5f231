//! Writes a file to the bucket: by one put through a pipe, or by parts.

use super::failure::{no_memory, storage, too_large, transient};
use super::multipart::{Expected, PartUploader, PartsFailure};
use super::order::{Order, Target};
use super::source::Source;
use crate::domain::archive::failure::{CopyFailure, FailureKind};
use futures_util::future::{Either, select};
use std::pin::pin;
use std::time::Duration;
use wasm_bindgen_futures::JsFuture;
use worker::{Data, Delay, Object};
use worker_sys::FixedLengthStream;

/// How long one copy may take; a run of the alarm has 15 minutes in all.
const COPY_TIMEOUT: Duration = Duration::from_mins(8);
/// The least rate of a source, in bytes per millisecond, unless it has been too
/// slow before.
const USUAL_RATE: u64 = 1_024;
/// R2's code for content whose MD5 is not the given one. The runtime reports it
/// only in the error text.
const BAD_DIGEST: &str = "10037";

/// Stores a body of known length by one put.
pub async fn whole(
    target: &Target<'_>,
    source: &mut Source,
    length: u64,
    md5: Option<Vec<u8>>,
) -> Result<Object, CopyFailure> {
    let Some(body) = source.response.body() else {
        if length > 0 {
            return Err(transient("the source sends no body"));
        }
        return finished(target.put(Data::Bytes(Vec::new())).execute().await, true, false);
    };
    let has_md5 = md5.is_some();
    let fixed = FixedLengthStream::new_big_int(js_sys::BigInt::from(length))
        .map_err(|_| transient("the runtime can't make a stream of this length"))?;
    let put = target.put(Data::ReadableStream(fixed.readable()));
    let put = match md5 {
        Some(md5) => put.md5(md5).execute(),
        None => put.execute(),
    };
    let pipe = async { JsFuture::from(body.pipe_to(&fixed.writable())).await.is_ok() };
    match select(pin!(both_ends(put, pipe)), Delay::from(time_for(length, target.order))).await {
        Either::Left(((put, is_piped), _)) => {
            if put.is_err() {
                std::mem::take(&mut source.abort).abort();
            }
            finished(put, is_piped, has_md5)
        }
        Either::Right(_) => {
            std::mem::take(&mut source.abort).abort();
            Err(transient("the copy takes too long"))
        }
    }
}

/// Returns how long a copy of known length may take. The runtime's pipe does
/// not report progress, so a stalled source is found by time alone. Each failed
/// try doubles the time, so that a slow source does not count as stalled for
/// ever.
fn time_for(length: u64, order: &Order<'_>) -> Duration {
    let usual = order.wanted.stall_ms.saturating_add(length / USUAL_RATE);
    let patient = usual.saturating_mul(1 << order.attempts.min(10));
    Duration::from_millis(patient).min(COPY_TIMEOUT)
}

/// Waits for the put and its pipe. A bucket that fails early reads no more, and
/// then the pipe never ends: so after the put the pipe gets only a moment.
async fn both_ends<T, E>(
    put: impl Future<Output = Result<T, E>>,
    pipe: impl Future<Output = bool>,
) -> (Result<T, E>, bool) {
    const MOMENT: Duration = Duration::from_secs(5);
    match select(pin!(put), pin!(pipe)).await {
        Either::Right((is_piped, put)) => (put.await, is_piped),
        Either::Left((put, pipe)) => match select(pipe, Delay::from(MOMENT)).await {
            Either::Left((is_piped, _)) => (put, is_piped),
            Either::Right(_) => (put, true),
        },
    }
}

/// Stores a body of any length by parts, within the time of a copy.
pub async fn by_parts(
    target: &Target<'_>,
    source: &mut Source,
    length: Option<u64>,
) -> Result<Object, CopyFailure> {
    let Some(body) = source.stream()? else {
        return whole(target, source, length.unwrap_or(0), None).await;
    };
    let expected = Expected { max: target.order.wanted.max_bytes, length };
    let mut parts = PartUploader::new(target);
    let outcome = {
        let stored = pin!(parts.store(&body, expected));
        match select(stored, Delay::from(COPY_TIMEOUT)).await {
            Either::Left((outcome, _)) => outcome,
            Either::Right(_) => Err(PartsFailure::Source("the copy takes too long")),
        }
    };
    let failure = match outcome {
        Ok(object) => return Ok(object),
        Err(failure) => failure,
    };
    std::mem::take(&mut source.abort).abort();
    parts.abort().await;
    Err(match failure {
        PartsFailure::TooLarge => too_large("is larger than it may be", &target.order.wanted),
        PartsFailure::Source(message) => transient(message),
        PartsFailure::Bucket(failure) => {
            failure.log();
            storage("the bucket can't be written")
        }
        PartsFailure::NoMemory => no_memory(),
    })
}

fn finished(
    put: worker::Result<Option<Object>>,
    is_piped: bool,
    has_md5: bool,
) -> Result<Object, CopyFailure> {
    match put {
        Ok(Some(object)) if is_piped => Ok(object),
        Ok(_) | Err(_) if !is_piped => {
            Err(transient("the source ended early, or sent another length than it stated"))
        }
        // All bytes arrived, and R2 says that their MD5 is not the declared
        // one.
        Err(error) if has_md5 && error.to_string().contains(BAD_DIGEST) => Err(CopyFailure {
            kind: FailureKind::Md5Refused { actual: actual_md5(&error.to_string()) },
            message: "the store refused the bytes: their MD5 is not the one that the source states"
                .to_owned(),
            retry_after_ms: None,
        }),
        Ok(_) | Err(_) => Err(storage("the bucket can't be written")),
    }
}

/// Reads the MD5 from R2's error text: `… Actual MD5 was: 0123…`.
fn actual_md5(error: &str) -> Option<String> {
    let (_, told) = error.rsplit_once("was: ")?;
    let digits: String = told.chars().take_while(char::is_ascii_hexdigit).collect();
    (digits.len() == 32).then_some(digits)
}
