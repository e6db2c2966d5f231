//! A delivery on its way to a job's object.

use super::document::Document;
use crate::domain::file::skeleton::Skeleton;
use crate::domain::job::file::Archived;
use crate::domain::job::timeline::Trust;
use crate::domain::time::Timestamp;
use serde::{Deserialize, Serialize};

/// A delivery on its way to a job's object.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Delivery {
    /// When it came.
    pub received_at: Timestamp,
    /// Its body.
    pub body: DeliveredBody,
    /// What its body says, if whoever brings it has read it whole.
    #[serde(default)]
    pub document: Option<Document>,
    /// What is read of its body, if that is long and in R2. A job's object of
    /// the release before reads it there itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skeleton: Option<LongBody>,
    /// SHA-256 of its body in hex.
    pub sha256: String,
    /// Scheme and host of the request.
    pub origin: String,
    /// How much the sender is believed.
    pub trust: Trust,
    /// The caller's reference, if it leads to this job.
    pub reference: Option<String>,
    /// The caller's application.
    pub app: Option<String>,
    /// The caller's tags.
    pub tags: Vec<String>,
    /// Days that the caller has it kept.
    pub keep_days: Option<u32>,
    /// Something odd about its correlation, for the timeline.
    pub note: Option<String>,
    /// The job that its body names, if it came by a capability.
    pub named: Option<String>,
    /// Where it was before, when it is moved from another object.
    pub moved: Option<Moved>,
    /// Whether whoever brings it tells the catalog what comes of it. A Worker
    /// of the release before does not.
    #[serde(default)]
    pub may_tell: bool,
}

/// What is read of a long body.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LongBody {
    /// The body without its long strings.
    pub skeleton: Skeleton,
    /// The body's length in bytes.
    pub bytes: usize,
}

/// A delivery's former place.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Moved {
    /// Object and entry: what has been moved once is not moved again.
    pub key: String,
    /// The files that are stored there.
    pub archived: Vec<Archived>,
}

/// The body of a delivery.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum DeliveredBody {
    /// Here. It goes beside the JSON, where nothing has to be escaped: see
    /// `protocol::write`.
    Text(#[serde(skip)] String),
    /// In R2, under this key.
    Bucket(String),
}

impl DeliveredBody {
    /// Its text, if it is here.
    #[must_use]
    pub const fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text.as_str()),
            Self::Bucket(_) => None,
        }
    }
}

/// Largest text that an object stores as one value, in bytes: `SQLite` values
/// end at 2 MB, and a text with one character beyond Latin-1 takes two bytes
/// each. What is longer goes to the bucket or, while there is none, is split.
pub const MAX_OBJECT_TEXT: usize = 256 * 1024;
