//! What is asked of an object as a name: where it leads, and to lead somewhere.

use crate::domain::job::kin::Kin;
use crate::domain::names::ObjectName;
use crate::domain::webhook::event::Provider;
use serde::{Deserialize, Serialize};

/// Asks where this name's job lives, and whether there is one.
#[derive(Debug)]
pub struct Locate;

/// Where a name's job lives.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Located {
    /// In this object, or it would.
    At {
        /// The object.
        home: ObjectName,
        /// Whether there is a job.
        known: bool,
    },
    /// The job has been deleted.
    Deleted,
}

/// To a reference's object: job `id`, which lives at `home`, has come in by
/// this reference. Links it if the name is free.
#[derive(Debug, Serialize, Deserialize)]
pub struct Claim {
    /// The job's id.
    pub id: String,
    /// The object that the id leads to.
    pub home: ObjectName,
    /// Whether the id is only that of a file's name and no such job is known:
    /// then a link to another job wins.
    pub yields: bool,
    /// Whose format the delivery has, if one came.
    pub provider: Option<Provider>,
}

/// Where a name leads now.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lead {
    /// The object that it leads to.
    pub home: ObjectName,
    /// Whether that is another job than was asked for.
    pub conflict: bool,
}

/// To an id's object: the job of this id lives at `home`. Leads there, unless
/// there is a job or a link here already.
#[derive(Debug, Serialize, Deserialize)]
pub struct PointTo {
    /// The object that the job lives in.
    pub home: ObjectName,
    /// What is known of it.
    pub kin: Kin,
}

/// What comes of pointing a name to a job.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PointedTo {
    /// The name leads to a job.
    Job(Lead),
    /// The job of this name has been deleted.
    Deleted,
}

/// To another name of a job that was deleted: leads to it no more.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Unlink(pub ObjectName);
