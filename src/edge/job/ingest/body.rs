//! Reads and stores the body of a delivery: in the object, or in the bucket if
//! it is long.

use crate::domain::ingest::delivery::{DeliveredBody, MAX_OBJECT_TEXT};
use crate::domain::job::timeline::BodyAt;
use crate::domain::keys::StorageKey;
use crate::domain::names::ObjectName;
use crate::edge::job::home::Home;
use crate::edge::platform::Failure;
use crate::edge::storage::bucket;

/// Returns the body as it was received, and where it is stored. It moves a text
/// out of `body`.
pub async fn read(home: &Home, body: &mut DeliveredBody) -> Result<(Vec<u8>, BodyAt), Failure> {
    match body {
        DeliveredBody::Text(text) => Ok((std::mem::take(text).into_bytes(), BodyAt::Object)),
        DeliveredBody::Bucket(key) => {
            let raw = bucket::bytes(&bucket::open(&home.env)?, key).await?;
            let raw = raw.ok_or_else(|| Failure::gone("reading a delivery's body"))?;
            Ok((raw, BodyAt::Bucket(key.clone())))
        }
    }
}

/// Stores an answer that the vault has fetched, in the same way as a delivery's
/// body.
pub async fn keep(home: &Home, there: &ObjectName, text: &str, sha256: &str) -> BodyAt {
    if text.len() <= MAX_OBJECT_TEXT {
        return BodyAt::Object;
    }
    let key = StorageKey::Body { home: there, sha256 }.path();
    match bucket::put_json_or_return(&home.env, &key, text.as_bytes().to_vec()).await {
        Ok(()) => BodyAt::Bucket(key),
        Err((failure, _)) => {
            failure.log();
            BodyAt::Object
        }
    }
}
