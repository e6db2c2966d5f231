//! Makes the object what it was, from the job's manifest.

use crate::domain::archive::manifest::{Manifest, Restored, is_seen};
use crate::domain::job::chores::{Chore, KvCopy};
use crate::domain::job::kin::Kin;
use crate::domain::job::record::Job;
use crate::domain::names::ObjectName;
use crate::domain::protocol::alias::PointTo;
use crate::domain::protocol::ingest::TakenUp;
use crate::domain::protocol::outcome::Routed;
use crate::edge::job::home::Home;
use crate::edge::platform::{During, Failure};
use crate::edge::rpc::job;
use crate::edge::storage::bucket;
use crate::edge::storage::object::{Came, Slot};

/// Restores the job of the manifest at `key`, unless there is one: that is
/// newer. It is published again either way.
pub async fn restore(home: &Home, name: &ObjectName, key: &str) -> Result<TakenUp, Failure> {
    let mut restored = read(home, name, key).await?.restored();
    if let Some(reference) = &restored.reference
        && !leads_here(home, name, reference).await?
    {
        restored.job.reference = None;
    }
    match home.store.slot()? {
        Slot::Job(job) => publish_anew(home, *job, restored.job.version).await,
        Slot::Alias(_) => Ok(TakenUp::Known),
        Slot::Deleted(_) => Ok(TakenUp::Deleted),
        Slot::Empty => become_job(home, restored).await,
    }
}

async fn read(home: &Home, name: &ObjectName, key: &str) -> Result<Manifest, Failure> {
    let text = bucket::text(&bucket::open(&home.env)?, key).await?;
    let during = format!("reading the manifest {key}");
    let text = text.ok_or_else(|| Failure::gone(&during))?;
    let manifest = Manifest::read(&text).during(&during)?;
    if manifest.job.home != *name {
        return Err(Failure::new(&during, &format!("it is that of {}", manifest.job.home)));
    }
    Ok(manifest)
}

/// Has the job's reference lead here. One that leads elsewhere is another
/// job's, and so are its files.
async fn leads_here(
    home: &Home,
    name: &ObjectName,
    reference: &ObjectName,
) -> Result<bool, Failure> {
    let lead_here = PointTo { home: name.clone(), kin: Kin::default() };
    let reply = job::ask(&home.env, reference, lead_here).await?;
    Ok(matches!(reply, Routed::Here(Some(lead)) if lead.home == *name))
}

async fn become_job(home: &Home, mut restored: Restored) -> Result<TakenUp, Failure> {
    home.arm(&mut restored.job).await?;
    for kept in &restored.events {
        let seen = kept.entry.sha256.as_deref().filter(|_| is_seen(&kept.entry));
        home.store.save_apart(kept, seen)?;
    }
    let result = restored.result.as_deref();
    home.note_with(&restored.job, Came { result, ..Came::default() })?;
    Ok(TakenUp::New)
}

async fn publish_anew(home: &Home, mut job: Job, in_bucket: u64) -> Result<TakenUp, Failure> {
    if in_bucket != job.version {
        job.work.publish = Chore::default();
    }
    job.work.list = Chore::default();
    // That of a job that goes on is still to be deleted.
    if job.is_settled() {
        job.work.set_kv_copy(KvCopy::None);
    }
    home.arm(&mut job).await?;
    home.store.save(&job)?;
    Ok(TakenUp::Known)
}
