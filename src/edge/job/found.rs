//! What a command finds in the object, and how it ends where there is no job.

use crate::domain::job::record::Job;
use crate::domain::names::ObjectName;
use crate::domain::protocol::outcome::Outcome;
use crate::edge::platform::Failure;
use crate::edge::storage::object::Slot;

/// Why a command does nothing here.
pub enum Stop {
    /// The name only leads to this object.
    Elsewhere(ObjectName),
    /// The job was deleted; the text names it.
    Deleted(String),
    /// No job.
    Missing,
    /// A call of the platform failed.
    Failed(Failure),
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// Returns the job that must be here.
pub fn here(slot: Slot) -> Result<Box<Job>, Stop> {
    match slot {
        Slot::Job(job) => Ok(job),
        Slot::Alias(home) => Err(Stop::Elsewhere(home)),
        Slot::Deleted(tombstone) => Err(Stop::Deleted(tombstone.id)),
        Slot::Empty => Err(Stop::Missing),
    }
}

/// Returns what is told of a command's end.
pub fn outcome<T>(end: Result<T, Stop>) -> Result<Outcome<T>, Failure> {
    match end {
        Ok(here) => Ok(Outcome::Here(here)),
        Err(Stop::Elsewhere(home)) => Ok(Outcome::Elsewhere(home)),
        Err(Stop::Deleted(id)) => Ok(Outcome::Deleted(id)),
        Err(Stop::Missing) => Ok(Outcome::Missing),
        Err(Stop::Failed(failure)) => Err(failure),
    }
}
