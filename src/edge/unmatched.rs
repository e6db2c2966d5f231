//! The box of deliveries that belong to no known job: kept, never dropped.

use super::bucket;
use super::http::{Call, json};
use super::platform::{self, During};
use crate::domain::error::Problem;
use crate::domain::keys::StorageKey;
use crate::domain::mask;
use serde_json::{Value, json};
use std::collections::HashMap;
use worker::{Include, Object, Response};

const PREFIX: &str = "unmatched/";

/// Keeps a delivery and answers 202.
pub async fn keep(
    call: &Call<'_>,
    body: Vec<u8>,
    sha256: &str,
    reason: &str,
    reference: Option<&str>,
) -> Result<Response, Problem> {
    let at = platform::now();
    let path = StorageKey::Unmatched { at, sha256 }.path();
    let reason = mask::plain_text(reason, call.config.hook_tokens()).into_owned();
    let mut metadata = HashMap::from([
        ("reason".to_owned(), printable(&reason)),
        ("receivedAt".to_owned(), at.as_millis().to_string()),
    ]);
    if let Some(reference) = reference {
        let reference = mask::plain_text(reference, call.config.hook_tokens());
        metadata.insert("ref".to_owned(), printable(&reference));
    }
    let bucket = bucket::open(call.env)?;
    bucket::put(&bucket, &path, body, "application/octet-stream", metadata).await?;
    let key = path.trim_start_matches(PREFIX);
    Ok(json(202, json!({ "unmatched": key, "reason": reason }).to_string())?)
}

/// R2 keeps metadata as headers: ASCII only, and 2 KiB in all.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_graphic() || c == ' ' { c } else { '?' }).take(500).collect()
}

/// `GET /unmatched?cursor=&limit=`: the oldest first.
pub async fn list(call: &Call<'_>) -> Result<Response, Problem> {
    call.require_reader()?;
    let limit = call.number("limit", 100)?.clamp(1, 1_000);
    let bucket = bucket::open(call.env)?;
    let mut query = bucket.list().prefix(PREFIX).limit(limit);
    query = query.include(vec![Include::CustomMetadata]);
    if let Some(cursor) = call.query("cursor") {
        query = query.cursor(cursor);
    }
    let page = query.execute().await;
    let page = match page.during("listing the unmatched box") {
        Err(_) if call.query("cursor").is_some() => {
            return Err(Problem::BadRequest(
                "`cursor` is none that this route has given".to_owned(),
            ));
        }
        page => page?,
    };
    let rows: Vec<Value> = page.objects().iter().map(row).collect();
    Ok(json(200, json!({ "unmatched": rows, "cursor": page.cursor() }).to_string())?)
}

fn row(object: &Object) -> Value {
    let metadata = object.custom_metadata().unwrap_or_default();
    json!({
        "key": object.key().trim_start_matches(PREFIX),
        "receivedAt": metadata.get("receivedAt").and_then(|at| at.parse::<u64>().ok()),
        "bytes": object.size(),
        "reason": metadata.get("reason"),
        "ref": metadata.get("ref"),
    })
}

/// `GET /unmatched/{key}`: the body as it came, secrets masked.
pub async fn body(call: &Call<'_>, key: &str) -> Result<Response, Problem> {
    call.require_reader()?;
    let missing = || Problem::NotFound(format!("there is no unmatched delivery {key:?}"));
    let is_key = key.len() <= 64 && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if !is_key {
        return Err(Problem::NotFound("there is no such unmatched delivery".to_owned()));
    }
    let bucket = bucket::open(call.env)?;
    let path = format!("{PREFIX}{key}");
    let object = bucket.get(path).execute().await.during("reading the unmatched box")?;
    let body = object.as_ref().and_then(Object::body).ok_or_else(missing)?;
    let bytes = body.bytes().await.during("reading the unmatched box")?;
    super::http::bytes(mask::bytes(bytes, call.config.hook_tokens())).map_err(Problem::from)
}
