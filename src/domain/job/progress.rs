//! A job's progress, for readers that wait for it.

use super::record::{Archive, Job};
use super::status::Status;
use serde::{Deserialize, Serialize};

/// A job's progress, for readers that need no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobProgress {
    /// The record's version.
    pub version: u64,
    /// The job's status.
    pub status: Status,
    /// How far the files are copied.
    pub archive: Archive,
}

impl JobProgress {
    /// Returns the progress of `job`.
    #[must_use]
    pub fn of(job: &Job) -> Self {
        Self { version: job.version, status: job.status, archive: job.archive() }
    }
}
