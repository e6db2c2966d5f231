//! Copies one file from its URL into the bucket, or reads it through for a
//! client, as a stream.
//!
//! The bytes go from the socket to R2 or to the client through the runtime's
//! own pipe and never through wasm memory. Knows URLs and the bucket, never
//! jobs.

pub mod memory;
mod multipart;
mod put;
mod read_through;
mod rewrite;
mod source;

pub use self::multipart::abort_left;
pub use self::read_through::{Reading, read};
pub use self::rewrite::rewrite;

use self::put::Target;
use self::source::{Ask, Source, open, open_part};
use crate::domain::alarm::plan::Budget;
use crate::domain::archive::outcome::Stored;
use crate::domain::file::filename;
use crate::domain::file::media_type;
use crate::domain::file::source_policy::SourcePolicy;
use crate::domain::retry::{CopyFailure, FailureKind};
use crate::edge::storage::bucket::TITLE;
use crate::edge::storage::object::Store;
use futures_util::future::select;
use js_sys::{Reflect, Uint8Array};
use std::collections::HashMap;
use std::pin::pin;
use std::time::Duration;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::ReadableStreamDefaultReader;
use worker::{Bucket, Delay};

/// Most bytes of one put; R2 itself ends a little below 5 GiB.
const MAX_PUT_BYTES: u64 = 4 << 30;

/// A file at its source.
pub struct Wanted<'a> {
    /// The URL, with its secret query.
    pub url: &'a str,
    /// Where files may be fetched.
    pub sources: &'a SourcePolicy,
    /// Its name, whose extension may tell its type.
    pub name: &'a str,
    /// The type that the result declares.
    pub declared_type: Option<&'a str>,
    /// Most bytes.
    pub max_bytes: u64,
    /// How long the source may be silent, in milliseconds.
    pub stall_ms: u64,
    /// What may still be asked for, beyond the first fetch.
    pub budget: &'a Budget,
}

/// What to copy.
pub struct Order<'a> {
    /// The file.
    pub wanted: Wanted<'a>,
    /// Where in the bucket it goes.
    pub key: &'a str,
    /// What is stored beside it.
    pub metadata: HashMap<String, String>,
    /// Whether to have the store check the source's MD5.
    pub check_md5: bool,
    /// Tries that have failed: a source that was slow gets longer.
    pub attempts: u32,
    /// Where uploads are noted, to be aborted should the run die.
    pub notes: &'a Store,
}

impl Wanted<'_> {
    fn stall(&self) -> Duration {
        Duration::from_millis(self.stall_ms)
    }
}

/// Copies a file.
///
/// 1. Fetch, following redirects by hand; what is coded is decoded.
/// 2. Its length, which one put must know before.
/// 3. Its type: [`content_type`].
/// 4. The pipe: both ends must agree on the length, so a cut or over-long
///    body leaves nothing behind. Without a length, or over 4 GiB, by parts.
///
/// # Errors
/// [`CopyFailure`], with what it means for the next try.
pub async fn copy(bucket: &Bucket, order: &Order<'_>) -> Result<Stored, CopyFailure> {
    let wanted = &order.wanted;
    let mut source = open(wanted).await?; // (1)
    let length = source.length(); // (2)
    if let Some(length) = length.filter(|length| *length > wanted.max_bytes) {
        source.abort.abort();
        return Err(too_large(&format!("has {length} bytes"), wanted));
    }
    let content_type = content_type(&source, wanted).await; // (3)
    if content_type.is_err() {
        std::mem::take(&mut source.abort).abort();
    }
    let content_type = content_type?;
    let encoding = source.kept().map(str::to_owned);
    let (encoding, title) = (encoding.as_deref(), title(&source, order));
    let target = Target { bucket, order, content_type: &content_type, encoding, title };
    let (object, verified) = match length {
        Some(length) if length <= MAX_PUT_BYTES => {
            let md5 = source.md5().filter(|_| order.check_md5);
            let verified = md5.is_some();
            (put::whole(&target, &mut source, length, md5).await?, verified) // (4)
        }
        _ => (put::by_parts(&target, &mut source, length).await?, false),
    };
    let (size, etag) = (object.size(), object.etag());
    Ok(Stored { size, etag, content_type, verified })
}

/// The name that the source tells, where the URL and the result tell none.
fn title(source: &Source, order: &Order<'_>) -> Option<String> {
    let name = order.wanted.name;
    if order.metadata.contains_key(TITLE) || media_type::type_of_name(name).is_some() {
        return None;
    }
    filename::of(&filename::in_disposition(&source.header("content-disposition")?)?, name)
}

fn too_large(how: &str, wanted: &Wanted<'_>) -> CopyFailure {
    last(format!("the file {how}, MAX_FILE_BYTES is {}", wanted.max_bytes))
}

/// Its type: the source's word, the result's, the first bytes', the name's.
///
/// A clear word comes before the bytes: it also tells types that no bytes show,
/// and a request is saved. One that fits anything tells nothing, and
/// `text/plain`, which servers send for what they do not know, only stands
/// where the bytes show no other type.
async fn content_type(source: &Source, wanted: &Wanted<'_>) -> Result<String, CopyFailure> {
    let told = source.header("content-type");
    let words = [told.as_deref(), wanted.declared_type];
    if let Some(clear) = media_type::clear(words) {
        return Ok(clear.to_owned());
    }
    let head = if source.kept().is_some() { None } else { head(wanted, false).await? };
    Ok(media_type::guess(&head.unwrap_or_default(), words, wanted.name).to_owned())
}

/// The first bytes, by a request of their own: those of the copy pass by. They
/// are decoded, or `raw` as the source sends them. `None` if it does not give
/// them.
///
/// # Errors
/// Only if the run has no subrequest left to ask for them.
async fn head(wanted: &Wanted<'_>, raw: bool) -> Result<Option<Vec<u8>>, CopyFailure> {
    if !wanted.budget.take(1) {
        return Err(postponed());
    }
    let last = media_type::HEAD_BYTES.saturating_sub(1);
    let range = format!("bytes=0-{last}");
    match open_part(wanted, Ask { range: Some(&range), raw }).await {
        Ok(source) => Ok(first_bytes(source, wanted.stall()).await),
        Err(failure) if failure.kind == FailureKind::Postponed => Err(failure),
        Err(_) => Ok(None),
    }
}

/// Reads no more than the first bytes: the source may know no ranges, and send
/// all of the file.
async fn first_bytes(source: Source, limit: Duration) -> Option<Vec<u8>> {
    let mut head = Vec::new();
    if source.begins_the_file() {
        let _ = select(pin!(fill(&source, &mut head)), Delay::from(limit)).await;
    }
    source.abort.abort();
    (!head.is_empty()).then_some(head)
}

/// Fills `head` until it is full, or the body ends or breaks off: that of a
/// part is not the whole of what was coded.
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

fn transient(message: &str) -> CopyFailure {
    CopyFailure { kind: FailureKind::Transient, message: message.to_owned(), retry_after_ms: None }
}

/// What a copy says for which the run has no subrequest left.
fn postponed() -> CopyFailure {
    let message = "the run has no subrequest left for it".to_owned();
    CopyFailure { kind: FailureKind::Postponed, message, retry_after_ms: None }
}

fn storage(message: &str) -> CopyFailure {
    CopyFailure { kind: FailureKind::Storage, message: message.to_owned(), retry_after_ms: None }
}

const fn last(message: String) -> CopyFailure {
    CopyFailure { kind: FailureKind::Final, message, retry_after_ms: None }
}
