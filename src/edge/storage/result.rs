//! Reads a job's result for those who send it.

use super::bucket;
use crate::domain::job::record::Job;
use crate::edge::platform::{During, Failure};
use web_sys::ReadableStream;
use worker::Env;

/// A job's result, as it is stored.
pub enum StoredResult {
    /// The job has no result.
    Nothing,
    /// The result's text.
    Text(String),
    /// A result that is too long for memory.
    Long(ReadableStream),
}

impl StoredResult {
    /// Reads the result of `job`; `here` is its text if it is in the job's
    /// object.
    pub async fn of(env: &Env, job: &Job, here: Option<String>) -> Result<Self, Failure> {
        let stored = job.result.as_ref();
        let Some(key) = stored.and_then(|result| result.key.as_deref()) else {
            return Ok(here.map_or(Self::Nothing, Self::Text));
        };
        let Some(object) = bucket::get(&bucket::open(env)?, key).await? else {
            return Ok(Self::Nothing);
        };
        if stored.is_some_and(|result| result.long().is_some()) {
            return Ok(bucket::stream_of(&object)?.map_or(Self::Nothing, Self::Long));
        }
        let bytes = bucket::bytes_of(&object).await?.unwrap_or_default();
        String::from_utf8(bytes).during("reading a result").map(Self::Text)
    }
}
