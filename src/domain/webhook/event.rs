//! A delivery's body read as an event of a job's life.
//!
//! Format: the upstream's webhook document, or that of another [`Provider`].
//! Unknown fields are ignored and unknown event types are explicit, so that a
//! new upstream loses nothing.

use crate::domain::json::Member;
use crate::domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::Range;

/// Top-level keys that describe the delivery; all others are the result.
pub const ENVELOPE: [&str; 8] = [
    "eventType",
    "jobId",
    "queueName",
    "workerName",
    "leaseExpiry",
    "acquiredAt",
    "updatedAt",
    "webhookUrl",
];

/// What a delivery says has happened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum EventKind {
    /// A worker has taken the job; the lease counts down.
    Acquired,
    /// The job has ended with a result.
    Completed,
    /// The job has failed; it may be retried.
    Failed,
    /// The job was cancelled.
    Cancelled,
    /// The job goes back to the queue for another attempt.
    Retried,
    /// There is a result, which is to be fetched from the upstream.
    Ready,
    /// A type that this version does not know: kept, changes nothing.
    #[default]
    Unknown,
}

impl EventKind {
    /// The kind of this `eventType`.
    #[must_use]
    pub fn of_name(name: &str) -> Self {
        match name {
            "acquired" => Self::Acquired,
            "completed" => Self::Completed,
            "failed" => Self::Failed,
            "cancelled" => Self::Cancelled,
            "retried" => Self::Retried,
            _ => Self::Unknown,
        }
    }

    /// The upstream's word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Acquired => "acquired",
            Self::Completed | Self::Ready => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Retried => "retried",
            Self::Unknown => "unknown",
        }
    }
}

/// A body that is a JSON object, with the fields that hookvault acts on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event<'a> {
    /// What it says apart from its result.
    pub told: EventFacts,
    /// A failure's `error`, `message` or `detail` as written: text or object.
    pub error: Option<&'a str>,
    /// The value that another provider names the job by, as written.
    pub id: Option<&'a str>,
    /// Where the result stands in the body; all but the envelope if `None`.
    pub result: Option<Range<usize>>,
    /// The top-level members, in order.
    pub members: Vec<Member<'a>>,
}

/// What an event says apart from its result.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventFacts {
    /// Whose format it has.
    pub provider: Provider,
    /// What has happened.
    pub kind: EventKind,
    /// `eventType` as sent, cut to 200 characters; another provider's status in
    /// the same words.
    pub type_name: Option<String>,
    /// The queue's name.
    pub queue_name: Option<String>,
    /// The worker that holds the job.
    pub worker_name: Option<String>,
    /// When the lease ends, by the sender's clock.
    pub lease_expiry: Option<Timestamp>,
    /// When the job was taken, by the sender's clock.
    pub acquired_at: Option<Timestamp>,
    /// When the job last changed, by the sender's clock.
    pub updated_at: Option<Timestamp>,
}

impl EventFacts {
    /// The sender's own time of this event, if it carries one.
    #[must_use]
    pub fn sender_time(&self) -> Option<Timestamp> {
        self.updated_at.or(self.acquired_at)
    }
}

impl Event<'_> {
    /// Whether the sender says that it has removed what the result held.
    #[must_use]
    pub fn is_removed(&self) -> bool {
        value_of(&self.members, "data_removed") == Some("true")
    }
}

/// The value of member `key` as written. Of repeated keys the last counts, as
/// in `JSON.parse`.
#[must_use]
pub fn value_of<'a>(members: &[Member<'a>], key: &str) -> Option<&'a str> {
    members.iter().rev().find(|member| member.key == key).map(|member| member.value)
}

/// Whose format a body has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Provider {
    /// pipelet: `{"eventType", …}`.
    #[default]
    Pipelet,
    /// fal.ai: `{"request_id", "status": "OK", "payload", …}`.
    Fal,
    /// Replicate: the bare prediction.
    Replicate,
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pipelet => "pipelet",
            Self::Fal => "fal",
            Self::Replicate => "replicate",
        })
    }
}
