//! Commands of the gateway to a job.

use crate::domain::job::submission::{SubmissionAnswer, SubmissionState};
use crate::domain::names::ObjectName;
use crate::domain::upstream::queue::Queue;
use serde::{Deserialize, Serialize};

/// Reports that the input of this job will be in the bucket under this key. The
/// reply is the end of the job's submission, if it was submitted before.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Expect(pub String);

/// Asks for the upstream's answer to the job's submission, and waits for it.
#[derive(Debug)]
pub struct AwaitAnswer;

/// The end of a submission.
#[derive(Debug, Serialize, Deserialize)]
pub enum SubmissionEnd {
    /// The upstream has answered.
    Answered(Box<Submitted>),
    /// Either it is unknown whether the upstream took the submission, or it has
    /// asked for a later try. The client must submit another job.
    Again,
}

/// A submission that the upstream has answered.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Submitted {
    /// The object that the job lives in.
    pub home: ObjectName,
    /// The job's name in responses.
    pub name: String,
    /// The id in the upstream's answer, if it accepted the job.
    pub id: Option<String>,
    /// The nonce in the files' links.
    pub nonce: String,
    /// The queue that the job was submitted to.
    pub queue: Queue,
    /// The application.
    pub app: String,
    /// The upstream's answer.
    pub answer: SubmissionAnswer,
}

/// Hands over a submission to this object, because the job moves here from the
/// object where it was submitted. The reply is `false` if the job here was
/// itself submitted: then it is another job and takes nothing over.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TakeOverSubmission(pub Box<SubmissionState>);

/// Asks the upstream for the job's result now. The reply is the job afterwards.
#[derive(Debug)]
pub struct Fetch;
