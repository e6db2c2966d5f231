//! Reads and writes texts in the `FILES` bucket; `transfer` and `files` stream.

use crate::domain::job::file::File;
use crate::domain::job::record::Job;
use crate::edge::platform::{During, Failure};
use js_sys::Uint8Array;
use std::collections::HashMap;
use std::ops::Range;
use wasm_bindgen::JsCast;
use web_sys::ReadableStream;
use worker::{Bucket, Data, Env, HttpMetadata, Object, ResponseBody};

/// The key of a file's metadata that holds the link's nonce.
pub const NONCE: &str = "nonce";
/// The metadata key that holds the file's original name, percent-encoded.
pub const TITLE: &str = "title";

/// Opens the bucket.
pub fn open(env: &Env) -> Result<Bucket, Failure> {
    env.bucket("FILES").during("opening the FILES bucket (is R2 switched on in the account?)")
}

/// Returns the metadata of a file: the link's nonce, and the original name if
/// it differs from the stored one. With these, serving a file takes one read.
pub fn file_metadata(job: &Job, file: &File) -> HashMap<String, String> {
    let nonce = (NONCE.to_owned(), job.nonce.clone());
    let title = file.title.clone().map(|title| (TITLE.to_owned(), title));
    [nonce].into_iter().chain(title).collect()
}

/// Writes bytes with a media type and metadata.
pub async fn put(
    bucket: &Bucket,
    key: &str,
    bytes: Vec<u8>,
    content_type: &str,
    metadata: HashMap<String, String>,
) -> Result<Object, Failure> {
    let put = bucket.put(key, bytes).http_metadata(http(content_type));
    let put = put.custom_metadata(metadata).execute();
    put.await
        .during("writing to the bucket")?
        .ok_or_else(|| Failure::unexpected("writing to the bucket"))
}

/// Writes a JSON text.
pub async fn put_json(bucket: &Bucket, key: &str, text: impl Into<Vec<u8>>) -> Result<(), Failure> {
    put(bucket, key, text.into(), "application/json", HashMap::new()).await.map(drop)
}

/// Writes bytes, and returns them if that fails. They leave wasm's memory
/// during the write, so that there is one copy of them and not two.
///
/// # Errors
/// The failure, and the bytes.
pub async fn put_or_return(
    env: &Env,
    key: &str,
    bytes: Vec<u8>,
    content_type: &str,
    metadata: HashMap<String, String>,
) -> Result<(), (Failure, Vec<u8>)> {
    let outside = Uint8Array::from(bytes.as_slice());
    drop(bytes);
    let put = async {
        let bucket = open(env)?;
        let put = bucket.put(key, outside_bytes(&outside));
        let put = put.http_metadata(http(content_type)).custom_metadata(metadata);
        put.execute().await.during("writing to the bucket").map(drop)
    };
    put.await.map_err(|failure| (failure, outside.to_vec()))
}

/// Writes a JSON text in the same way as [`put_or_return`].
pub async fn put_json_or_return(
    env: &Env,
    key: &str,
    text: Vec<u8>,
) -> Result<(), (Failure, Vec<u8>)> {
    put_or_return(env, key, text, "application/json", HashMap::new()).await
}

fn http(content_type: &str) -> HttpMetadata {
    HttpMetadata { content_type: Some(content_type.to_owned()), ..Default::default() }
}

/// Wraps bytes outside wasm's memory so that the bucket can write them.
/// `worker` has no type for them, so they pass as a stream: it forwards the
/// value as it is, and the bucket takes both.
pub fn outside_bytes(bytes: &Uint8Array) -> Data {
    Data::ReadableStream(bytes.clone().unchecked_into())
}

/// Returns the bytes of an object as a stream that knows its length, so that
/// the bucket can write them.
pub fn data_of(object: &Object) -> Result<Data, Failure> {
    let stream = stream_of(object)?;
    Ok(stream.map_or_else(|| Data::Bytes(Vec::new()), Data::ReadableStream))
}

/// Returns the bytes of an object as a stream; `None` if it has none.
pub fn stream_of(object: &Object) -> Result<Option<ReadableStream>, Failure> {
    let Some(body) = object.body().filter(|_| object.size() > 0) else { return Ok(None) };
    match body.response_body().during("reading from the bucket")? {
        ResponseBody::Stream(stream) => Ok(Some(stream)),
        ResponseBody::Body(_) | ResponseBody::Empty => Ok(None),
    }
}

/// Deletes an object.
pub async fn delete(env: &Env, key: &str) -> Result<(), Failure> {
    open(env)?.delete(key).await.during("deleting from the bucket")
}

/// Reads an object's head, and begins to read its bytes; `None` if there is no
/// such object.
pub async fn get(bucket: &Bucket, key: &str) -> Result<Option<Object>, Failure> {
    bucket.get(key).execute().await.during("reading from the bucket")
}

/// Reads an object's head, and begins to read its bytes `part`.
pub async fn get_part(
    bucket: &Bucket,
    key: &str,
    part: Range<usize>,
) -> Result<Option<Object>, Failure> {
    let (offset, length) = (part.start as u64, part.len() as u64);
    let range = worker::Range::OffsetWithLength { offset, length };
    bucket.get(key).range(range).execute().await.during("reading from the bucket")
}

/// Reads the bytes `part` of a text; `None` if there is no such object.
pub async fn part(
    bucket: &Bucket,
    key: &str,
    part: Range<usize>,
) -> Result<Option<String>, Failure> {
    text_of(get_part(bucket, key, part).await?).await
}

/// Lists the keys that begin with `prefix`.
pub async fn keys_below(bucket: &Bucket, prefix: &str) -> Result<Vec<String>, Failure> {
    let (mut keys, mut cursor) = (Vec::new(), None);
    loop {
        let query = bucket.list().prefix(prefix);
        let query = match cursor {
            Some(cursor) => query.cursor(cursor),
            None => query,
        };
        let page = query.execute().await.during("listing the bucket")?;
        keys.extend(page.objects().iter().map(Object::key));
        cursor = page.cursor();
        if cursor.is_none() {
            return Ok(keys);
        }
    }
}

/// Reads a text; `None` if there is no such object.
pub async fn text(bucket: &Bucket, key: &str) -> Result<Option<String>, Failure> {
    text_of(get(bucket, key).await?).await
}

/// Reads an object's bytes; `None` if there is no such object.
pub async fn bytes(bucket: &Bucket, key: &str) -> Result<Option<Vec<u8>>, Failure> {
    match get(bucket, key).await? {
        Some(object) => bytes_of(&object).await,
        None => Ok(None),
    }
}

/// Reads the bytes of an object that was found.
pub async fn bytes_of(object: &Object) -> Result<Option<Vec<u8>>, Failure> {
    match object.body() {
        Some(body) => body.bytes().await.during("reading from the bucket").map(Some),
        None => Ok(None),
    }
}

async fn text_of(object: Option<Object>) -> Result<Option<String>, Failure> {
    match object.as_ref().and_then(Object::body) {
        Some(body) => body.text().await.during("reading from the bucket").map(Some),
        None => Ok(None),
    }
}
