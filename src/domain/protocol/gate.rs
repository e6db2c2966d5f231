//! Commands to a gate, an object that is not a job.

use crate::domain::gateway::idempotency::Request;
use serde::{Deserialize, Serialize};

/// Admits a submission.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Admit(pub Request);

/// Reports that a submission has waited for the end of an earlier one.
#[derive(Debug, Serialize, Deserialize)]
pub struct TakeOver {
    /// The reference of the job whose submission it has waited for.
    pub earlier: String,
    /// The submission.
    #[serde(rename = "wish")]
    pub request: Request,
}

/// Reports that a client has read the answer to a submission.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct MarkRead {
    /// The entry that notes it: see [`Request::place`].
    pub place: Option<String>,
    /// The reference of the submission's job.
    pub reference: String,
}

/// Counts a use, of at most this many. The reply says whether one was left.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Count(pub u32);

/// Writes, reads and deletes this text in a gate that holds nothing. The reply
/// is the text as read.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Probe(pub String);
