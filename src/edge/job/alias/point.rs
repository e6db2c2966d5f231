//! Points the object of an id that became known late to this job.

use crate::domain::names::ObjectName;
use crate::domain::protocol::alias::{AliasTarget, PointTo};
use crate::edge::job::delete::delete;
use crate::edge::job::home::Home;
use crate::edge::platform::{self, Failure};
use crate::edge::rpc::job;

/// Points the object of `unlinked_id` here. Returns the object of another job
/// if the id already leads there.
pub async fn point_id_here(home: &Home) -> Result<Option<ObjectName>, Failure> {
    let Some(job) = home.store.job()? else { return Ok(None) };
    let Some(id) = job.unlinked_id.clone() else { return Ok(None) };
    let point = PointTo { home: job.home.clone(), kind: job.kind() };
    match job::ask_job(&home.env, &ObjectName::Id(id), point).await? {
        Some(lead) if lead.home == job.home => linked(home)?,
        Some(AliasTarget { home: there, conflict: false }) => return Ok(Some(there)),
        Some(_) => release_id(home)?,
        // A job that was submitted after the deletion is another one.
        None if job.submission.is_some() => release_id(home)?,
        // This job is the one that was deleted.
        None => drop(delete(home).await?),
    }
    Ok(None)
}

/// Gives the id up, because it belongs to another job.
pub fn release_id(home: &Home) -> Result<(), Failure> {
    let Some(mut job) = home.store.job()? else { return Ok(()) };
    let entry = job.release_id(platform::now());
    home.note(&job, Some(&entry))
}

fn linked(home: &Home) -> Result<(), Failure> {
    let Some(mut job) = home.store.job()? else {
        return Ok(());
    };
    job.unlinked_id = None;
    job.work.link.done(job.version);
    home.store.save(&job)
}
