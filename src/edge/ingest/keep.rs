//! Keeps a delivery that belongs to no known job.

use crate::domain::file::media_type::OCTET_STREAM;
use crate::domain::http::problem::Problem;
use crate::domain::json::object;
use crate::domain::keys::{StorageKey, UNMATCHED};
use crate::domain::protocol::parked::Parked;
use crate::edge::http::call::Call;
use crate::edge::http::response::json;
use crate::edge::platform::{self, Failure};
use crate::edge::rpc::gate;
use crate::edge::storage::bucket;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use std::collections::HashMap;
use web_sys::Response;

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
    let reason = call.config.secrets().mask(reason).into_owned();
    let mut metadata = HashMap::from([
        ("reason".to_owned(), printable(&reason)),
        ("receivedAt".to_owned(), at.as_millis().to_string()),
    ]);
    if let Some(reference) = reference {
        let reference = call.config.secrets().mask(reference);
        metadata.insert("ref".to_owned(), printable(&reference));
    }
    let put = bucket::put_or_return(call.env, &path, body, OCTET_STREAM, metadata.clone());
    let key = path.trim_start_matches(UNMATCHED);
    if let Err((failure, body)) = put.await {
        failure.log();
        park(call, key, &path, metadata, &body).await?;
    }
    Ok(json(202, object!({ "unmatched": key, "reason": reason }))?)
}

/// Has an object of its own keep the delivery while there is no bucket. It
/// writes it there as soon as it can.
async fn park(
    call: &Call<'_>,
    key: &str,
    path: &str,
    metadata: HashMap<String, String>,
    body: &[u8],
) -> Result<(), Failure> {
    let parked = Parked {
        key: path.to_owned(),
        metadata: metadata.into_iter().collect(),
        bytes: BASE64.encode(body),
        attempts: 0,
    };
    gate::park(call.env, key, &parked).await
}

/// Returns a text that R2 takes as metadata. It keeps that as headers: ASCII
/// only, and 2 KiB in all.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_graphic() || c == ' ' { c } else { '?' }).take(500).collect()
}
