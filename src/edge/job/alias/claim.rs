//! What is asked of an object as a name: where it leads, and to lead somewhere.

use super::point::point_id_here;
use crate::domain::job::kin::Kin;
use crate::domain::job::record::Job;
use crate::domain::names::ObjectName;
use crate::domain::protocol::reply::Reply;
use crate::domain::webhook::event::Provider;
use crate::edge::job::home::Home;
use crate::edge::platform::{self, Failure};
use crate::edge::storage::object::Slot;

const fn at(home: ObjectName, known: bool, conflict: bool) -> Reply {
    Reply::At { home, known, conflict }
}

/// Where this name's job lives.
pub fn locate(home: &Home, name: ObjectName) -> Result<Reply, Failure> {
    Ok(match home.store.slot()? {
        Slot::Alias(home) => at(home, true, false),
        Slot::Job(_) => at(name, true, false),
        Slot::Deleted(tombstone) => Reply::Deleted(tombstone.id),
        Slot::Empty => at(name, false, false),
    })
}

/// A job has come in by this reference: link it, unless the name leads to
/// another one. People use one constant reference for all their jobs, so
/// that is noted and nothing more.
pub async fn claim(
    home: &Home,
    name: ObjectName,
    id: String,
    there: ObjectName,
    yields: bool,
    provider: Option<Provider>,
) -> Result<Reply, Failure> {
    let store = &home.store;
    let mine = match store.slot()? {
        Slot::Empty if there != name => {
            home.lead_to(&there)?;
            return Ok(at(there, true, false));
        }
        Slot::Empty => return Ok(at(name, false, false)),
        Slot::Alias(linked) if linked == there || yields => return Ok(at(linked, true, false)),
        Slot::Alias(linked) => return Ok(at(linked, true, true)),
        Slot::Deleted(_) => return Ok(at(name, true, true)),
        Slot::Job(job) => job,
    };
    // What was submitted here has its id from the upstream's answer alone.
    let kin = Kin { provider, is_submitted: true };
    if mine.id.is_none() && !mine.is_apart_from(kin) {
        return adopt(home, *mine, id).await;
    }
    let is_it = yields || mine.id.as_ref() == Some(&id);
    Ok(at(name, true, !is_it))
}

/// The id of the job that lives here has become known. Its object is
/// pointed here at once if it is free; moving there is left to the alarm,
/// so that no delivery waits for it and no two moves overlap.
async fn adopt(home: &Home, mut job: Job, id: String) -> Result<Reply, Failure> {
    job.id = Some(id.clone());
    job.unlinked_id = Some(id);
    job.touch(platform::now());
    home.commit(&job, None).await?;
    if let Err(failure) = point_id_here(home).await {
        failure.log();
    }
    Ok(at(job.home, true, false))
}

/// Leads to `there` from now on, unless there is something here already.
pub fn point_to(
    home: &Home,
    name: ObjectName,
    there: ObjectName,
    kin: Kin,
) -> Result<Reply, Failure> {
    let store = &home.store;
    Ok(match store.slot()? {
        Slot::Empty if name != there => {
            home.lead_to(&there)?;
            at(there, true, false)
        }
        Slot::Alias(linked) if linked == there => at(linked, true, false),
        Slot::Alias(linked) => Reply::Elsewhere(linked),
        Slot::Deleted(tombstone) => Reply::Deleted(tombstone.id),
        Slot::Job(job) => at(name, true, job.is_apart_from(kin)),
        Slot::Empty => at(name, true, false),
    })
}

/// Leads to the deleted job at `there` no more: the name is free again.
pub async fn unlink(home: &Home, there: &ObjectName) -> Result<Reply, Failure> {
    if matches!(home.store.slot()?, Slot::Alias(linked) if linked == *there) {
        home.store.forget_everything().await?;
    }
    Ok(Reply::Missing)
}
