//! Stores a delivery whose job is unknown.

use crate::domain::file::media_type::OCTET_STREAM;
use crate::domain::http::problem::Problem;
use crate::domain::ingest::delivery::DeliveredBody;
use crate::domain::json::object;
use crate::domain::keys::{StorageKey, UNMATCHED};
use crate::domain::protocol::parked::Parked;
use crate::edge::bodies::{PutTarget, ReceivedBody, copy_object};
use crate::edge::http::call::Call;
use crate::edge::http::response::json;
use crate::edge::platform::{self, Failure};
use crate::edge::rpc::gate;
use crate::edge::storage::bucket;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use std::collections::HashMap;
use web_sys::Response;

/// The body of such a delivery.
pub enum Kept {
    /// A body that no job has received.
    Received(ReceivedBody),
    /// A body that was parked for a job, in R2 under this key.
    Parked(String),
}

impl Kept {
    /// Returns the form of a body that was parked for a job.
    pub fn of_parked(body: DeliveredBody) -> Self {
        match body {
            DeliveredBody::Text(text) => Self::Received(ReceivedBody::InMemory(text.into_bytes())),
            DeliveredBody::Bucket(key) => Self::Parked(key),
        }
    }
}

/// Stores a delivery in the unmatched box and answers 202.
pub async fn keep(
    call: &Call<'_>,
    kept: Kept,
    sha256: &str,
    reason: &str,
    reference: Option<&str>,
) -> Result<Response, Problem> {
    let at = platform::now();
    let path = StorageKey::Unmatched { at, sha256 }.path();
    let reason = call.config.secrets().mask(reason).into_owned();
    let mut metadata = HashMap::from([
        ("reason".to_owned(), printable(&reason)),
        ("receivedAt".to_owned(), at.as_millis().to_string()),
    ]);
    if let Some(reference) = reference {
        let reference = call.config.secrets().mask(reference);
        metadata.insert("ref".to_owned(), printable(&reference));
    }
    let content_type = OCTET_STREAM.to_owned();
    let target = PutTarget { key: path.clone(), content_type, metadata };
    match kept {
        Kept::Received(ReceivedBody::InMemory(bytes)) => put(call, bytes, target).await?,
        Kept::Received(ReceivedBody::InBucket(stored)) => stored.move_to(call.env, target).await?,
        Kept::Parked(key) => copy_object(call.env, &key, Some(sha256), target).await?,
    }
    let key = path.trim_start_matches(UNMATCHED);
    Ok(json(202, object!({ "unmatched": key, "reason": reason }))?)
}

/// Puts a short body into the box. If R2 fails, an object of its own stores it,
/// and writes it to R2 as soon as it can.
async fn put(call: &Call<'_>, body: Vec<u8>, target: PutTarget) -> Result<(), Failure> {
    let PutTarget { key: path, content_type, metadata } = target;
    let put = bucket::put_or_return(call.env, &path, body, &content_type, metadata.clone());
    let Err((failure, body)) = put.await else { return Ok(()) };
    failure.log();
    let key = path.trim_start_matches(UNMATCHED).to_owned();
    let parked = Parked {
        key: path,
        metadata: metadata.into_iter().collect(),
        bytes: BASE64.encode(body),
        attempts: 0,
    };
    gate::park(call.env, &key, &parked).await
}

/// Returns a text that R2 accepts as metadata. R2 stores metadata as headers:
/// ASCII only, and 2 KiB in all.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_graphic() || c == ' ' { c } else { '?' }).take(500).collect()
}
