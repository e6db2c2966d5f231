//! A delivery on its way to a job's object.

use super::document::Document;
use crate::domain::file::skeleton::Skeleton;
use crate::domain::job::file::Archived;
use crate::domain::job::timeline::Trust;
use crate::domain::sender::name::SenderName;
use crate::domain::time::Timestamp;
use serde::{Deserialize, Serialize};

/// A delivery on its way to a job's object.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Delivery {
    /// When the delivery came.
    pub received_at: Timestamp,
    /// The body.
    pub body: DeliveredBody,
    /// The body's contents, if the Worker that sends the delivery has parsed
    /// it.
    #[serde(default)]
    pub document: Option<Document>,
    /// The skeleton and length of a long body in R2. An object of the previous
    /// release ignores this member and reads the body from R2 itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skeleton: Option<LongBody>,
    /// The SHA-256 of the body in hex.
    pub sha256: String,
    /// The scheme and host of the request.
    pub origin: String,
    /// How far the sender is trusted.
    pub trust: Trust,
    /// The caller's reference, if it leads to this job.
    pub reference: Option<String>,
    /// The caller's application.
    pub app: Option<String>,
    /// The caller's tags.
    pub tags: Vec<String>,
    /// The days for which the caller wants the job kept.
    pub keep_days: Option<u32>,
    /// The sender, if the body is read again: its row may not recognize it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<SenderName>,
    /// A note about anything odd in the correlation, for the timeline.
    pub note: Option<String>,
    /// The job that the body names, if a capability let the body in.
    pub named: Option<String>,
    /// The former location, if the delivery comes from another object.
    pub moved: Option<Moved>,
    /// Whether the Worker that sends the delivery will update the catalog. One
    /// of the previous release does not.
    #[serde(default)]
    pub may_tell: bool,
}

/// The skeleton and length of a long body.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LongBody {
    /// The body without its long strings.
    pub skeleton: Skeleton,
    /// The body's length in bytes.
    pub bytes: usize,
}

/// A delivery's former location.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Moved {
    /// The object and the entry. A delivery with a known key is not moved
    /// again.
    pub key: String,
    /// The files that are stored there.
    pub archived: Vec<Archived>,
    /// The job's cost, which an answer may have told that is not moved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<String>,
}

/// The body of a delivery.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum DeliveredBody {
    /// The text itself. It is sent beside the JSON, where it needs no escapes:
    /// see `protocol::to_job`.
    Text(#[serde(skip)] String),
    /// The body is in R2, under this key.
    Bucket(String),
}

impl DeliveredBody {
    /// Returns the text, unless the body is in R2.
    #[must_use]
    pub const fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text.as_str()),
            Self::Bucket(_) => None,
        }
    }
}

/// The longest text that an object stores as one value, in bytes. `SQLite`
/// values end at 2 MB, and one character beyond Latin-1 makes each character
/// take two bytes. Longer texts go to the bucket or, if there is no bucket, are
/// split.
pub const MAX_OBJECT_TEXT: usize = 256 * 1024;
