//! The `RECORDS` namespace in KV: copies of rendered records for fast reads.

use crate::domain::archive::kv_copy::Rendering;
use crate::domain::names::ObjectName;
use crate::domain::{json, keys};
use crate::edge::platform::{During, Failure};
use js_sys::{JSON, Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::ReadableStream;
use worker::{Env, Error};

/// How long a data centre caches what it has read, in seconds: the least that
/// KV allows. A reader may get a record that is so much out of date.
const KEPT_SECONDS: &str = "60";

/// The largest value that KV takes, in bytes.
const MAX_BYTES: usize = 25 * 1024 * 1024;

#[wasm_bindgen]
extern "C" {
    /// The binding. Its options are objects with a few plain members.
    type Namespace;
    // These return a promise instead of being `async`: an `async` import that
    // throws when it is called is not caught.
    #[wasm_bindgen(method, catch)]
    fn put(this: &Namespace, key: &str, text: &str, options: &JsValue) -> Result<Promise, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn delete(this: &Namespace, key: &str) -> Result<Promise, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn get(this: &Namespace, key: &str) -> Result<Promise, JsValue>;
    #[wasm_bindgen(method, catch, js_name = getWithMetadata)]
    fn get_with_metadata(
        this: &Namespace,
        key: &str,
        options: &JsValue,
    ) -> Result<Promise, JsValue>;

    /// The value and the metadata of a key, if it has them.
    type Entry;
    #[wasm_bindgen(method, getter)]
    fn value(this: &Entry) -> Option<ReadableStream>;
    #[wasm_bindgen(method, getter)]
    fn metadata(this: &Entry) -> JsValue;
}

fn open(env: &Env) -> Result<Namespace, Failure> {
    const WHAT: &str = "opening the RECORDS namespace";
    let bound = Reflect::get(env, &"RECORDS".into()).unwrap_or_default();
    let method = Reflect::get(&bound, &"getWithMetadata".into()).unwrap_or_default();
    if method.is_function() {
        return Ok(bound.unchecked_into());
    }
    Err(Failure::new(WHAT, "no KV namespace is bound"))
}

async fn end(called: Result<Promise, JsValue>, what: &str) -> Result<JsValue, Failure> {
    let end = match called {
        Ok(promise) => JsFuture::from(promise).await,
        Err(error) => Err(error),
    };
    end.map_err(Error::from).during(what)
}

/// Returns an options object with members of these names and JSON texts.
fn options(members: &[(&str, &str)]) -> Result<JsValue, Failure> {
    let members: Vec<_> = members.iter().map(|(name, json)| format!("{name:?}:{json}")).collect();
    let text = format!("{{{}}}", members.join(","));
    JSON::parse(&text).map_err(Error::from).during("preparing a call of KV")
}

/// Writes a record under `name`. A record that is too large for KV has no copy,
/// so the job answers instead.
pub async fn put(
    env: &Env,
    name: &ObjectName,
    text: String,
    rendering: &Rendering,
) -> Result<(), Failure> {
    if text.len() > MAX_BYTES {
        return delete(env, name).await;
    }
    let metadata = serde_json::to_string(rendering).during("writing to KV")?;
    write(env, &keys::record_key(name), &text, &options(&[("metadata", &metadata)])?).await
}

async fn write(env: &Env, key: &str, text: &str, options: &JsValue) -> Result<(), Failure> {
    end(open(env)?.put(key, text, options), "writing to KV").await.map(drop)
}

/// Deletes the record of `name`.
pub async fn delete(env: &Env, name: &ObjectName) -> Result<(), Failure> {
    delete_key(env, &keys::record_key(name)).await
}

/// Deletes the value of this key.
pub async fn delete_key(env: &Env, key: &str) -> Result<(), Failure> {
    end(open(env)?.delete(key), "deleting from KV").await.map(drop)
}

/// Writes a text that expires after [`KEPT_SECONDS`] if nobody deletes it.
pub async fn put_briefly(env: &Env, key: &str, text: &str) -> Result<(), Failure> {
    write(env, key, text, &options(&[("expirationTtl", KEPT_SECONDS)])?).await
}

/// Reads a text.
pub async fn text(env: &Env, key: &str) -> Result<Option<String>, Failure> {
    Ok(end(open(env)?.get(key), "reading from KV").await?.as_string())
}

/// Reads the rendered record of `name`, if it was rendered under the same
/// conditions as now. It does not pass through wasm.
pub async fn get(
    env: &Env,
    name: &ObjectName,
    rendering: &Rendering,
) -> Result<Option<ReadableStream>, Failure> {
    let options = options(&[("type", "\"stream\""), ("cacheTtl", KEPT_SECONDS)])?;
    let asked = open(env)?.get_with_metadata(&keys::record_key(name), &options);
    let entry: Entry = end(asked, "reading from KV").await?.unchecked_into();
    let with = JSON::stringify(&entry.metadata()).ok().and_then(|text| text.as_string());
    let is_right = with.and_then(|text| json::from_str::<Rendering>(&text).ok());
    Ok(entry.value().filter(|_| is_right.as_ref() == Some(rendering)))
}
