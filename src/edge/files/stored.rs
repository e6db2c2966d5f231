//! Serves files in the bucket.

use super::request::{FileRequest, build};
use crate::domain::access::tokens;
use crate::domain::file::media_type;
use crate::domain::http::conditions::{Conditions, Current, Decision};
use crate::domain::http::headers::{self, CacheInfo, Headers, Served};
use crate::domain::http::problem::{Code, Problem, ProblemKind};
use crate::domain::http::range::{self, Slice};
use crate::domain::time::Timestamp;
use crate::edge::platform::{During, Failure};
use crate::edge::storage::bucket::{NONCE, TITLE};
use std::collections::HashMap;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::Response;
use worker::{Bucket, Object, ObjectBody, Range, ResponseBody};

/// A file in the bucket, with the requested part of its bytes.
pub struct StoredFile {
    object: Object,
    metadata: HashMap<String, String>,
    /// The part of the bytes that was read; `None` if only the head was.
    slice: Option<Slice>,
}

impl StoredFile {
    /// Reads the file, usually in one call: with the bytes that are sent if all
    /// conditions hold. The request's own headers never reach the bucket,
    /// because it interprets some of them differently.
    pub async fn read(
        bucket: &Bucket,
        key: &str,
        conditions: &Conditions,
    ) -> Result<Option<Self>, Failure> {
        let asked = conditions.asked();
        let part = match asked {
            None if conditions.head => None,
            None => return Self::get(bucket, key, Slice::Whole).await,
            Some(asked) => as_bucket_range(asked),
        };
        if let Some(part) = part
            // The bucket refuses a range that the file does not have.
            && let Ok(object) = bucket.get(key).range(part).execute().await
        {
            return Ok(object.map(|object| {
                let slice = asked.map(|asked| asked.of(object.size()));
                Self::of(object, slice)
            }));
        }
        let head = bucket.head(key).await.during("reading a file's head")?;
        Ok(head.map(|object| Self::of(object, None)))
    }

    async fn get(bucket: &Bucket, key: &str, slice: Slice) -> Result<Option<Self>, Failure> {
        let get = bucket.get(key);
        let get = match slice {
            Slice::Part { first, last } => {
                get.range(Range::OffsetWithLength { offset: first, length: last - first + 1 })
            }
            Slice::Whole | Slice::Unsatisfiable => get,
        };
        let object = get.execute().await.during("reading a file")?;
        Ok(object.map(|object| Self::of(object, Some(slice))))
    }

    fn of(object: Object, slice: Option<Slice>) -> Self {
        let metadata = object.custom_metadata().unwrap_or_default();
        Self { object, metadata, slice }
    }

    /// Returns whether links with this nonce open the file.
    pub fn is_opened_by(&self, nonce: &str) -> bool {
        self.metadata.get(NONCE).is_some_and(|stored| tokens::is_same_secret(stored, nonce))
    }

    /// Answers a request for the file.
    pub async fn answer(
        self,
        bucket: &Bucket,
        asked: &FileRequest<'_>,
        name: &str,
    ) -> Result<Response, Problem> {
        let (etag, size) = (self.object.http_etag(), self.object.size());
        let modified = Timestamp::from_millis(self.object.uploaded().as_millis());
        let max_age = asked.call.config.files_max_age;
        let decision = asked.conditions.decide(&Current { etag: &etag, modified, size });
        let mut headers = self.headers(asked, name, CacheInfo { etag: &etag, modified, max_age });
        let Decision::Send(slice @ (Slice::Whole | Slice::Part { .. })) = decision else {
            self.cancel().await;
            return without_body(decision, size, headers);
        };
        headers.extend(range::headers(slice, size));
        let head = build(slice.status(), headers)?;
        if asked.conditions.head {
            return Ok(head.empty()?);
        }
        Ok(head.body(&self.body(bucket, slice, &etag).await?)?)
    }

    fn headers(&self, asked: &FileRequest<'_>, name: &str, stored: CacheInfo<'_>) -> Headers {
        let http = self.object.http_metadata();
        headers::headers(&Served {
            content_type: http.content_type.as_deref().unwrap_or(media_type::OCTET_STREAM),
            name,
            title: self.metadata.get(TITLE).map(String::as_str),
            encoding: http.content_encoding.as_deref(),
            stored: Some(stored),
            download: asked.download,
        })
    }

    /// Returns the body that was read, or reads again if that is not the right
    /// part.
    async fn body(self, bucket: &Bucket, slice: Slice, etag: &str) -> Result<JsValue, Problem> {
        if self.slice == Some(slice)
            && let Some(body) = self.object.body()
        {
            return Ok(stream_of(body)?);
        }
        let key = self.object.key();
        self.cancel().await;
        let again = Self::get(bucket, &key, slice).await?;
        let again = again.filter(|again| again.object.http_etag() == etag);
        let body = again.as_ref().and_then(|again| again.object.body());
        let body = body.ok_or_else(|| {
            ProblemKind::NotReady("the file has just changed; send the request again".to_owned(), 1)
        })?;
        Ok(stream_of(body)?)
    }

    /// Ends the stream of bytes that nobody reads.
    pub async fn cancel(self) {
        let body = self.object.body().map(ObjectBody::response_body);
        if let Some(Ok(ResponseBody::Stream(stream))) = body {
            // If it has ended by itself, nothing is left to do.
            let _ = JsFuture::from(stream.cancel()).await;
        }
    }
}

fn stream_of(body: ObjectBody<'_>) -> Result<JsValue, Failure> {
    Ok(match body.response_body().during("streaming a file")? {
        ResponseBody::Stream(stream) => stream.into(),
        ResponseBody::Body(_) | ResponseBody::Empty => JsValue::NULL,
    })
}

fn without_body(decision: Decision, size: u64, headers: Headers) -> Result<Response, Problem> {
    match decision {
        Decision::NotModified => Ok(build(304, headers)?.empty()?),
        Decision::PreconditionFailed => Err(Problem::new(
            Code::PreconditionFailed,
            "the file does not match `If-Match` or `If-Unmodified-Since`; fetch it without them",
        )),
        Decision::Send(_) => Err(ProblemKind::NoSuchRange(size).into()),
    }
}

/// Returns a range in the bucket's form; `None` for a range that no file has,
/// because the bucket would send the whole file.
const fn as_bucket_range(asked: range::ByteRange) -> Option<Range> {
    Some(match asked {
        range::ByteRange::From(offset) => Range::OffsetToEnd { offset },
        range::ByteRange::Between(offset, last) => {
            Range::OffsetWithLength { offset, length: last.saturating_sub(offset) + 1 }
        }
        range::ByteRange::Last(0) => return None,
        range::ByteRange::Last(suffix) => Range::Suffix { suffix },
    })
}
