//! The event in a job's life that a delivery reports.
//!
//! The body has the format of the upstream's webhook document, or of another
//! [`Provider`]. Unknown fields are ignored, and unknown event types are
//! explicit, so that nothing is lost when the upstream is newer.

use crate::domain::json::Member;
use crate::domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::Range;

/// The top-level keys that describe the delivery. All others are the result.
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

/// What happened to the job, as a delivery says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum EventKind {
    /// A worker has taken the job, and the lease counts down.
    Acquired,
    /// The job has ended with a result.
    Completed,
    /// The job has failed. It may be retried.
    Failed,
    /// The job was cancelled.
    Cancelled,
    /// The job goes back to the queue for another attempt.
    Retried,
    /// The job has a result, which must be fetched from the upstream.
    Ready,
    /// A type that this version does not know. The delivery is stored, and
    /// changes nothing.
    #[default]
    Unknown,
}

impl EventKind {
    /// Returns the kind of this `eventType`.
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

    /// Returns the upstream's word for the kind.
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
    /// What the event says apart from its result.
    pub told: EventFacts,
    /// A failure's `error`, `message` or `detail` as written: text or object.
    pub error: Option<&'a str>,
    /// The value by which another provider names the job, as written.
    pub id: Option<&'a str>,
    /// The byte range of the result in the body. If `None`, the result is all
    /// but the envelope.
    pub result: Option<Range<usize>>,
    /// The top-level members, in order.
    pub members: Vec<Member<'a>>,
}

/// What an event says apart from its result.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventFacts {
    /// The provider whose format the body has.
    pub provider: Provider,
    /// What has happened.
    pub kind: EventKind,
    /// The `eventType` as sent, cut to 200 characters. Another provider's
    /// status is translated into these words.
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
    /// Returns the sender's own time of this event, if the body has one.
    #[must_use]
    pub fn sender_time(&self) -> Option<Timestamp> {
        self.updated_at.or(self.acquired_at)
    }
}

impl Event<'_> {
    /// Returns whether the sender says that it has removed the result's data.
    #[must_use]
    pub fn is_removed(&self) -> bool {
        value_of(&self.members, "data_removed") == Some("true")
    }
}

/// Returns the value of member `key` as written. The last of repeated keys
/// counts, as in `JSON.parse`.
#[must_use]
pub fn value_of<'a>(members: &[Member<'a>], key: &str) -> Option<&'a str> {
    members.iter().rev().find(|member| member.key == key).map(|member| member.value)
}

/// The provider whose format a body has.
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
