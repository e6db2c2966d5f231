//! Reads and stores the result's text: in the object, or in the bucket if it is
//! long.

use super::home::Home;
use crate::domain::file::skeleton::Gap;
use crate::domain::ingest::apply::Applied;
use crate::domain::ingest::delivery::MAX_OBJECT_TEXT;
use crate::domain::job::record::Job;
use crate::domain::job::timeline::BodyAt;
use crate::domain::keys::StorageKey;
use crate::domain::view::record::{self, Context};
use crate::edge::bodies::{PutTarget, SplicedText};
use crate::edge::platform::{During, Failure};
use crate::edge::storage::bucket;

/// Returns the result's text from wherever it is stored.
pub async fn whole(home: &Home, job: &Job) -> Result<Option<String>, Failure> {
    match job.result.as_ref().and_then(|result| result.key.as_deref()) {
        Some(key) => bucket::text(&bucket::open(&home.env)?, key).await,
        None => home.store.result(),
    }
}

/// Returns the record of `job` as its readers get it; `None` if its result is
/// too long for that. Then the Worker writes it as it reads it.
pub async fn rendered(home: &Home, job: &Job) -> Result<Option<String>, Failure> {
    if is_long(job) {
        return Ok(None);
    }
    let config = &home.config;
    let result = whole(home, job).await?;
    let context = Context { base: config.base_url(&job.origin), secrets: config.secrets() };
    record::record(job, result.as_deref(), context).during("rendering the record").map(Some)
}

/// Returns whether the result of a job is too long for memory.
fn is_long(job: &Job) -> bool {
    job.result.as_ref().is_some_and(|result| result.long().is_some())
}

/// The delivery that a result was made from.
#[derive(Clone, Copy)]
pub struct ResultSource<'a> {
    /// Where the delivery's body is stored.
    pub body: &'a BodyAt,
    /// The SHA-256 of the body, in hex.
    pub sha256: &'a str,
    /// The parts of the body for which the result has placeholders.
    pub gaps: &'a [Gap],
}

/// Stores a long result in the bucket, and fills its placeholders from the
/// delivery's body. If the bucket fails, a result without placeholders stays in
/// the object.
///
/// Returns `false` if the job changed meanwhile: the caller must then decide
/// again.
pub async fn offload(
    home: &Home,
    applied: &mut Applied,
    made: ResultSource<'_>,
) -> Result<bool, Failure> {
    match (&applied.result, made.body) {
        (Some(_), BodyAt::Bucket(body)) if !made.gaps.is_empty() => {
            Box::pin(assemble(home, applied, body, made)).await
        }
        (Some(text), _) if text.len() > MAX_OBJECT_TEXT => {
            Box::pin(put_result(home, applied, made.sha256)).await
        }
        _ => Ok(true),
    }
}

async fn assemble(
    home: &Home,
    applied: &mut Applied,
    body: &str,
    made: ResultSource<'_>,
) -> Result<bool, Failure> {
    let before = home.store.changes();
    let text = applied.result.take().unwrap_or_default();
    let parts = SplicedText::of(body, &text, made.gaps);
    if parts.length() <= MAX_OBJECT_TEXT {
        applied.result = Some(parts.text(&home.env).await?);
    } else {
        let key = key(applied, made.sha256);
        let bytes = parts.store(&home.env, PutTarget::of_json(key.clone())).await?;
        set_key(applied, key, bytes);
    }
    Ok(home.store.changes() == before)
}

async fn put_result(home: &Home, applied: &mut Applied, sha256: &str) -> Result<bool, Failure> {
    let before = home.store.changes();
    let text = applied.result.take().unwrap_or_default();
    let (key, bytes) = (key(applied, sha256), text.len());
    match bucket::put_json_or_return(&home.env, &key, text.into_bytes()).await {
        Ok(()) => set_key(applied, key, bytes),
        Err((failure, text)) => {
            failure.log();
            applied.result = Some(String::from_utf8(text).during("reading a result")?);
        }
    }
    Ok(home.store.changes() == before)
}

fn key(applied: &Applied, sha256: &str) -> String {
    StorageKey::Result { home: &applied.job.home, delivery: applied.entry.n, sha256 }.path()
}

fn set_key(applied: &mut Applied, key: String, bytes: usize) {
    if let Some(result) = &mut applied.job.result {
        (result.key, result.bytes) = (Some(key), Some(bytes));
    }
}
