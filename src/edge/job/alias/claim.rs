//! What is asked of an object as a name: where it leads, and to lead somewhere.

use super::point::point_id_here;
use crate::domain::job::kind::JobKind;
use crate::domain::job::record::Job;
use crate::domain::names::ObjectName;
use crate::domain::protocol::alias::{AliasTarget, Claim, PointTo};
use crate::domain::protocol::outcome::Routed;
use crate::edge::job::home::Home;
use crate::edge::platform::{self, Failure};
use crate::edge::storage::object::Slot;

const fn at(home: ObjectName) -> AliasTarget {
    AliasTarget { home, conflict: false }
}

/// A job has come in by this reference: link it, unless the name leads to
/// another one. People use one constant reference for all their jobs, so
/// that is noted and nothing more.
pub async fn claim(home: &Home, name: ObjectName, claim: Claim) -> Result<AliasTarget, Failure> {
    let Claim { id, home: there, yields, provider } = claim;
    let mine = match home.store.slot()? {
        Slot::Empty if there != name => {
            home.lead_to(&there)?;
            return Ok(at(there));
        }
        Slot::Empty => return Ok(at(name)),
        Slot::Alias(linked) => {
            let conflict = linked != there && !yields;
            return Ok(AliasTarget { home: linked, conflict });
        }
        Slot::Deleted(_) => return Ok(AliasTarget { home: name, conflict: true }),
        Slot::Job(job) => job,
    };
    // What was submitted here has its id from the upstream's answer alone.
    let kind = JobKind { provider, is_submitted: true };
    if mine.id.is_none() && !mine.is_apart_from(kind) {
        return take_id(home, *mine, id).await;
    }
    let is_it = yields || mine.id.as_ref() == Some(&id);
    Ok(AliasTarget { home: name, conflict: !is_it })
}

/// The id of the job that lives here has become known. Its object is
/// pointed here at once if it is free; moving there is left to the alarm,
/// so that no delivery waits for it and no two moves overlap.
async fn take_id(home: &Home, mut job: Job, id: String) -> Result<AliasTarget, Failure> {
    job.id = Some(id.clone());
    job.unlinked_id = Some(id);
    job.touch(platform::now());
    home.commit(&mut job, None).await?;
    if let Err(failure) = point_id_here(home).await {
        failure.log();
    }
    Ok(at(job.home))
}

/// Leads to `there` from now on, unless there is something here already.
pub fn point_to(
    home: &Home,
    name: ObjectName,
    point: PointTo,
) -> Result<Routed<Option<AliasTarget>>, Failure> {
    let PointTo { home: there, kind } = point;
    let lead = match home.store.slot()? {
        Slot::Empty if name != there => {
            home.lead_to(&there)?;
            at(there)
        }
        Slot::Alias(linked) if linked == there => at(linked),
        Slot::Alias(linked) => return Ok(Routed::Elsewhere(linked)),
        Slot::Deleted(_) => return Ok(Routed::Here(None)),
        Slot::Job(job) => AliasTarget { home: name, conflict: job.is_apart_from(kind) },
        Slot::Empty => at(name),
    };
    Ok(Routed::Here(Some(lead)))
}

/// Leads to the deleted job at `there` no more: the name is free again.
pub async fn unlink(home: &Home, there: &ObjectName) -> Result<(), Failure> {
    if matches!(home.store.slot()?, Slot::Alias(linked) if linked == *there) {
        home.store.forget_everything().await?;
    }
    Ok(())
}
