//! The job's stored record.
//!
//! The job's object stores it as JSON text; a test pins its format. It contains
//! presigned URLs and the links' nonce, so it never leaves the Worker as it is:
//! `view` renders what readers see.

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
use crate::domain::sender::name::SenderName;
use crate::domain::time::Timestamp;
use crate::domain::upstream::Lookup;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// The version of the stored format. A reader refuses a newer one.
pub const FORMAT: u32 = 1;

/// The type under which the tally counts unreadable deliveries.
pub(crate) const UNREADABLE: &str = "unreadable";

/// A job as it is stored.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Job {
    /// The [`FORMAT`] of the code that wrote the record.
    pub format: u32,
    /// The object that the job lives in; the files' URLs and keys contain its
    /// name.
    pub home: ObjectName,
    /// The upstream's id; `None` while only the reference is known.
    pub id: Option<String>,
    /// The caller's reference that leads to this job.
    pub reference: Option<String>,
    /// The id whose object must still be pointed to this job.
    pub unlinked_id: Option<String>,
    /// The job's provider, once a delivery or the gateway has named it.
    pub provider: SenderName,
    /// The caller's application, from `?app=`.
    pub app: Option<String>,
    /// The caller's tags, from `?tag=`.
    pub tags: Vec<String>,
    /// The days for which the job is kept, from `?keep=`; 0 keeps it for good,
    /// `None` means that the caller does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_days: Option<u32>,
    /// The job's status.
    pub status: Status,
    /// Grows by one with every visible change.
    pub version: u64,
    /// The job's cost, as its sender says: the text of a
    /// [`crate::domain::cost::Cost`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<String>,
    /// The number of the upstream's attempt, from 1.
    pub attempt: u32,
    /// The queue's name.
    pub queue_name: Option<String>,
    /// The worker that last held the job.
    pub worker_name: Option<String>,
    /// When the vault learned of the job: by a delivery, a submission or an
    /// import.
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
    /// When the last applied event came, by the vault's clock.
    #[serde(default)]
    pub heard_at: Timestamp,
    /// The URL where the upstream said that the result would be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_url: Option<String>,
    /// The newest sender's time among the applied events.
    pub sender_time: Option<Timestamp>,
    /// How the job was submitted, if it came through the gateway.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub submission: Option<Submission>,
    /// The client's own webhook.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook: Option<String>,
    /// The submitted input, as it was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<Box<RawValue>>,
    /// 128 random bits in hex, which grant the right to fetch this job's files.
    pub nonce: String,
    /// The SHA-256 in hex of the former nonces, the newest last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub old_links: Vec<String>,
    /// The scheme and host of the job's first request, for absolute URLs.
    pub origin: String,
    /// The error of a failed job, as the upstream wrote it.
    pub error: Option<Box<RawValue>>,
    /// The served result.
    pub result: Option<ResultRef>,
    /// The files of all results, by `n`.
    pub files: Vec<File>,
    /// Media of the served result that is not copied.
    pub skipped: Vec<Skipped>,
    /// The number of deliveries, duplicates included.
    pub deliveries: u32,
    /// The number of deliveries that repeated an earlier one.
    pub duplicates: u32,
    /// The number of upstream answers that were applied, fresh URLs included.
    pub heals: u32,
    /// The number of deliveries by `type/trust/outcome`, as in
    /// `failed/token/applied`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tally: BTreeMap<String, u64>,
    /// The number of timeline entries so far, which is also the last one's `n`.
    pub events: u32,
    /// The `n` of the last delivery that changed the job.
    pub last_applied: u32,
    /// The state of healing.
    #[serde(default, skip_serializing_if = "Healing::is_idle")]
    pub healing: Healing,
    /// The messages to hand on.
    #[serde(default, skip_serializing_if = "Handoff::is_idle")]
    pub handoff: Handoff,
    /// The state of the alarm loop.
    #[serde(default)]
    pub work: Work,
}

/// Where the served result is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResultRef {
    /// The timeline entry of the delivery that contained the result.
    pub delivery: u32,
    /// The SHA-256 in hex of the result without the signatures in its URLs.
    pub fingerprint: String,
    /// The R2 key of the text; `None` means that the text is in the object.
    pub key: Option<String>,
    /// The text's length in bytes, if the text has a key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<usize>,
    /// The nonce in the text's links, if it is not the job's present one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    /// Whether the result contains no value at all:
    /// [`crate::domain::ingest::weight`].
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_empty: bool,
}

/// The longest result that is read in one piece, in bytes.
const MAX_WHOLE: usize = 1024 * 1024;

impl ResultRef {
    /// Returns the text's key if the text is too long for memory.
    #[must_use]
    pub fn long(&self) -> Option<&str> {
        self.key.as_deref().filter(|_| self.bytes.is_some_and(|bytes| bytes > MAX_WHOLE))
    }
}

/// How far a job's files are copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Archive {
    /// There is nothing to copy.
    None,
    /// A file is still to be copied.
    Pending,
    /// All files are stored.
    Stored,
    /// Some files are lost, or on a host that is not allowed.
    Partial,
    /// Files are lost, and none is stored.
    Lost,
}

/// The data for a new job.
#[derive(Debug, Clone)]
pub struct NewJob {
    /// The object that the job lives in.
    pub home: ObjectName,
    /// When the vault learned of the job.
    pub at: Timestamp,
    /// 128 random bits in hex.
    pub nonce: String,
    /// The scheme and host of the request.
    pub origin: String,
}

impl Job {
    /// Returns the record of a job that was unknown until now.
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
            provider: SenderName::default(),
            app: None,
            tags: Vec::new(),
            keep_days: None,
            status: Status::Queued,
            version: 0,
            cost: None,
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

    /// Returns the job's name in responses: its id, else its reference as
    /// `ref:…`.
    #[must_use]
    pub fn public_id(&self) -> String {
        self.id.clone().unwrap_or_else(|| self.home.public())
    }

    /// Returns whether the provider is known. Neither an unreadable delivery nor
    /// an import without `from` names it.
    #[must_use]
    pub fn is_of_known_provider(&self) -> bool {
        let unread = self.tally.iter().filter(|(key, _)| key.starts_with(UNREADABLE));
        let unread: u64 = unread.map(|(_, count)| *count).sum();
        let is_named = self.provider != SenderName::default();
        is_named || u64::from(self.deliveries) > unread || self.submission.is_some()
    }

    /// Returns the facts that distinguish the job from another with the same
    /// id.
    #[must_use]
    pub fn kind(&self) -> JobKind {
        JobKind {
            provider: self.is_of_known_provider().then_some(self.provider),
            is_submitted: self.submission.is_some(),
        }
    }

    /// Returns whether `other`, a job with the same id, is nevertheless a
    /// different job.
    #[must_use]
    pub fn is_apart_from(&self, other: JobKind) -> bool {
        let own = self.kind();
        let is_of_other = own.provider.zip(other.provider).is_some_and(|(own, other)| own != other);
        is_of_other || (own.is_submitted && other.is_submitted)
    }

    /// Gives up the id, because it belongs to another job in this vault. The
    /// job stays where it is, with all its data.
    pub fn release_id(&mut self, now: Timestamp) -> Entry {
        let id = self.id.take().unwrap_or_default();
        self.unlinked_id = None;
        self.touch(now);
        self.work.link.done(self.version);
        self.events += 1;
        let detail = format!("the upstream calls it {id}, which is another job here");
        Entry::own(self.events, now, EntryOutcome::Applied, detail)
    }

    /// Returns the data by which the upstream is asked about the job.
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

    /// Returns whether the job was submitted and the upstream has not answered
    /// yet.
    #[must_use]
    pub fn is_unanswered(&self) -> bool {
        let is_open = |submission: &Submission| submission.answer.is_none();
        self.status == Status::Queued && self.submission.as_ref().is_some_and(is_open)
    }

    /// Returns a number that grows with every change that the catalog must see.
    /// A repeated delivery counts, although it makes no new version.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.version + u64::from(self.events)
    }

    /// Returns the part of the job that the state table looks at.
    #[must_use]
    pub const fn current_state(&self) -> CurrentState {
        CurrentState {
            status: self.status,
            sender_time: self.sender_time,
            lease_expiry: self.lease_expiry,
        }
    }

    /// Returns whether the job has ended and no copy is pending, so that
    /// nothing more happens unless something new comes.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.status.has_ended() && self.archive() != Archive::Pending
    }

    /// Notes the time at which the last file of the served result was stored.
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
