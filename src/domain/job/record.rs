//! The job's stored record.
//!
//! It is one JSON string in the job's object; its format is pinned by a test.
//! It holds presigned URLs and the links' nonce and so never leaves the Worker
//! as it is: `view` renders what readers see.

use super::file::File;
use super::healing::Healing;
use super::kind::JobKind;
use super::outbox::Handoff;
use super::status::{CurrentState, Status};
use super::submission::Submission;
use super::tasks::Work;
use super::timeline::{Entry, EntryOutcome};
use crate::domain::file::discover::found::Skipped;
use crate::domain::names::ObjectName;
use crate::domain::time::Timestamp;
use crate::domain::upstream::Lookup;
use crate::domain::webhook::event::Provider;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// Version of the stored format. A reader refuses a newer one.
pub const FORMAT: u32 = 1;

/// The type by which deliveries count that no one can read.
pub(crate) const UNREADABLE: &str = "unreadable";

/// A job as it is stored.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Job {
    /// [`FORMAT`] of the code that wrote it.
    pub format: u32,
    /// The object that the job lives in; files' URLs and keys are named by it.
    pub home: ObjectName,
    /// The upstream's id; `None` as long as only the reference is known.
    pub id: Option<String>,
    /// The caller's reference that leads here.
    pub reference: Option<String>,
    /// The id whose object must still be pointed here.
    pub unlinked_id: Option<String>,
    /// Whose it is, once a delivery or the gateway has told.
    pub provider: Provider,
    /// The caller's application, from `?app=`.
    pub app: Option<String>,
    /// The caller's tags, from `?tag=`.
    pub tags: Vec<String>,
    /// Days that it is kept, from `?keep=`; 0 for good, `None` if the caller
    /// does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_days: Option<u32>,
    /// Where the job stands.
    pub status: Status,
    /// Counts every visible change up.
    pub version: u64,
    /// The upstream's attempt, from 1.
    pub attempt: u32,
    /// The queue's name.
    pub queue_name: Option<String>,
    /// The worker that last held the job.
    pub worker_name: Option<String>,
    /// When the first delivery came.
    pub created_at: Timestamp,
    /// When a worker took the job, by the sender's clock.
    pub acquired_at: Option<Timestamp>,
    /// When the lease ends, by the sender's clock.
    pub lease_expiry: Option<Timestamp>,
    /// When the record last changed.
    pub updated_at: Timestamp,
    /// When the result came.
    pub completed_at: Option<Timestamp>,
    /// When the last file of the result was stored.
    pub stored_at: Option<Timestamp>,
    /// When the last event came that changed the status, by this side's clock.
    #[serde(default)]
    pub heard_at: Timestamp,
    /// Where the upstream said that the result would be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_url: Option<String>,
    /// The newest sender's time among the applied events.
    pub sender_time: Option<Timestamp>,
    /// How it was submitted, if it was here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub submission: Option<Submission>,
    /// The client's own webhook.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook: Option<String>,
    /// What was submitted, as it was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<Box<RawValue>>,
    /// 128 random bits in hex: the right to fetch this job's files.
    pub nonce: String,
    /// SHA-256 in hex of the nonces before it, the newest last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub old_links: Vec<String>,
    /// Scheme and host of the job's first request, for absolute URLs.
    pub origin: String,
    /// A failure's error as the upstream wrote it.
    pub error: Option<Box<RawValue>>,
    /// The result that is served.
    pub result: Option<ResultRef>,
    /// The files of all results, by `n`.
    pub files: Vec<File>,
    /// Media of the served result that is not copied.
    pub skipped: Vec<Skipped>,
    /// Deliveries, duplicates included.
    pub deliveries: u32,
    /// Deliveries that repeated an earlier one.
    pub duplicates: u32,
    /// Fresh URLs that were fetched from the upstream.
    pub heals: u32,
    /// Deliveries by `type/trust/outcome`, as `failed/token/applied`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tally: BTreeMap<String, u64>,
    /// Timeline entries so far; the last one's `n`.
    pub events: u32,
    /// The `n` of the last delivery that changed the job.
    pub last_applied: u32,
    /// How far the questions to the upstream have got.
    #[serde(default, skip_serializing_if = "Healing::is_idle")]
    pub healing: Healing,
    /// What is handed on.
    #[serde(default, skip_serializing_if = "Handoff::is_idle")]
    pub handoff: Handoff,
    /// The alarm loop's own state.
    #[serde(default)]
    pub work: Work,
}

/// Where the served result is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResultRef {
    /// The timeline entry of its delivery.
    pub delivery: u32,
    /// SHA-256 in hex of the result without the queries of its files' URLs.
    pub fingerprint: String,
    /// R2 key of its text; in the object itself if `None`.
    pub key: Option<String>,
    /// The bytes of its text, if that has a key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<usize>,
    /// The nonce in the links of its text, if that is not the job's any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    /// Whether it holds no value at all: [`crate::domain::ingest::weight`].
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_empty: bool,
}

/// Longest result that is read in one piece, in bytes.
const MAX_WHOLE: usize = 1024 * 1024;

impl ResultRef {
    /// The key of its text, if that is too long to stand in memory.
    #[must_use]
    pub fn long(&self) -> Option<&str> {
        self.key.as_deref().filter(|_| self.bytes.is_some_and(|bytes| bytes > MAX_WHOLE))
    }
}

/// How far a job's files are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Archive {
    /// Nothing to copy.
    None,
    /// Something is still to be copied.
    Pending,
    /// All is stored.
    Stored,
    /// Something is lost or on a host that is not allowed.
    Partial,
    /// All is lost.
    Lost,
}

/// What a new job is made of.
#[derive(Debug, Clone)]
pub struct NewJob {
    /// The object it lives in.
    pub home: ObjectName,
    /// When its first delivery came.
    pub at: Timestamp,
    /// 128 random bits in hex.
    pub nonce: String,
    /// Scheme and host of the request.
    pub origin: String,
}

impl Job {
    /// A job that has just been heard of.
    #[must_use]
    pub fn new(new_job: NewJob) -> Self {
        let (id, reference) = match &new_job.home {
            ObjectName::Id(id) => (Some(id.clone()), None),
            ObjectName::Reference(reference) => (None, Some(reference.clone())),
        };
        Self {
            format: FORMAT,
            home: new_job.home,
            id,
            reference,
            unlinked_id: None,
            provider: Provider::default(),
            app: None,
            tags: Vec::new(),
            keep_days: None,
            status: Status::Queued,
            version: 0,
            attempt: 1,
            queue_name: None,
            worker_name: None,
            created_at: new_job.at,
            acquired_at: None,
            lease_expiry: None,
            updated_at: new_job.at,
            completed_at: None,
            stored_at: None,
            heard_at: new_job.at,
            response_url: None,
            sender_time: None,
            submission: None,
            webhook: None,
            input: None,
            nonce: new_job.nonce,
            old_links: Vec::new(),
            origin: new_job.origin,
            error: None,
            result: None,
            files: Vec::new(),
            skipped: Vec::new(),
            deliveries: 0,
            duplicates: 0,
            heals: 0,
            tally: BTreeMap::new(),
            events: 0,
            last_applied: 0,
            healing: Healing::default(),
            handoff: Handoff::default(),
            work: Work::default(),
        }
    }

    /// How answers name the job: its id, else its reference as `ref:…`.
    #[must_use]
    pub fn public_id(&self) -> String {
        self.id.clone().unwrap_or_else(|| self.home.public())
    }

    /// Whether it is known whose it is: an import does not say, nor does a
    /// delivery that no one can read.
    #[must_use]
    pub fn is_of_known_provider(&self) -> bool {
        let unread = self.tally.iter().filter(|(key, _)| key.starts_with(UNREADABLE));
        let unread: u64 = unread.map(|(_, count)| *count).sum();
        u64::from(self.deliveries) > unread || self.submission.is_some()
    }

    /// What tells it from another job of the same id.
    #[must_use]
    pub fn kind(&self) -> JobKind {
        JobKind {
            provider: self.is_of_known_provider().then_some(self.provider),
            is_submitted: self.submission.is_some(),
        }
    }

    /// Whether a job that has the same id is another one nevertheless.
    #[must_use]
    pub fn is_apart_from(&self, other: JobKind) -> bool {
        let own = self.kind();
        let is_of_other = own.provider.zip(other.provider).is_some_and(|(own, other)| own != other);
        is_of_other || (own.is_submitted && other.is_submitted)
    }

    /// Gives up the id, which is that of another job here. The job stays where
    /// it is, with all that is its own.
    pub fn release_id(&mut self, now: Timestamp) -> Entry {
        let id = self.id.take().unwrap_or_default();
        self.unlinked_id = None;
        self.touch(now);
        self.work.link.done(self.version);
        self.events += 1;
        let detail = format!("the upstream calls it {id}, which is another job here");
        Entry::own(self.events, now, EntryOutcome::Applied, detail)
    }

    /// What the upstream is asked about it by.
    #[must_use]
    pub fn lookup(&self) -> Lookup<'_> {
        Lookup {
            id: self.id.as_deref(),
            app: self.app.as_deref(),
            provider: self.provider,
            response_url: self.response_url.as_deref(),
            is_submitted: self.submission.is_some(),
        }
    }

    /// Whether the upstream has not answered its submission.
    #[must_use]
    pub fn is_unanswered(&self) -> bool {
        let is_open = |submission: &Submission| submission.answer.is_none();
        self.status == Status::Queued && self.submission.as_ref().is_some_and(is_open)
    }

    /// Grows with every change that is told to the catalog: a repeated
    /// delivery counts, though it makes no new version.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.version + u64::from(self.events)
    }

    /// What the state table looks at.
    #[must_use]
    pub const fn current_state(&self) -> CurrentState {
        CurrentState {
            status: self.status,
            sender_time: self.sender_time,
            lease_expiry: self.lease_expiry,
        }
    }

    /// Whether nothing more is to come unless the upstream changes its mind.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.status.has_ended() && self.archive() != Archive::Pending
    }

    /// Notes when the last file of the served result was stored.
    pub fn note_if_stored(&mut self, now: Timestamp) {
        if matches!(self.archive(), Archive::Stored | Archive::Partial) {
            self.stored_at.get_or_insert(now);
        }
    }

    /// Counts a visible change.
    pub fn touch(&mut self, now: Timestamp) {
        self.version += 1;
        self.updated_at = self.updated_at.max(now);
    }
}
