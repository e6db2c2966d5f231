//! Copies one file from its URL into the bucket, or reads it through for a
//! client, as a stream.
//!
//! The bytes go from the socket to R2 or to the client through the runtime's
//! own pipe and never through wasm memory. Knows URLs and the bucket, never
//! jobs.

mod live;
pub mod memory;
mod parts;
mod rewrite;
mod source;
mod store;

pub use self::live::{Reading, read};
pub use self::parts::abort_left;
pub use self::rewrite::rewrite;

use self::source::{Source, open};
use self::store::Target;
use crate::domain::copied::Stored;
use crate::domain::media;
use crate::domain::retry::{CopyFailure, FailureKind};
use crate::domain::source::SourcePolicy;
use crate::domain::work::Budget;
use crate::edge::store::Store;
use futures_util::future::{Either, select};
use std::collections::HashMap;
use std::pin::pin;
use std::time::Duration;
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
/// 1. Fetch, following redirects by hand.
/// 2. Its length, which one put must know before.
/// 3. Its type: the source's word, the result's, the first bytes', the name's.
/// 4. The pipe: both ends must agree on the length, so a cut or over-long
///    body leaves nothing behind. Without a length, or over 4 GiB, by parts.
///
/// # Errors
/// [`CopyFailure`], with what it means for the next try.
pub async fn copy(bucket: &Bucket, order: &Order<'_>) -> Result<Stored, CopyFailure> {
    let wanted = &order.wanted;
    let mut source = open(wanted, None).await?; // (1)
    let length = source.length(); // (2)
    if length.is_err() {
        std::mem::take(&mut source.abort).abort();
    }
    let length = length?;
    if let Some(length) = length.filter(|length| *length > wanted.max_bytes) {
        source.abort.abort();
        return Err(too_large(&format!("has {length} bytes"), wanted));
    }
    let content_type = content_type(&source, wanted).await; // (3)
    if content_type.is_err() {
        std::mem::take(&mut source.abort).abort();
    }
    let content_type = content_type?;
    let target = Target { bucket, order, content_type: &content_type };
    let (object, verified) = match length {
        Some(length) if length <= MAX_PUT_BYTES => {
            let md5 = source.md5().filter(|_| order.check_md5);
            let verified = md5.is_some();
            (store::whole(&target, &mut source, length, md5).await?, verified) // (4)
        }
        _ => (store::by_parts(&target, &mut source, length).await?, false),
    };
    let (size, etag) = (object.size(), object.etag());
    Ok(Stored { size, etag, content_type, verified })
}

fn too_large(how: &str, wanted: &Wanted<'_>) -> CopyFailure {
    last(format!("the file {how}, MAX_FILE_BYTES is {}", wanted.max_bytes))
}

async fn content_type(source: &Source, wanted: &Wanted<'_>) -> Result<String, CopyFailure> {
    let told = source.header("content-type");
    let told = [told.as_deref(), wanted.declared_type].into_iter().flatten();
    let is_clear = |media: &&str| media::is_type(media) && !media::is_vague(media);
    if let Some(clear) = told.into_iter().find(is_clear) {
        return Ok(clear.to_owned());
    }
    let seen = head(wanted).await?.and_then(|head| media::sniff(&head));
    let guessed = seen.or_else(|| media::type_of_name(wanted.name));
    Ok(guessed.unwrap_or(media::OCTET_STREAM).to_owned())
}

/// The first bytes, by a request of their own: those of the copy pass by.
/// `None` if the source does not give them.
///
/// # Errors
/// Only if the run has no subrequest left to ask for them.
async fn head(wanted: &Wanted<'_>) -> Result<Option<Vec<u8>>, CopyFailure> {
    if !wanted.budget.take(1) {
        return Err(postponed());
    }
    let last = media::HEAD_BYTES.saturating_sub(1);
    match open(wanted, Some(&format!("bytes=0-{last}"))).await {
        Ok(source) => Ok(first_bytes(source, wanted.stall()).await),
        Err(failure) if failure.kind == FailureKind::Postponed => Err(failure),
        Err(_) => Ok(None),
    }
}

async fn first_bytes(mut source: Source, limit: Duration) -> Option<Vec<u8>> {
    let is_short = source.header("content-length")?.parse::<usize>().ok()? <= media::HEAD_BYTES;
    if !is_short {
        source.abort.abort();
        return None;
    }
    match select(pin!(source.response.bytes()), Delay::from(limit)).await {
        Either::Left((bytes, _)) => bytes.ok(),
        Either::Right(_) => None,
    }
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
