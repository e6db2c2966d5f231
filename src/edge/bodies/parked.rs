//! A body on its way into a job.

use super::intake::Body;
use super::sink::Place;
use crate::domain::ingest::delivery::{DeliveredBody, Read};
use crate::domain::keys::StorageKey;
use crate::domain::names::ObjectName;
use crate::edge::platform::Failure;
use crate::edge::storage::body;
use worker::Env;

/// A body where its job finds it.
pub struct Parked {
    /// Where it is.
    pub body: DeliveredBody,
    /// What is read of it, if it is long.
    pub skeleton: Option<Read>,
}

/// Puts a body where the job at `home` finds it.
pub async fn park(
    env: &Env,
    body: Body,
    sha256: &str,
    home: &ObjectName,
) -> Result<Parked, Failure> {
    let stored = match body {
        Body::Held(bytes) => {
            let body = body::park(env, bytes, sha256, home).await?;
            return Ok(Parked { body, skeleton: None });
        }
        Body::Stored(stored) => stored,
    };
    let key = StorageKey::Body { home, sha256 }.path();
    stored.settle(env, Place::of_json(key.clone())).await?;
    Ok(Parked { body: DeliveredBody::Bucket(key), skeleton: Some(stored.read) })
}
