//! Renders the record for readers. A presigned URL never appears in it.

use super::handoff::HandoffView;
use crate::domain::access::redact::Secrets;
use crate::domain::cost::Cost;
use crate::domain::file::discover::found::Skipped;
use crate::domain::job::file::{File, FileStatus, Source};
use crate::domain::job::healing::Healing;
use crate::domain::job::record::{Archive, Job};
use crate::domain::job::status::Status;
use crate::domain::sender::name::SenderName;
use crate::domain::time::Timestamp;
use crate::domain::webhook::result;
use crate::domain::{json, keys};
use serde::Serialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// The values that rendering needs besides the job.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The scheme and the host of durable URLs.
    pub base: &'a str,
    /// The configured secrets, which are masked.
    pub secrets: &'a Secrets,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Record<'a> {
    id: String,
    #[serde(rename = "ref")]
    reference: Option<&'a str>,
    provider: SenderName,
    app: Option<&'a str>,
    tags: &'a [String],
    status: Status,
    archive: Archive,
    version: u64,
    attempt: u32,
    queue_name: Option<&'a str>,
    worker_name: Option<&'a str>,
    created_at: Timestamp,
    acquired_at: Option<Timestamp>,
    lease_expiry: Option<Timestamp>,
    updated_at: Timestamp,
    completed_at: Option<Timestamp>,
    stored_at: Option<Timestamp>,
    result: (),
    files: Vec<FileView<'a>>,
    skipped: &'a [Skipped],
    error: Option<&'a RawValue>,
    deliveries: u32,
    duplicates: u32,
    heals: u32,
    handoff: Option<HandoffView<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cost: Option<CostView<'a>>,
    input: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    healing: Option<HealingView<'a>>,
}

/// What the job costs, in its sender's words; absent if the sender tells none.
#[derive(Serialize)]
struct CostView<'a> {
    amount: &'a str,
    unit: &'a str,
}

/// The state of the queries to the upstream; absent if none was needed.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct HealingView<'a> {
    attempts: u32,
    next_at: Option<Timestamp>,
    error: Option<&'a str>,
    exhausted: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FileView<'a> {
    n: u32,
    pointers: &'a [String],
    state: FileStatus,
    url: String,
    name: &'a str,
    content_type: Option<&'a str>,
    size: Option<u64>,
    etag: Option<&'a str>,
    verified: Option<bool>,
    source_host: Option<&'a str>,
    expires_at: Option<Timestamp>,
    slack_ms: Option<u64>,
    attempts: u32,
    error: Option<&'a str>,
    /// The host to add to `ALLOWED_SOURCE_HOSTS`, if the file was lost because
    /// this host is missing there.
    #[serde(skip_serializing_if = "Option::is_none")]
    allow: Option<&'a str>,
}

/// Returns the result for readers: its durable URLs are absolute, its secrets
/// are masked, and every other byte is as the upstream wrote it.
#[must_use]
pub fn result(job: &Job, stored: &str, context: Context<'_>) -> String {
    let written = job.result.as_ref().and_then(|result| result.nonce.as_ref());
    let path = keys::files_path(&job.home, written.unwrap_or(&job.nonce));
    let own = own_urls(job, context.base);
    let absolute = result::with_base(stored, &path, &own);
    context.secrets.mask_result(&absolute, &own).into_owned()
}

/// Returns the prefix of a job's durable URLs.
#[must_use]
pub fn own_urls(job: &Job, base: &str) -> String {
    format!("{base}{}", keys::files_path(&job.home, &job.nonce))
}

/// Returns the record as JSON. `stored_result` is the result's stored text.
///
/// # Errors
/// Returns an error if the record can't be written as JSON, which happens only
/// if the store is damaged.
pub fn record(
    job: &Job,
    stored_result: Option<&str>,
    context: Context<'_>,
) -> serde_json::Result<String> {
    let text = serde_json::to_string(&Record {
        id: job.public_id(),
        reference: job.reference.as_deref(),
        provider: job.provider,
        app: job.app.as_deref(),
        tags: &job.tags,
        status: job.status,
        archive: job.archive(),
        version: job.version,
        attempt: job.attempt,
        queue_name: job.queue_name.as_deref(),
        worker_name: job.worker_name.as_deref(),
        created_at: job.created_at,
        acquired_at: job.acquired_at,
        lease_expiry: job.lease_expiry,
        updated_at: job.updated_at,
        completed_at: job.completed_at,
        stored_at: job.stored_at,
        result: (),
        files: job.files.iter().map(|file| FileView::of(job, file, context)).collect(),
        skipped: &job.skipped,
        error: job.error.as_deref(),
        deliveries: job.deliveries,
        duplicates: job.duplicates,
        heals: job.heals,
        handoff: HandoffView::of(job),
        cost: job.cost.as_deref().map(CostView::of),
        input: job.input.as_deref(),
        healing: (!job.healing.is_idle()).then(|| HealingView::of(&job.healing)),
    })?;
    let masked = context.secrets.mask_around(&text, &own_urls(job, context.base));
    let Some(stored) = stored_result else { return Ok(masked.into_owned()) };
    let result = result(job, stored, context);
    let result: &RawValue = json::from_str(&result)?;
    // No string before this place can contain these characters, because quotes
    // in strings are escaped.
    Ok(masked.replacen(NO_RESULT, &format!("\"result\":{result}"), 1))
}

/// Returns the parts of the record's JSON before and after the result. A long
/// result is sent between them while it is read.
///
/// # Errors
/// The same as [`record`].
pub fn around_result(job: &Job, context: Context<'_>) -> serde_json::Result<(String, String)> {
    let text = record(job, None, context)?;
    let (before, behind) = text.split_once(NO_RESULT).unwrap_or((&text, ""));
    Ok((format!("{before}\"result\":"), behind.to_owned()))
}

/// The place of the result, for which other masking rules apply.
const NO_RESULT: &str = "\"result\":null";

/// Removes the line breaks from a JSON text. They can only be between its
/// tokens.
#[must_use]
pub fn one_line(json: &str) -> String {
    json.replace(['\n', '\r'], "")
}

/// Returns a body that is JSON as it is, and any other body as a JSON string.
pub(super) fn readable(body: &str) -> Cow<'_, str> {
    json::tolerant(body.as_bytes()).unwrap_or_else(|_| Cow::Owned(json::encode_string(body)))
}

impl<'a> CostView<'a> {
    fn of(text: &'a str) -> Self {
        let Cost { amount, unit, .. } = Cost::of(text);
        Self { amount, unit }
    }
}

impl<'a> HealingView<'a> {
    fn of(healing: &'a Healing) -> Self {
        Self {
            attempts: healing.attempts,
            next_at: (!healing.exhausted).then_some(healing.at),
            error: healing.error.as_deref(),
            exhausted: healing.exhausted,
        }
    }
}

impl<'a> FileView<'a> {
    fn of(job: &Job, file: &'a File, context: Context<'_>) -> Self {
        let path = keys::file_path(&job.home, &job.nonce, file.n, &file.name);
        let object = file.stored();
        Self {
            n: file.n,
            pointers: &file.pointers,
            state: file.status(),
            url: format!("{}{path}", context.base),
            name: &file.name,
            content_type: file.content_type.as_deref(),
            size: object.map(|object| object.size),
            etag: object.map(|object| object.etag.as_str()),
            verified: object.map(|object| object.verified),
            source_host: match &file.source {
                Source::Url { host, .. } => Some(host),
                Source::Inline { .. } => None,
            },
            expires_at: file.expires_at,
            slack_ms: object.and_then(|object| object.slack_ms),
            attempts: file.attempts,
            error: file.error.as_deref(),
            allow: file.redirect_host.as_deref(),
        }
    }
}

/// Returns the links to a job's files as JSON, after they were replaced.
///
/// # Errors
/// The same as [`record`].
pub fn links(job: &Job, base: &str) -> serde_json::Result<String> {
    #[derive(Serialize)]
    struct Link {
        n: u32,
        url: String,
    }
    #[derive(Serialize)]
    struct Links {
        id: String,
        version: u64,
        files: Vec<Link>,
    }
    let path = |file: &File| keys::file_path(&job.home, &job.nonce, file.n, &file.name);
    let link = |file: &File| Link { n: file.n, url: format!("{base}{}", path(file)) };
    let files = job.files.iter().map(link).collect();
    serde_json::to_string(&Links { id: job.public_id(), version: job.version, files })
}
