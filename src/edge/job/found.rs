//! What a command finds in the object, and how it ends where there is no job.

use crate::domain::job::record::Job;
use crate::domain::names::ObjectName;
use crate::domain::protocol::outcome::Outcome;
use crate::edge::platform::Failure;
use crate::edge::storage::object::Slot;

/// Why a command does nothing here.
pub enum CommandError {
    /// The name only leads to this object.
    Elsewhere(ObjectName),
    /// The job was deleted; the text names it.
    Deleted(String),
    /// No job.
    Missing,
    /// A call of the platform failed.
    Failed(Failure),
}

impl From<Failure> for CommandError {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// Returns the job that must be here.
pub fn here(slot: Slot) -> Result<Box<Job>, CommandError> {
    match slot {
        Slot::Job(job) => Ok(job),
        Slot::Alias(home) => Err(CommandError::Elsewhere(home)),
        Slot::Deleted(tombstone) => Err(CommandError::Deleted(tombstone.id)),
        Slot::Empty => Err(CommandError::Missing),
    }
}

/// Returns what is told of a command's end.
pub fn outcome<T>(end: Result<T, CommandError>) -> Result<Outcome<T>, Failure> {
    match end {
        Ok(here) => Ok(Outcome::Here(here)),
        Err(CommandError::Elsewhere(home)) => Ok(Outcome::Elsewhere(home)),
        Err(CommandError::Deleted(id)) => Ok(Outcome::Deleted(id)),
        Err(CommandError::Missing) => Ok(Outcome::Missing),
        Err(CommandError::Failed(failure)) => Err(failure),
    }
}
