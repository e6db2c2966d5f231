//! The `FILES` bucket, as far as texts go; `transfer` and `files` stream.

use super::platform::{During, Failure};
use std::collections::HashMap;
use worker::{Bucket, Env, HttpMetadata};

/// The bucket.
pub fn open(env: &Env) -> Result<Bucket, Failure> {
    env.bucket("FILES").during("opening the FILES bucket (is R2 switched on in the account?)")
}

/// Writes bytes with a media type and metadata.
pub async fn put(
    bucket: &Bucket,
    key: &str,
    bytes: Vec<u8>,
    content_type: &str,
    metadata: HashMap<String, String>,
) -> Result<worker::Object, Failure> {
    let http = HttpMetadata { content_type: Some(content_type.to_owned()), ..Default::default() };
    let put = bucket.put(key, bytes).http_metadata(http).custom_metadata(metadata).execute();
    put.await
        .during("writing to the bucket")?
        .ok_or_else(|| Failure("writing to the bucket: refused without a condition".to_owned()))
}

/// Writes a JSON text.
pub async fn put_json(bucket: &Bucket, key: &str, text: impl Into<Vec<u8>>) -> Result<(), Failure> {
    put(bucket, key, text.into(), "application/json", HashMap::new()).await.map(drop)
}

/// Reads the bytes `part` of a text; `None` if there is no such object.
pub async fn part(
    bucket: &Bucket,
    key: &str,
    part: std::ops::Range<usize>,
) -> Result<Option<String>, Failure> {
    let range =
        worker::Range::OffsetWithLength { offset: part.start as u64, length: part.len() as u64 };
    let object = bucket.get(key).range(range).execute().await.during("reading from the bucket")?;
    text_of(object).await
}

/// Reads a text; `None` if there is no such object.
pub async fn text(bucket: &Bucket, key: &str) -> Result<Option<String>, Failure> {
    let object = bucket.get(key).execute().await.during("reading from the bucket")?;
    text_of(object).await
}

async fn text_of(object: Option<worker::Object>) -> Result<Option<String>, Failure> {
    match object.as_ref().and_then(worker::Object::body) {
        Some(body) => body.text().await.during("reading from the bucket").map(Some),
        None => Ok(None),
    }
}
