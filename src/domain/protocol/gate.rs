//! What is asked of a gate, which is no job's.

use crate::domain::gateway::idempotency::Request;
use serde::{Deserialize, Serialize};

/// Lets this submission in.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Admit(pub Request);

/// Tells that this submission has waited for the end of `earlier`'s.
#[derive(Debug, Serialize, Deserialize)]
pub struct TakeOver {
    /// The job whose submission it has waited for.
    pub earlier: String,
    /// The submission.
    #[serde(rename = "wish")]
    pub request: Request,
}

/// Tells that the answer of a submission was read.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct MarkRead {
    /// Where it is noted: see [`Request::place`].
    pub place: Option<String>,
    /// Its job's reference.
    pub reference: String,
}

/// Counts a use, of which there may be so many; the reply says whether one was
/// left.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Count(pub u32);

/// To a gate that holds nothing: writes, reads and deletes this text. The reply
/// is what was read.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Probe(pub String);
