//! Writes a stored file again with another nonce, because the bucket can't
//! change metadata alone. The bytes go out and back through the runtime's own
//! pipe.

use super::order::MAX_PUT_BYTES;
use crate::edge::platform::{During, Failure};
use crate::edge::storage::bucket::data_of;
use crate::edge::storage::object::Store;
use std::collections::HashMap;
use worker::{Bucket, HttpMetadata, Object, Range};

/// The bytes of a part, for a file too large for one put; all parts but the
/// last are equal.
const PART_BYTES: u64 = 1 << 30;
const WHAT: &str = "writing a file again";

/// Writes the object of `key` again with `nonce` in its metadata; `None` if
/// there is no such object. While an upload by parts lasts, `notes` records it.
pub async fn rewrite(
    bucket: &Bucket,
    key: &str,
    nonce: &str,
    notes: &Store,
) -> Result<Option<Object>, Failure> {
    let Some(head) = bucket.head(key).await.during(WHAT)? else { return Ok(None) };
    let mut metadata = head.custom_metadata().during(WHAT)?;
    if metadata.insert("nonce".to_owned(), nonce.to_owned()).as_deref() == Some(nonce) {
        return Ok(Some(head));
    }
    let http = head.http_metadata();
    if head.size() > MAX_PUT_BYTES {
        return by_parts(bucket, &head, http, metadata, notes).await.map(Some);
    }
    let object = bucket.get(key).execute().await.during(WHAT)?;
    let Some(object) = object else { return Ok(None) };
    let put = bucket.put(key, data_of(&object)?).http_metadata(http).custom_metadata(metadata);
    put.execute().await.during(WHAT)
}

async fn by_parts(
    bucket: &Bucket,
    head: &Object,
    http: HttpMetadata,
    metadata: HashMap<String, String>,
    notes: &Store,
) -> Result<Object, Failure> {
    let key = head.key();
    let upload = bucket.create_multipart_upload(key.clone());
    let upload =
        upload.http_metadata(http).custom_metadata(metadata).execute().await.during(WHAT)?;
    notes.note_upload(&key, &upload.upload_id().await)?;
    let mut parts = Vec::new();
    let mut offset = 0;
    while offset < head.size() {
        let length = PART_BYTES.min(head.size() - offset);
        let range = Range::OffsetWithLength { offset, length };
        let part = bucket.get(key.clone()).range(range).execute().await.during(WHAT)?;
        let part = part.ok_or_else(|| Failure::gone(WHAT))?;
        let number = u16::try_from(parts.len() + 1).during(WHAT)?;
        parts.push(upload.upload_part(number, data_of(&part)?).await.during(WHAT)?);
        offset += length;
    }
    let object = upload.complete(parts).await.during(WHAT)?;
    notes.forget_upload(&key)?;
    Ok(object)
}
