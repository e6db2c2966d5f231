//! How a job was submitted through the gateway, and what the upstream answered.

use crate::domain::time::Timestamp;
use crate::domain::upstream::queue::Queue;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// What a job knows of its submission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Submission {
    /// The queue.
    pub queue: Queue,
    /// The application as it stood in the path.
    pub app: String,
    /// When it came.
    pub at: Timestamp,
    /// The upstream's answer; `None` until it is there.
    pub answer: Option<SubmissionAnswer>,
    /// Whether its caller had a ticket; not known of old ones.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_ticket: bool,
}

/// An answer of the upstream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SubmissionAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The media type.
    pub content_type: Option<String>,
    /// Its `Retry-After`, as written.
    pub retry_after: Option<String>,
    /// The body.
    pub body: String,
}

/// What a job that was submitted through the gateway has beside deliveries.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SubmissionState {
    /// How it was submitted.
    pub submission: Submission,
    /// The client's own webhook.
    pub webhook: Option<String>,
    /// What was submitted.
    pub input: Option<Box<RawValue>>,
    /// Where the upstream said that the result would be.
    pub response_url: Option<String>,
}
