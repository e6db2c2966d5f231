//! A long body in R2 under `incoming/`, until its job is known.

use super::writer::PutTarget;
use crate::domain::ingest::delivery::LongBody;
use crate::domain::ingest::document::Document;
use crate::domain::ingest::rules::ReadRules;
use crate::domain::json::Malformed;
use crate::domain::webhook::correlate::Identity;
use crate::edge::platform::{During, Failure};
use crate::edge::storage::bucket::{self, stream_of};
use web_sys::ReadableStream;
use worker::Env;

const WHAT: &str = "moving a body in the bucket";

/// A long body in R2.
pub struct IncomingObject {
    /// The key.
    pub key: String,
    /// The first bytes, which show how it is compressed.
    pub head: Vec<u8>,
    /// The SHA-256 in hex.
    pub sha256: String,
    /// The skeleton and the length.
    pub read: LongBody,
}

impl IncomingObject {
    /// Reads the event and the job's identity.
    ///
    /// # Errors
    /// The same as [`Document::read`].
    pub fn read(&self, rules: ReadRules<'_>) -> Result<(Document, Identity), Malformed> {
        let LongBody { skeleton, bytes } = &self.read;
        Document::read_skeleton(skeleton, *bytes, &self.sha256, rules)
    }

    /// Returns the body as a stream.
    pub async fn stream(&self, env: &Env) -> Result<ReadableStream, Failure> {
        let object = bucket::get(&bucket::open(env)?, &self.key).await?;
        let stream = object.as_ref().and_then(|object| stream_of(object).transpose());
        stream.ok_or_else(|| Failure::gone(WHAT))?
    }

    /// Moves the body to `target`. The runtime copies it, and R2 checks its digest.
    pub async fn move_to(&self, env: &Env, target: PutTarget) -> Result<(), Failure> {
        copy_object(env, &self.key, Some(&self.sha256), target).await?;
        // The copy is durable: what remains here is only a duplicate.
        self.discard(env).await.unwrap_or_else(|failure| failure.log());
        Ok(())
    }

    /// Deletes the body, because no job uses it.
    pub async fn discard(&self, env: &Env) -> Result<(), Failure> {
        bucket::delete(env, &self.key).await
    }
}

/// Copies an object in R2, and checks its SHA-256 (in hex) if that is known.
pub async fn copy_object(
    env: &Env,
    from: &str,
    sha256: Option<&str>,
    target: PutTarget,
) -> Result<(), Failure> {
    let bucket = bucket::open(env)?;
    let object = bucket::get(&bucket, from).await?.ok_or_else(|| Failure::gone(WHAT))?;
    let put = target.put(&bucket, bucket::data_of(&object)?);
    let put = match sha256.and_then(|sha256| hex::decode(sha256).ok()) {
        Some(digest) => put.sha256(digest),
        None => put,
    };
    put.execute().await.during(WHAT).map(drop)
}
