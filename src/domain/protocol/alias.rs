//! Commands to an object as a name: where it leads, and where it should lead.

use crate::domain::job::kind::JobKind;
use crate::domain::names::ObjectName;
use crate::domain::sender::name::SenderName;
use serde::{Deserialize, Serialize};

/// Asks what this name is. The outcome is the reply: a job's home, an alias, a
/// deleted job's name, or a free name.
#[derive(Debug)]
pub struct Locate;

/// Tells a reference's object that job `id`, which lives at `home`, has come in
/// by this reference. Links the job if the name is free.
#[derive(Debug, Serialize, Deserialize)]
pub struct Claim {
    /// The job's id.
    pub id: String,
    /// The object that the id leads to.
    pub home: ObjectName,
    /// Whether the id comes only from a file's name and no such job is known.
    /// Then an existing link to another job stays.
    pub yields: bool,
    /// The provider whose format the delivery has, if a delivery came.
    pub provider: Option<SenderName>,
}

/// The target of a name.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AliasTarget {
    /// The object that the name leads to.
    pub home: ObjectName,
    /// Whether that object is another job than the command named.
    pub conflict: bool,
}

/// Tells an id's object that the job of this id lives at `home`. The object
/// becomes an alias to it, unless it already is a job or an alias. The reply is
/// `None` if the job of this name has been deleted.
#[derive(Debug, Serialize, Deserialize)]
pub struct PointTo {
    /// The object that the job lives in.
    pub home: ObjectName,
    /// The facts that distinguish the job from another of the same id.
    #[serde(rename = "kin")]
    pub kind: JobKind,
}

/// Tells another name of a deleted job to stop leading to it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Unlink(pub ObjectName);
