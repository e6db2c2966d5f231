//! What the owner does to a job.

use crate::domain::job::record::Job;
use serde::{Deserialize, Serialize};

/// Copies what is not stored, and looks for files once more.
#[derive(Debug)]
pub struct Archive;

/// Hands the job's last event on again.
#[derive(Debug)]
pub struct HandOff;

/// What comes of handing on again.
#[derive(Debug, Serialize, Deserialize)]
pub enum HandedOn {
    /// The job's last event is handed on.
    Job(Box<Job>),
    /// There is nothing that could be handed on, or no one who would get it;
    /// the text says which.
    Nothing(String),
}

/// Gives the files new links.
#[derive(Debug)]
pub struct Relink;

/// Makes the object the job of the manifest with this key, if there is none
/// here.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Restore(pub String);

/// Deletes the job from every store.
#[derive(Debug)]
pub struct Delete;
