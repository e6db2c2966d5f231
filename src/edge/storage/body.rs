//! Puts bodies where their job can read them: the bucket keeps long ones, and
//! those that are not text.

use super::bucket;
use crate::domain::ingest::delivery::{DeliveredBody, MAX_OBJECT_TEXT};
use crate::domain::json::into_tolerant;
use crate::domain::keys::StorageKey;
use crate::domain::names::ObjectName;
use crate::edge::platform::{During, Failure};
use worker::Env;

/// Stores in R2 a body that is not text, or one that is long because R2 has
/// just failed. If R2 still fails, the job's object takes the body as text, as
/// far as it can be read. The reason: a sender may never repeat a delivery.
pub async fn park(
    env: &Env,
    body: Vec<u8>,
    sha256: &str,
    home: &ObjectName,
) -> Result<DeliveredBody, Failure> {
    let body = match String::from_utf8(body) {
        Ok(text) if text.len() <= MAX_OBJECT_TEXT => return Ok(DeliveredBody::Text(text)),
        Ok(text) => text.into_bytes(),
        Err(other) => other.into_bytes(),
    };
    let key = StorageKey::Body { home, sha256 }.path();
    match bucket::put_json_or_return(env, &key, body).await {
        Ok(()) => Ok(DeliveredBody::Bucket(key)),
        Err((failure, body)) => {
            failure.log();
            let text = String::from_utf8(body).or_else(|other| into_tolerant(other.into_bytes()));
            let lossy = |body: Vec<u8>| String::from_utf8_lossy(&body).into_owned();
            Ok(DeliveredBody::Text(text.unwrap_or_else(lossy)))
        }
    }
}

/// Deletes a parked body that no job has taken.
pub async fn drop_parked(env: &Env, body: &DeliveredBody) -> Result<(), Failure> {
    let DeliveredBody::Bucket(key) = body else { return Ok(()) };
    let bucket = bucket::open(env)?;
    bucket.delete(key).await.during("deleting a delivery that no job has taken")
}
