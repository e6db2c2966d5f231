//! How a job was submitted through the gateway, and what the upstream answered.

use crate::domain::time::Timestamp;
use crate::domain::upstream::queue::Queue;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// A job's submission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Submission {
    /// The queue that the job was submitted to.
    pub queue: Queue,
    /// The application, as written in the path.
    pub app: String,
    /// When the submission came.
    pub at: Timestamp,
    /// The upstream's answer; `None` until it has come.
    pub answer: Option<SubmissionAnswer>,
    /// Whether the client had a ticket. Older records do not say, and read as
    /// `false`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_ticket: bool,
}

/// The upstream's answer to a submission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SubmissionAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The media type.
    pub content_type: Option<String>,
    /// The `Retry-After` header, as written.
    pub retry_after: Option<String>,
    /// The body.
    pub body: String,
}

/// The data that a job submitted through the gateway has apart from its
/// deliveries.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SubmissionState {
    /// How the job was submitted.
    pub submission: Submission,
    /// The client's own webhook.
    pub webhook: Option<String>,
    /// The submitted input.
    pub input: Option<Box<RawValue>>,
    /// The URL where the upstream said that the result would be.
    pub response_url: Option<String>,
}
