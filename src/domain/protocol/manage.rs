//! Commands by which the owner manages a job.

use crate::domain::job::record::Job;
use serde::{Deserialize, Serialize};

/// Copies files that are not stored, and looks for files again.
#[derive(Debug)]
pub struct Archive;

/// Hands the job's last event on again.
#[derive(Debug)]
pub struct HandOff;

/// The result of handing on again.
#[derive(Debug, Serialize, Deserialize)]
pub enum HandedOn {
    /// The job's last event is handed on again.
    Job(Box<Job>),
    /// There is no event to hand on, or no receiver; the text says which.
    Nothing(String),
}

/// Gives the files new links.
#[derive(Debug)]
pub struct Relink;

/// Restores the job from the manifest with this key, if the object is empty.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Restore(pub String);

/// Deletes the job from every store.
#[derive(Debug)]
pub struct Delete;
