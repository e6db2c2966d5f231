//! Ties a caller's reference to the job of an id.

use crate::domain::names::ObjectName;
use crate::domain::protocol::command::Command;
use crate::domain::protocol::reply::Reply;
use crate::domain::webhook::event::Provider;
use crate::edge::platform::Failure;
use crate::edge::rpc::job;
use worker::Env;

/// The object that a delivery goes to.
pub struct There {
    /// The object.
    pub object: ObjectName,
    /// Whether the caller's reference leads to the same job.
    pub by_reference: bool,
    /// Something odd, for the timeline.
    pub note: Option<String>,
    /// The job that the body names, if it had no say.
    pub named: Option<String>,
}

impl There {
    /// Makes a delivery go to `object`.
    pub const fn at(object: ObjectName) -> Self {
        Self { object, by_reference: false, note: None, named: None }
    }
}

/// What a delivery or an import says of its job.
pub struct Named {
    /// The job's id.
    pub id: String,
    /// Whether that is only the id of a file's name.
    pub is_weak: bool,
    /// Whose format the delivery has, if one came.
    pub provider: Option<Provider>,
}

/// Links the reference to the job of `id`, or finds out where it leads. If
/// that fails the id is enough.
pub async fn claim(env: &Env, named: Named, reference: &ObjectName) -> There {
    let name = ObjectName::Id(named.id.clone());
    match try_claim(env, named, reference).await {
        Ok((object, true)) => There { by_reference: true, ..There::at(object) },
        Ok((object, false)) => There {
            note: Some(format!("refConflict: {reference} leads to another job")),
            ..There::at(object)
        },
        Err(failure) => {
            failure.log();
            let note = Some(format!("{reference} could not be linked"));
            There { note, ..There::at(name) }
        }
    }
}

/// Finds where the job of `id` lives, and whether the reference leads there.
async fn try_claim(
    env: &Env,
    Named { id, is_weak, provider }: Named,
    reference: &ObjectName,
) -> Result<(ObjectName, bool), Failure> {
    let name = ObjectName::Id(id.clone());
    let Some((home, known)) = locate(env, &name).await? else { return Ok((name, false)) };
    let claim = Command::Claim { id, home: home.clone(), yields: is_weak && !known, provider };
    match job::ask(env, reference, &claim).await? {
        Reply::At { home, conflict: false, .. } => Ok((home, true)),
        // Two names that were joined a moment ago may still differ.
        Reply::At { home: other, .. } => {
            let there = locate(env, &other).await?;
            let is_same = there.is_some_and(|(there, _)| there == home);
            Ok((home, is_same))
        }
        _ => Err(Failure::unexpected("claiming")),
    }
}

/// Finds where the job of a name lives, and whether there is one; `None` if it
/// has been deleted.
pub async fn locate(env: &Env, name: &ObjectName) -> Result<Option<(ObjectName, bool)>, Failure> {
    match job::ask(env, name, &Command::Locate).await? {
        Reply::At { home, known, .. } => Ok(Some((home, known))),
        Reply::Deleted(_) => Ok(None),
        _ => Err(Failure::unexpected("locating")),
    }
}
