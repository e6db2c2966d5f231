//! Puts a body where its job can read it.

use super::reader::ReceivedBody;
use super::writer::PutTarget;
use crate::domain::ingest::delivery::{DeliveredBody, LongBody};
use crate::domain::keys::StorageKey;
use crate::domain::names::ObjectName;
use crate::edge::platform::Failure;
use crate::edge::storage::body;
use worker::Env;

/// A body that its job can read.
pub struct ParkedBody {
    /// Where the body is.
    pub body: DeliveredBody,
    /// The skeleton and the length, if the body is long.
    pub skeleton: Option<LongBody>,
}

/// Puts a body where the job at `home` can read it.
pub async fn park(
    env: &Env,
    body: ReceivedBody,
    sha256: &str,
    home: &ObjectName,
) -> Result<ParkedBody, Failure> {
    let stored = match body {
        ReceivedBody::InMemory(bytes) => {
            let body = body::park(env, bytes, sha256, home).await?;
            return Ok(ParkedBody { body, skeleton: None });
        }
        ReceivedBody::InBucket(stored) => stored,
    };
    let key = StorageKey::Body { home, sha256 }.path();
    stored.move_to(env, PutTarget::of_json(key.clone())).await?;
    Ok(ParkedBody { body: DeliveredBody::Bucket(key), skeleton: Some(stored.read) })
}
