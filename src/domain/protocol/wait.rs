//! Conditions that a reader waits for.

use crate::domain::access::pass::TokenPass;
use crate::domain::job::record::Job;
use crate::domain::time::Timestamp;
use serde::{Deserialize, Serialize};

/// A reader's wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wait {
    /// The condition that ends the wait.
    #[serde(rename = "news")]
    pub condition: WaitFor,
    /// When the reader gets an answer in any case.
    pub until: Timestamp,
    /// The access by which the reader waits.
    pub pass: TokenPass,
}

/// A condition on a job. An unknown job never meets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum WaitFor {
    /// The job exists, or its version differs from this one.
    Version(Option<u64>),
    /// The job has ended.
    Ended,
    /// The job has settled.
    Settled,
}

impl Wait {
    /// Returns whether `job` meets the condition.
    #[must_use]
    pub fn is_over(&self, job: Option<&Job>) -> bool {
        job.is_some_and(|job| match self.condition {
            WaitFor::Version(version) => version != Some(job.version),
            WaitFor::Ended => job.status.has_ended(),
            WaitFor::Settled => job.is_settled(),
        })
    }
}
