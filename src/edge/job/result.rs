//! The result's text: in the object, or in the bucket if it is long.

use super::home::Home;
use crate::domain::ingest::apply::Applied;
use crate::domain::ingest::delivery::MAX_OBJECT_TEXT;
use crate::domain::job::record::Job;
use crate::domain::keys::StorageKey;
use crate::domain::view::record::{self, Context};
use crate::edge::platform::{During, Failure};
use crate::edge::storage::bucket;

/// The result's text, wherever it is.
pub async fn whole(home: &Home, job: &Job) -> Result<Option<String>, Failure> {
    match job.result.as_ref().and_then(|result| result.key.as_deref()) {
        Some(key) => bucket::text(&bucket::open(&home.env)?, key).await,
        None => home.store.result(),
    }
}

/// The record of `job` as its readers get it.
pub async fn rendered(home: &Home, job: &Job) -> Result<String, Failure> {
    let config = &home.config;
    let result = whole(home, job).await?;
    let context = Context { base: config.base_url(&job.origin), secrets: config.secrets() };
    record::record(job, result.as_deref(), context).during("rendering the record")
}

/// Puts a long result into the bucket; while there is none, it stays in the
/// object. Another delivery may come in meanwhile: `false` then, decide
/// anew.
pub async fn offload(home: &Home, applied: &mut Applied, sha256: &str) -> Result<bool, Failure> {
    match applied.result.take_if(|text| text.len() > MAX_OBJECT_TEXT) {
        Some(text) => Box::pin(put_result(home, applied, text, sha256)).await,
        None => Ok(true),
    }
}

async fn put_result(
    home: &Home,
    applied: &mut Applied,
    text: String,
    sha256: &str,
) -> Result<bool, Failure> {
    let job = &mut applied.job;
    let delivery = applied.entry.n;
    let key = StorageKey::Result { home: &job.home, delivery, sha256 }.path();
    let before = home.store.changes();
    match bucket::put_json_or_return(&home.env, &key, text.into_bytes()).await {
        Ok(()) => {
            if let Some(result) = &mut job.result {
                result.key = Some(key);
            }
        }
        Err((failure, text)) => {
            failure.log();
            applied.result = Some(String::from_utf8(text).during("reading a result")?);
        }
    }
    Ok(home.store.changes() == before)
}
