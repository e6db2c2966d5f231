//! What readers see: the record, the timeline. Never a presigned URL.

use super::discover::Skipped;
use super::job::{Archive, File, FileState, Job, Source};
use super::keys;
use super::mask;
use super::result;
use super::state::Status;
use super::time::Timestamp;
use super::timeline::{Entry, MAX_INLINE_BODY, Outcome, Trust};
use serde::Serialize;
use serde_json::value::RawValue;

/// What rendering needs beside the job.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// Scheme and host of durable URLs.
    pub base: &'a str,
    /// The hook tokens in use, to be masked.
    pub tokens: &'a [String],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Record<'a> {
    id: String,
    #[serde(rename = "ref")]
    reference: Option<&'a str>,
    provider: &'a str,
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
    result: Option<Box<RawValue>>,
    files: Vec<FileView<'a>>,
    skipped: &'a [Skipped],
    error: Option<Box<RawValue>>,
    deliveries: u32,
    duplicates: u32,
    heals: u32,
    handoff: Option<()>,
    input: Option<()>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FileView<'a> {
    n: u32,
    pointers: &'a [String],
    state: FileState,
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
}

/// The result as its readers get it: durable URLs absolute, hook tokens
/// masked, every other byte as the upstream wrote it.
#[must_use]
pub fn result(job: &Job, stored: &str, context: Context<'_>) -> String {
    let path = keys::files_path(&job.home, &job.nonce);
    let absolute = result::with_base(stored, &path, context.base);
    mask::json_tokens(&absolute, context.tokens).into_owned()
}

/// The record as JSON. `stored_result` is the result's stored text.
///
/// # Errors
/// The record's JSON can't be written, which only a damaged store explains.
pub fn record(
    job: &Job,
    stored_result: Option<&str>,
    context: Context<'_>,
) -> serde_json::Result<String> {
    let result = stored_result.map(|text| RawValue::from_string(result(job, text, context)));
    let error = job.error.as_deref().map(|error| masked(error.get(), context.tokens));
    serde_json::to_string(&Record {
        id: job.public_id(),
        reference: job.reference.as_deref(),
        provider: &job.provider,
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
        result: result.transpose()?,
        files: job.files.iter().map(|file| FileView::of(job, file, context.base)).collect(),
        skipped: &job.skipped,
        error: error.transpose()?,
        deliveries: job.deliveries,
        duplicates: job.duplicates,
        heals: job.heals,
        handoff: None,
        input: None,
    })
}

fn masked(json: &str, tokens: &[String]) -> serde_json::Result<Box<RawValue>> {
    RawValue::from_string(mask::json_text(json, tokens).into_owned())
}

impl<'a> FileView<'a> {
    fn of(job: &Job, file: &'a File, base: &str) -> Self {
        let path = keys::file_path(&job.home, &job.nonce, file.n, &file.name);
        Self {
            n: file.n,
            pointers: &file.pointers,
            state: file.state,
            url: format!("{base}{path}"),
            name: &file.name,
            content_type: file.content_type.as_deref(),
            size: file.size,
            etag: file.etag.as_deref(),
            verified: file.verified,
            source_host: match &file.source {
                Source::Url { host, .. } => Some(host),
                Source::Inline { .. } => None,
            },
            expires_at: file.expires_at,
            slack_ms: file.slack_ms,
            attempts: file.attempts,
            error: file.error.as_deref(),
        }
    }
}

/// The short form that `GET /jobs/{id}/result` answers before there is one.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Summary<'a> {
    id: String,
    #[serde(rename = "ref")]
    reference: Option<&'a str>,
    app: Option<&'a str>,
    tags: &'a [String],
    status: Status,
    archive: Archive,
    queue_name: Option<&'a str>,
    created_at: Timestamp,
    updated_at: Timestamp,
    files: Vec<FileSummary<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FileSummary<'a> {
    n: u32,
    url: String,
    content_type: Option<&'a str>,
    size: Option<u64>,
    state: FileState,
}

/// The summary as JSON, with the first four files of the served result.
///
/// # Errors
/// As [`record`].
pub fn summary(job: &Job, context: Context<'_>) -> serde_json::Result<String> {
    const FILES: usize = 4;
    let files = job.files.iter().filter(|file| file.served).take(FILES);
    serde_json::to_string(&Summary {
        id: job.public_id(),
        reference: job.reference.as_deref(),
        app: job.app.as_deref(),
        tags: &job.tags,
        status: job.status,
        archive: job.archive(),
        queue_name: job.queue_name.as_deref(),
        created_at: job.created_at,
        updated_at: job.updated_at,
        files: files
            .map(|file| FileView::of(job, file, context.base))
            .map(|FileView { n, url, content_type, size, state, .. }| FileSummary {
                n,
                url,
                content_type,
                size,
                state,
            })
            .collect(),
    })
}

#[derive(Serialize)]
struct Timeline<'a> {
    events: Vec<EntryView<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EntryView<'a> {
    n: u32,
    event_type: Option<&'a str>,
    received_at: Timestamp,
    trust: Option<Trust>,
    outcome: Outcome,
    detail: Option<&'a str>,
    bytes: Option<usize>,
    body: Option<Box<RawValue>>,
}

/// The timeline as JSON. Each entry comes with its body if that is at hand;
/// one over 16 KiB is left to `…/events/{n}/body`.
///
/// # Errors
/// As [`record`].
pub fn timeline(
    entries: &[(Entry, Option<String>)],
    tokens: &[String],
) -> serde_json::Result<String> {
    let view = |(entry, body): &'_ (Entry, Option<String>)| {
        body.as_deref()
            .filter(|body| body.len() <= MAX_INLINE_BODY)
            .map(|body| masked(body, tokens))
            .transpose()
            .map(|body| (entry.n, body))
    };
    let bodies = entries.iter().map(view).collect::<Result<Vec<_>, _>>()?;
    let events = entries.iter().zip(bodies).map(|((entry, _), (n, body))| EntryView {
        n,
        event_type: entry.event_type.as_deref(),
        received_at: entry.received_at,
        trust: entry.trust,
        outcome: entry.outcome,
        detail: entry.detail.as_deref(),
        bytes: entry.bytes,
        body,
    });
    serde_json::to_string(&Timeline { events: events.collect() })
}
