//! What a command finds here: the job, or why the caller has to look elsewhere.

use crate::domain::job::record::Job;
use crate::domain::names::ObjectName;
use crate::domain::protocol::reply::Reply;
use crate::edge::storage::object::Slot;

/// What is here.
pub enum Found<T> {
    /// The job.
    Here(T),
    /// The name only leads to this object.
    Elsewhere(ObjectName),
    /// The job was deleted; the text names it.
    Deleted(String),
    /// No job.
    Missing,
}

impl From<Slot> for Found<Box<Job>> {
    fn from(slot: Slot) -> Self {
        match slot {
            Slot::Job(job) => Self::Here(job),
            Slot::Alias(home) => Self::Elsewhere(home),
            Slot::Deleted(tombstone) => Self::Deleted(tombstone.id),
            Slot::Empty => Self::Missing,
        }
    }
}

/// A job as the answer to a command that has changed it.
impl From<Box<Job>> for Reply {
    fn from(job: Box<Job>) -> Self {
        Self::Job { job, result: None }
    }
}

impl<T: Into<Self>> From<Found<T>> for Reply {
    fn from(found: Found<T>) -> Self {
        match found {
            Found::Here(here) => here.into(),
            Found::Elsewhere(home) => Self::Elsewhere(home),
            Found::Deleted(id) => Self::Deleted(id),
            Found::Missing => Self::Missing,
        }
    }
}
