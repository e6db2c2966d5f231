//! What has happened to a job, in hookvault's own words.

use serde::{Deserialize, Serialize};

/// What happened to the job, as a delivery says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum EventKind {
    /// A worker has taken the job, and the lease counts down.
    Acquired,
    /// The job has ended with a result.
    Completed,
    /// The job has failed. It may be retried.
    Failed,
    /// The job was cancelled.
    Cancelled,
    /// The job goes back to the queue for another attempt.
    Retried,
    /// The job has a result, which must be fetched from the upstream.
    Ready,
    /// A type that this version does not know. The delivery is stored, and
    /// changes nothing.
    #[default]
    Unknown,
}

impl EventKind {
    /// The kinds that a row may name.
    pub const ALL: [Self; 6] = [
        Self::Acquired,
        Self::Completed,
        Self::Failed,
        Self::Cancelled,
        Self::Retried,
        Self::Ready,
    ];

    /// Returns the name of the kind in a row.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            other => other.word(),
        }
    }

    /// Returns the kind of this `eventType`.
    #[must_use]
    pub fn of_name(name: &str) -> Self {
        let known = Self::ALL.into_iter().find(|kind| kind.name() == name);
        known.filter(|kind| *kind != Self::Ready).unwrap_or_default()
    }

    /// Returns the upstream's word for the kind.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Acquired => "acquired",
            Self::Completed | Self::Ready => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Retried => "retried",
            Self::Unknown => "unknown",
        }
    }
}
