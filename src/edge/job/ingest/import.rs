//! Imports a job that no delivery has named.

use super::apply::new_job;
use crate::domain::ingest::import::{self, Import};
use crate::domain::names::ObjectName;
use crate::domain::protocol::ingest::TakenUp;
use crate::domain::protocol::outcome::Routed;
use crate::edge::job::home::Home;
use crate::edge::platform::Failure;
use crate::edge::storage::object::Slot;

/// Imports the job; the alarm then asks the upstream for it.
pub async fn import(
    home: &Home,
    name: ObjectName,
    import: &Import,
) -> Result<Routed<TakenUp>, Failure> {
    let (job, taken) = match home.store.slot()? {
        Slot::Job(job) => (Some(*job), TakenUp::Known),
        Slot::Empty => (None, TakenUp::New),
        Slot::Alias(there) => return Ok(Routed::Elsewhere(there)),
        Slot::Deleted(_) => return Ok(Routed::Here(TakenUp::Deleted)),
    };
    let new_job = new_job(name, import.at, import.origin.clone());
    let (mut job, entry) = import::take(job, new_job, import);
    home.commit(&mut job, entry.as_ref()).await?;
    Ok(Routed::Here(taken))
}
