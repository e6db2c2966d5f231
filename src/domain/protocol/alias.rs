//! What is asked of an object as a name: where it leads, and to lead somewhere.

use crate::domain::job::kind::JobKind;
use crate::domain::names::ObjectName;
use crate::domain::webhook::event::Provider;
use serde::{Deserialize, Serialize};

/// Asks what this name is. The outcome is the reply: a job's home, a name that
/// leads elsewhere, a deleted job's, or free.
#[derive(Debug)]
pub struct Locate;

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
pub struct AliasTarget {
    /// The object that it leads to.
    pub home: ObjectName,
    /// Whether that is another job than was asked for.
    pub conflict: bool,
}

/// To an id's object: the job of this id lives at `home`. Leads there, unless
/// there is a job or a link here already. The reply is `None` if the job of this
/// name has been deleted.
#[derive(Debug, Serialize, Deserialize)]
pub struct PointTo {
    /// The object that the job lives in.
    pub home: ObjectName,
    /// What is known of it.
    #[serde(rename = "kin")]
    pub kind: JobKind,
}

/// To another name of a job that was deleted: leads to it no more.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Unlink(pub ObjectName);
