//! Reads the first bytes of a file, by a request of their own.

use super::failure::postponed;
use super::order::SourceFile;
use super::source::{FetchOptions, Source, open_part};
use crate::domain::archive::failure::{CopyFailure, FailureKind};
use crate::domain::file::media_type;
use futures_util::future::select;
use js_sys::{Reflect, Uint8Array};
use std::pin::pin;
use std::time::Duration;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::ReadableStreamDefaultReader;
use worker::Delay;

/// Returns the first bytes, decoded, or as the source sends them if `raw`. They
/// need their own request, because those of the copy bypass wasm. `None` if the
/// source does not send them.
///
/// # Errors
/// Only if the run has no subrequest left for them.
pub async fn head(wanted: &SourceFile<'_>, raw: bool) -> Result<Option<Vec<u8>>, CopyFailure> {
    if !wanted.budget.take(1) {
        return Err(postponed());
    }
    let last = media_type::HEAD_BYTES.saturating_sub(1);
    let range = format!("bytes=0-{last}");
    match open_part(wanted, FetchOptions { range: Some(&range), raw }).await {
        Ok(source) => Ok(first_bytes(source, wanted.stall()).await),
        Err(failure) if failure.kind == FailureKind::Postponed => Err(failure),
        Err(_) => Ok(None),
    }
}

/// Reads only the first bytes: a source without ranges sends the whole file.
async fn first_bytes(source: Source, limit: Duration) -> Option<Vec<u8>> {
    let mut head = Vec::new();
    if source.begins_the_file() {
        let _ = select(pin!(fill(&source, &mut head)), Delay::from(limit)).await;
    }
    source.abort.abort();
    (!head.is_empty()).then_some(head)
}

/// Fills `head` until it is full, or the body ends or breaks off. A decoder
/// always fails at the end of a part.
async fn fill(source: &Source, head: &mut Vec<u8>) -> Option<()> {
    let body = source.stream().ok()??;
    let reader = ReadableStreamDefaultReader::new(&body).ok()?;
    while head.len() < media_type::HEAD_BYTES {
        let read = JsFuture::from(reader.read()).await.ok()?;
        let chunk = Reflect::get(&read, &JsValue::from_str("value")).ok()?;
        let chunk: Uint8Array = chunk.dyn_into().ok()?;
        let missing = media_type::HEAD_BYTES.saturating_sub(head.len());
        head.extend(chunk.slice(0, u32::try_from(missing).ok()?).to_vec());
    }
    Some(())
}
