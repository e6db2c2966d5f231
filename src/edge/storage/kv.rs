//! The `RECORDS` namespace in KV: copies of rendered records for quick readers.

use crate::domain::archive::kv_copy::Rendering;
use crate::domain::keys;
use crate::domain::names::ObjectName;
use crate::edge::platform::{During, Failure};
use web_sys::ReadableStream;
use worker::{Env, KvStore};

/// How long a data centre keeps what it has read, in seconds: the least that
/// KV takes. A reader may be told what was true so long ago.
const KEPT_SECONDS: u64 = 60;

/// Largest value that KV takes, in bytes.
const MAX_BYTES: usize = 25 * 1024 * 1024;

fn open(env: &Env) -> Result<KvStore, Failure> {
    env.kv("RECORDS").during("opening the RECORDS namespace")
}

/// Writes a record, to be read by this name. One that is too large for KV has no
/// copy: the job answers.
pub async fn put(
    env: &Env,
    name: &ObjectName,
    text: String,
    rendering: &Rendering,
) -> Result<(), Failure> {
    if text.len() > MAX_BYTES {
        return delete(env, name).await;
    }
    let put = open(env)?.put(&keys::record_key(name), text).during("writing to KV")?;
    let put = put.metadata(rendering).during("writing to KV")?;
    put.execute().await.during("writing to KV")
}

/// Deletes it.
pub async fn delete(env: &Env, name: &ObjectName) -> Result<(), Failure> {
    delete_key(env, &keys::record_key(name)).await
}

/// Deletes what lies under this key.
pub async fn delete_key(env: &Env, key: &str) -> Result<(), Failure> {
    open(env)?.delete(key).await.during("deleting from KV")
}

/// Writes a text that goes by itself if nobody deletes it.
pub async fn put_briefly(env: &Env, key: &str, text: &str) -> Result<(), Failure> {
    let put = open(env)?.put(key, text).during("writing to KV")?;
    put.expiration_ttl(KEPT_SECONDS).execute().await.during("writing to KV")
}

/// Reads a text.
pub async fn text(env: &Env, key: &str) -> Result<Option<String>, Failure> {
    open(env)?.get(key).text().await.during("reading from KV")
}

/// Reads the record of the job of this name as it was rendered, if it was as it
/// would be now. It does not pass through wasm.
pub async fn get(
    env: &Env,
    name: &ObjectName,
    rendering: &Rendering,
) -> Result<Option<ReadableStream>, Failure> {
    let get = open(env)?.get(&keys::record_key(name)).cache_ttl(KEPT_SECONDS);
    let (stream, with) = get.stream_with_metadata().await.during("reading from KV")?;
    Ok(stream.filter(|_| with.as_ref() == Some(rendering)))
}
