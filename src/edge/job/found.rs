//! Finds the job of a command, and turns its absence into an outcome.

use crate::domain::job::record::Job;
use crate::domain::names::ObjectName;
use crate::domain::protocol::outcome::Outcome;
use crate::edge::platform::Failure;
use crate::edge::storage::object::Slot;

/// Why a command does nothing here.
pub enum CommandError {
    /// The name only leads to the job at this object.
    Elsewhere(ObjectName),
    /// The job was deleted; the text is its id.
    Deleted(String),
    /// There is no job here.
    Missing,
    /// A call of the platform failed.
    Failed(Failure),
}

impl From<Failure> for CommandError {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// Returns the job of `slot`, or where it is or why it is missing.
pub fn here(slot: Slot) -> Result<Box<Job>, CommandError> {
    match slot {
        Slot::Job(job) => Ok(job),
        Slot::Alias(home) => Err(CommandError::Elsewhere(home)),
        Slot::Deleted(tombstone) => Err(CommandError::Deleted(tombstone.id)),
        Slot::Empty => Err(CommandError::Missing),
    }
}

/// Turns a command's end into the outcome that is sent.
pub fn outcome<T>(end: Result<T, CommandError>) -> Result<Outcome<T>, Failure> {
    match end {
        Ok(here) => Ok(Outcome::Here(here)),
        Err(CommandError::Elsewhere(home)) => Ok(Outcome::Elsewhere(home)),
        Err(CommandError::Deleted(id)) => Ok(Outcome::Deleted(id)),
        Err(CommandError::Missing) => Ok(Outcome::Missing),
        Err(CommandError::Failed(failure)) => Err(failure),
    }
}
