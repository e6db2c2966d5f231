//! Links a caller's reference to the job of an id.

use crate::domain::names::ObjectName;
use crate::domain::protocol::alias::{AliasTarget, Claim, Locate};
use crate::domain::protocol::outcome::Outcome;
use crate::domain::sender::name::SenderName;
use crate::edge::platform::Failure;
use crate::edge::rpc::job;
use worker::Env;

/// The object that a delivery goes to.
pub struct Destination {
    /// The object.
    pub object: ObjectName,
    /// Whether the caller's reference leads to the same job.
    pub by_reference: bool,
    /// A note for the timeline, if something was odd.
    pub note: Option<String>,
    /// The job that the body names, if the capability overruled it.
    pub named: Option<String>,
}

impl Destination {
    /// Makes a delivery go to `object`.
    pub const fn at(object: ObjectName) -> Self {
        Self { object, by_reference: false, note: None, named: None }
    }
}

/// Where the job of a name lives.
pub enum Located {
    /// The job lives in this object, or would live there.
    At {
        /// The object.
        home: ObjectName,
        /// Whether the job exists.
        known: bool,
    },
    /// The job was deleted.
    Deleted,
}

/// The job that a delivery or an import names.
pub struct NamedJob {
    /// The job's id.
    pub id: String,
    /// Whether the id comes only from the name of a file.
    pub is_weak: bool,
    /// The provider whose format the delivery has, if there is a delivery.
    pub provider: Option<SenderName>,
}

/// Links the reference to the job of `id`, or finds out where it leads. If that
/// fails, the id alone decides.
pub async fn claim(env: &Env, named: NamedJob, reference: &ObjectName) -> Destination {
    let name = ObjectName::Id(named.id.clone());
    match try_claim(env, named, reference).await {
        Ok((object, true)) => Destination { by_reference: true, ..Destination::at(object) },
        Ok((object, false)) => Destination {
            note: Some(format!("refConflict: {reference} leads to another job")),
            ..Destination::at(object)
        },
        Err(failure) => {
            failure.log();
            let note = Some(format!("{reference} could not be linked"));
            Destination { note, ..Destination::at(name) }
        }
    }
}

/// Returns where the job of `id` lives, and whether the reference leads there.
async fn try_claim(
    env: &Env,
    NamedJob { id, is_weak, provider }: NamedJob,
    reference: &ObjectName,
) -> Result<(ObjectName, bool), Failure> {
    let name = ObjectName::Id(id.clone());
    let Located::At { home, known } = locate(env, &name).await? else { return Ok((name, false)) };
    let claim = Claim { id, home: home.clone(), yields: is_weak && !known, provider };
    let AliasTarget { home: other, conflict } = job::ask(env, reference, claim).await?;
    if !conflict {
        return Ok((other, true));
    }
    // Two names that were joined a moment ago may still give different homes.
    let there = locate(env, &other).await?;
    let is_same = matches!(there, Located::At { home: there, .. } if there == home);
    Ok((home, is_same))
}

/// Asks where the job of a name lives, and whether it exists.
pub async fn locate(env: &Env, name: &ObjectName) -> Result<Located, Failure> {
    Ok(match job::ask(env, name, Locate).await? {
        Outcome::Here(()) => Located::At { home: name.clone(), known: true },
        Outcome::Elsewhere(home) => Located::At { home, known: true },
        Outcome::Missing => Located::At { home: name.clone(), known: false },
        Outcome::Deleted(_) => Located::Deleted,
    })
}
