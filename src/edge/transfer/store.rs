//! The file's way into the bucket: one put through a pipe, or by parts.

use super::parts::{self, Expected, PartsFailure};
use super::source::Source;
use super::{HEADERS_TIMEOUT, Order, too_large, transient};
use crate::domain::retry::{CopyFailure, FailureKind};
use crate::edge::platform::{self, Failure};
use futures_util::future::{Either, join, select};
use std::collections::HashMap;
use std::pin::pin;
use std::time::Duration;
use wasm_bindgen_futures::JsFuture;
use worker::{Bucket, Data, Delay, HttpMetadata, Object, PutOptionsBuilder, ResponseBody};
use worker_sys::FixedLengthStream;

/// How long one copy may take; a run of the alarm has 15 minutes in all.
const COPY_TIMEOUT: Duration = Duration::from_mins(9);
/// R2's code for content that is not of the given MD5. The runtime tells it in
/// the error's text alone.
const BAD_DIGEST: &str = "10037";

/// Stores a body of known length by one put.
pub(super) async fn whole(
    bucket: &Bucket,
    order: &Order<'_>,
    source: &mut Source,
    length: u64,
    content_type: &str,
    md5: Option<Vec<u8>>,
) -> Result<Object, CopyFailure> {
    let ResponseBody::Stream(body) = source.response.body() else {
        return if length == 0 {
            put_empty(bucket, order, content_type).await
        } else {
            Err(transient("the source sends no body"))
        };
    };
    let has_md5 = md5.is_some();
    let fixed = FixedLengthStream::new_big_int(js_sys::BigInt::from(length))
        .map_err(|_| transient("the runtime can't make a stream of this length"))?;
    let put = put(bucket, order, content_type, Data::ReadableStream(fixed.readable()));
    let put = match md5 {
        Some(md5) => put.md5(md5).execute(),
        None => put.execute(),
    };
    let piped = JsFuture::from(body.pipe_to(&fixed.writable()));
    let both = pin!(join(piped, put));
    match select(both, Delay::from(COPY_TIMEOUT)).await {
        Either::Left(((piped, put), _)) => finished(put, piped.is_ok(), has_md5),
        Either::Right(((), both)) => {
            std::mem::take(&mut source.abort).abort();
            // The abort ends both; waiting keeps the put from outliving this.
            drop(select(both, Delay::from(HEADERS_TIMEOUT)).await);
            Err(transient("the copy takes too long"))
        }
    }
}

/// Stores a body of any length by parts, within the time of a copy.
pub(super) async fn by_parts(
    bucket: &Bucket,
    order: &Order<'_>,
    source: &mut Source,
    length: Option<u64>,
    content_type: &str,
) -> Result<Object, CopyFailure> {
    let ResponseBody::Stream(body) = source.response.body() else {
        return put_empty(bucket, order, content_type).await;
    };
    let (http, nonce) = metadata(order, content_type);
    let begin = bucket.create_multipart_upload(order.key).http_metadata(http);
    let upload = begin.custom_metadata(nonce).execute().await;
    let upload = upload.map_err(|_| transient("the bucket can't be written"))?;
    let expected = Expected { max: order.max_bytes, length };
    let stored = pin!(parts::store(upload, body, expected));
    let outcome = match select(stored, Delay::from(COPY_TIMEOUT)).await {
        Either::Left((outcome, _)) => outcome,
        Either::Right(((), stored)) => {
            std::mem::take(&mut source.abort).abort();
            // The abort ends the reading, and that the upload.
            drop(select(stored, Delay::from(HEADERS_TIMEOUT)).await);
            return Err(transient("the copy takes too long"));
        }
    };
    let failure = match outcome {
        Ok(object) => return Ok(object),
        Err(failure) => failure,
    };
    std::mem::take(&mut source.abort).abort();
    match failure {
        PartsFailure::Empty => put_empty(bucket, order, content_type).await,
        PartsFailure::TooLarge => Err(too_large("is larger than it may be", order)),
        PartsFailure::Source(message) => Err(transient(message)),
        PartsFailure::Bucket(Failure(text)) => {
            platform::log_error(&text);
            Err(transient("the bucket can't be written"))
        }
    }
}

async fn put_empty(
    bucket: &Bucket,
    order: &Order<'_>,
    content_type: &str,
) -> Result<Object, CopyFailure> {
    let put = put(bucket, order, content_type, Data::Bytes(Vec::new()));
    finished(put.execute().await, true, false)
}

fn put<'a>(
    bucket: &'a Bucket,
    order: &Order<'_>,
    content_type: &str,
    data: Data,
) -> PutOptionsBuilder<'a> {
    let (http, nonce) = metadata(order, content_type);
    bucket.put(order.key, data).http_metadata(http).custom_metadata(nonce)
}

fn metadata(order: &Order<'_>, content_type: &str) -> (HttpMetadata, HashMap<String, String>) {
    let http = HttpMetadata { content_type: Some(content_type.to_owned()), ..Default::default() };
    (http, HashMap::from([("nonce".to_owned(), order.nonce.to_owned())]))
}

fn finished(
    put: worker::Result<Option<Object>>,
    is_piped: bool,
    has_md5: bool,
) -> Result<Object, CopyFailure> {
    match put {
        Ok(Some(object)) if is_piped => Ok(object),
        Ok(_) | Err(_) if !is_piped => {
            Err(transient("the source broke off, or sent another length than it told"))
        }
        // All bytes came, and the store says that they are not what was told.
        Err(error) if has_md5 && error.to_string().contains(BAD_DIGEST) => Err(CopyFailure {
            kind: FailureKind::Md5Refused { actual: actual_md5(&error.to_string()) },
            message: "the store refused the bytes: not the MD5 that the source tells".to_owned(),
            retry_after_ms: None,
        }),
        Ok(_) | Err(_) => Err(transient("the bucket can't be written")),
    }
}

/// The MD5 in R2's words: `… Actual MD5 was: 0123…`.
fn actual_md5(error: &str) -> Option<String> {
    let (_, told) = error.rsplit_once("was: ")?;
    let digits: String = told.chars().take_while(char::is_ascii_hexdigit).collect();
    (digits.len() == 32).then_some(digits)
}
