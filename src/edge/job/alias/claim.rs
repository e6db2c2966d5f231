//! Answers where a name leads, and lets it lead to a job.

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

/// Links a reference to the job that came with it, unless the name already
/// leads to another one. Many clients use one constant reference for all their
/// jobs, so a conflict is only reported.
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
    // A submitted job gets its id only from the upstream's answer.
    let kind = JobKind { provider, is_submitted: true };
    if mine.id.is_none() && !mine.is_apart_from(kind) {
        return take_id(home, *mine, id).await;
    }
    let is_it = yields || mine.id.as_ref() == Some(&id);
    Ok(AliasTarget { home: name, conflict: !is_it })
}

/// Gives the job here its id, which has become known, and points the id's
/// object here if that is free. Only the alarm moves the job there, so that no
/// delivery waits for a move and no two moves overlap.
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

/// Makes this name lead to `there`, unless something is here already.
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

/// Stops leading to the deleted job at `there`: the name is free again.
pub async fn unlink(home: &Home, there: &ObjectName) -> Result<(), Failure> {
    if matches!(home.store.slot()?, Slot::Alias(linked) if linked == *there) {
        home.store.forget_everything().await?;
    }
    Ok(())
}
