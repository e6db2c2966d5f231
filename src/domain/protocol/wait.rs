//! What a reader waits for.

use crate::domain::access::pass::TokenPass;
use crate::domain::job::record::Job;
use crate::domain::time::Timestamp;
use serde::{Deserialize, Serialize};

/// What a reader waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wait {
    /// What is news to the reader.
    #[serde(rename = "news")]
    pub condition: WaitFor,
    /// When the reader wants an answer, whatever it is.
    pub until: Timestamp,
    /// What lets the reader in.
    pub pass: TokenPass,
}

/// What is news to a reader. A job that is not known yet never is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum WaitFor {
    /// A job at all, or at another version than this.
    Version(Option<u64>),
    /// An end of the job.
    Ended,
    /// A settled job.
    Settled,
}

impl Wait {
    /// Whether `job` is what the reader waits for.
    #[must_use]
    pub fn is_over(&self, job: Option<&Job>) -> bool {
        job.is_some_and(|job| match self.condition {
            WaitFor::Version(version) => version != Some(job.version),
            WaitFor::Ended => job.status.has_ended(),
            WaitFor::Settled => job.is_settled(),
        })
    }
}
