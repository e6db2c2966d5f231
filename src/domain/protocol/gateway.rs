//! What the gateway asks of a job.

use crate::domain::job::submission::{SubmissionAnswer, SubmissionState};
use crate::domain::names::ObjectName;
use crate::domain::upstream::queue::Queue;
use serde::{Deserialize, Serialize};

/// Tells that the input of this job comes to the bucket under this key. The
/// reply is the end of the job's submission, if it was submitted before.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Expect(pub String);

/// Asks for the upstream's answer to the job's submission, when it is there.
#[derive(Debug)]
pub struct AwaitAnswer;

/// The end of a submission.
#[derive(Debug, Serialize, Deserialize)]
pub enum SubmissionEnd {
    /// The upstream has answered.
    Answered(Box<Submitted>),
    /// No one knows whether the upstream took the submission, or it has asked
    /// to try again: submit as another job.
    Again,
}

/// A submission that the upstream has answered.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Submitted {
    /// The object that the job lives in.
    pub home: ObjectName,
    /// How answers name the job.
    pub name: String,
    /// The id in the upstream's answer, if it took the job.
    pub id: Option<String>,
    /// The nonce of the files' links.
    pub nonce: String,
    /// The queue it went to.
    pub queue: Queue,
    /// The application.
    pub app: String,
    /// The upstream's answer.
    pub answer: SubmissionAnswer,
}

/// Hands over a submission: the job was submitted here, moves to this object,
/// and leaves this. The reply is `false` if the job here was itself submitted,
/// so that it is another one and takes nothing.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TakeOverSubmission(pub Box<SubmissionState>);

/// Asks the upstream for the job's result now; the reply is the job then.
#[derive(Debug)]
pub struct Fetch;
