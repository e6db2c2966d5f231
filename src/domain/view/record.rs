//! What readers see: the record, the timeline. Never a presigned URL.

use crate::domain::access::redact::Secrets;
use crate::domain::file::discover::Skipped;
use crate::domain::handoff::queue::{Handoff, Receiver, State};
use crate::domain::healing::Healing;
use crate::domain::job::file::{File, FileState, Source};
use crate::domain::job::record::{Archive, Job};
use crate::domain::job::status::Status;
use crate::domain::job::timeline::{Entry, MAX_INLINE_BODY, Outcome, Trust};
use crate::domain::json;
use crate::domain::keys;
use crate::domain::time::Timestamp;
use crate::domain::webhook::provider::Provider;
use crate::domain::webhook::result;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// What rendering needs beside the job.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// Scheme and host of durable URLs.
    pub base: &'a str,
    /// The configured secrets, to be masked.
    pub secrets: &'a Secrets,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Record<'a> {
    id: String,
    #[serde(rename = "ref")]
    reference: Option<&'a str>,
    provider: Provider,
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
    input: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    healing: Option<HealingView<'a>>,
}

/// How it stands with the questions to the upstream; absent when none was
/// needed.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct HealingView<'a> {
    attempts: u32,
    next_at: Option<Timestamp>,
    error: Option<&'a str>,
    exhausted: bool,
}

/// What is handed on; `null` when nothing is.
#[derive(Serialize)]
struct HandoffView<'a> {
    state: State,
    messages: Vec<MessageView<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MessageView<'a> {
    id: &'a str,
    receiver: Receiver,
    event_type: &'a str,
    state: State,
    attempts: u32,
    next_at: Option<Timestamp>,
    delivered_at: Option<Timestamp>,
    error: Option<&'a str>,
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
    /// What `ALLOWED_SOURCE_HOSTS` would have to name, where that is why it is
    /// lost.
    #[serde(skip_serializing_if = "Option::is_none")]
    allow: Option<&'a str>,
}

/// The result as its readers get it: durable URLs absolute, secrets
/// masked, every other byte as the upstream wrote it.
#[must_use]
pub fn result(job: &Job, stored: &str, context: Context<'_>) -> String {
    let written = job.result.as_ref().and_then(|result| result.nonce.as_ref());
    let path = keys::files_path(&job.home, written.unwrap_or(&job.nonce));
    let own = own_urls(job, context.base);
    let absolute = result::with_base(stored, &path, &own);
    context.secrets.mask_result(&absolute, &own).into_owned()
}

/// What the durable URLs of a job begin with.
#[must_use]
pub fn own_urls(job: &Job, base: &str) -> String {
    format!("{base}{}", keys::files_path(&job.home, &job.nonce))
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
        input: job.input.as_deref(),
        healing: (!job.healing.is_idle()).then(|| HealingView::of(&job.healing)),
    })?;
    let masked = context.secrets.mask_around(&text, &own_urls(job, context.base));
    let Some(stored) = stored_result else { return Ok(masked.into_owned()) };
    let result = RawValue::from_string(result(job, stored, context))?;
    // No string before it can hold these characters: its quotes are escaped.
    Ok(masked.replacen(NO_RESULT, &format!("\"result\":{result}"), 1))
}

/// The place of the result, which is masked by other rules.
const NO_RESULT: &str = "\"result\":null";

/// A JSON text without line breaks, which may only stand between its tokens.
#[must_use]
pub fn one_line(json: &str) -> String {
    json.replace(['\n', '\r'], "")
}

/// A body as JSON; as a string, if it is none.
fn readable(body: &str) -> Cow<'_, str> {
    json::tolerant(body.as_bytes()).unwrap_or_else(|_| Cow::Owned(json::encode_string(body)))
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

impl<'a> HandoffView<'a> {
    fn of(job: &'a Job) -> Option<Self> {
        let Handoff { messages, .. } = &job.handoff;
        let state = job.handoff.state()?;
        let messages = messages.iter().map(|message| MessageView {
            id: &message.id,
            receiver: message.receiver,
            event_type: &message.event_type,
            state: message.state,
            attempts: message.attempts,
            next_at: (message.state == State::Pending).then_some(message.at),
            delivered_at: message.delivered_at,
            error: message.error.as_deref(),
        });
        Some(Self { state, messages: messages.collect() })
    }
}

impl<'a> FileView<'a> {
    fn of(job: &Job, file: &'a File, context: Context<'_>) -> Self {
        let path = keys::file_path(&job.home, &job.nonce, file.n, &file.name);
        Self {
            n: file.n,
            pointers: &file.pointers,
            state: file.state,
            url: format!("{}{path}", context.base),
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
            allow: file.redirect_host.as_deref(),
        }
    }
}

/// A job in short: a row of the listing, and what `GET /jobs/{id}/result`
/// answers before there is a result.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// The job, as answers name it.
    pub id: String,
    /// The caller's reference.
    #[serde(rename = "ref")]
    pub reference: Option<String>,
    /// The caller's application.
    pub app: Option<String>,
    /// The caller's tags.
    pub tags: Vec<String>,
    /// Where the job stands.
    pub status: Status,
    /// How far its files are.
    pub archive: Archive,
    /// The queue's name.
    pub queue_name: Option<String>,
    /// When the first delivery came.
    pub created_at: Timestamp,
    /// When the record last changed.
    pub updated_at: Timestamp,
    /// The first four files of the served result.
    pub files: Vec<FileSummary>,
}

/// A file in short.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FileSummary {
    /// Its number.
    pub n: u32,
    /// Its durable URL.
    pub url: String,
    /// Its media type.
    pub content_type: Option<String>,
    /// Its bytes.
    pub size: Option<u64>,
    /// Where it is on its way.
    pub state: FileState,
}

impl Summary {
    /// The summary of a row as its readers get it: URLs absolute, secrets
    /// masked.
    #[must_use]
    pub fn shown(mut self, context: Context<'_>) -> Self {
        let mask = |text| context.secrets.masked(text);
        self.id = context.secrets.masked(self.id);
        self.reference = self.reference.map(mask);
        self.app = self.app.map(mask);
        self.tags = self.tags.into_iter().map(mask).collect();
        self.queue_name = self.queue_name.map(mask);
        for file in &mut self.files {
            file.url.insert_str(0, context.base);
            file.content_type = file.content_type.take().map(mask);
        }
        self
    }
}

/// The job in short, with relative URLs.
#[must_use]
pub fn summary(job: &Job) -> Summary {
    const FILES: usize = 4;
    let files = job.files.iter().filter(|file| file.served).take(FILES);
    Summary {
        id: job.public_id(),
        reference: job.reference.clone(),
        app: job.app.clone(),
        tags: job.tags.clone(),
        status: job.status,
        archive: job.archive(),
        queue_name: job.queue_name.clone(),
        created_at: job.created_at,
        updated_at: job.updated_at,
        files: files.map(|file| FileSummary::of(job, file)).collect(),
    }
}

impl FileSummary {
    fn of(job: &Job, file: &File) -> Self {
        let path = keys::file_path(&job.home, &job.nonce, file.n, &file.name);
        Self {
            n: file.n,
            url: path,
            content_type: file.content_type.clone(),
            size: file.size,
            state: file.state,
        }
    }
}

/// What is handed on of a job as JSON.
///
/// # Errors
/// As [`record`].
pub fn handoff(job: &Job) -> serde_json::Result<String> {
    #[derive(Serialize)]
    struct View<'a> {
        id: String,
        version: u64,
        handoff: Option<HandoffView<'a>>,
    }
    let (id, version) = (job.public_id(), job.version);
    serde_json::to_string(&View { id, version, handoff: HandoffView::of(job) })
}

/// The links to a job's files as JSON, after they were made anew.
///
/// # Errors
/// As [`record`].
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
    secrets: &Secrets,
) -> serde_json::Result<String> {
    let events = entries.iter().map(EntryView::of).collect::<serde_json::Result<_>>()?;
    Ok(secrets.masked(serde_json::to_string(&Timeline { events })?))
}

/// One entry as [`timeline`] shows it.
///
/// # Errors
/// As [`record`].
pub fn entry(entry: &(Entry, Option<String>), secrets: &Secrets) -> serde_json::Result<String> {
    Ok(secrets.masked(serde_json::to_string(&EntryView::of(entry)?)?))
}

impl<'a> EntryView<'a> {
    fn of((entry, body): &'a (Entry, Option<String>)) -> serde_json::Result<Self> {
        let short = body.as_deref().filter(|body| body.len() <= MAX_INLINE_BODY);
        Ok(Self {
            n: entry.n,
            event_type: entry.event_type.as_deref(),
            received_at: entry.received_at,
            trust: entry.trust,
            outcome: entry.outcome,
            detail: entry.detail.as_deref(),
            bytes: entry.bytes,
            body: short
                .map(|body| RawValue::from_string(readable(body).into_owned()))
                .transpose()?,
        })
    }
}
