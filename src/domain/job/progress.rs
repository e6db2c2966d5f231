//! What is news to who waits for a job.

use super::record::{Archive, Job};
use super::status::Status;
use serde::{Deserialize, Serialize};

/// Where a job stands, for who needs no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobProgress {
    /// The record's version.
    pub version: u64,
    /// Where the job stands.
    pub status: Status,
    /// How far its files are.
    pub archive: Archive,
}

impl JobProgress {
    /// Of this job.
    #[must_use]
    pub fn of(job: &Job) -> Self {
        Self { version: job.version, status: job.status, archive: job.archive() }
    }
}
