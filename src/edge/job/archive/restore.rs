//! Restores an object from its job's manifest.

use crate::domain::archive::manifest::{Manifest, Restored, around_result, is_seen};
use crate::domain::file::skeleton::Skeleton;
use crate::domain::job::kind::JobKind;
use crate::domain::job::record::Job;
use crate::domain::job::tasks::{KvCopy, TaskProgress};
use crate::domain::names::ObjectName;
use crate::domain::protocol::alias::PointTo;
use crate::domain::protocol::ingest::TakenUp;
use crate::domain::protocol::outcome::Routed;
use crate::edge::bodies::{SplicedText, scan};
use crate::edge::job::home::Home;
use crate::edge::platform::{During, Failure};
use crate::edge::rpc::job;
use crate::edge::storage::bucket;
use crate::edge::storage::object::{RecordExtras, Slot};

/// The longest manifest that is read in one piece, in bytes.
const MAX_WHOLE: u64 = 1024 * 1024;

/// Restores the job of the manifest at `key`, unless there is one already: that
/// is newer. Either way the job is published again.
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
    let during = format!("reading the manifest {key}");
    let manifest = manifest(home, key, &during).await?;
    if manifest.job.home != *name {
        return Err(Failure::new(&during, &format!("it is that of {}", manifest.job.home)));
    }
    Ok(manifest)
}

async fn manifest(home: &Home, key: &str, during: &str) -> Result<Manifest, Failure> {
    let bucket = bucket::open(&home.env)?;
    let size = bucket.head(key).await.during(during)?.map(|object| object.size());
    let size = size.ok_or_else(|| Failure::gone(during))?;
    if size > MAX_WHOLE
        && let Some(manifest) = long_manifest(home, key, during).await?
    {
        return Ok(manifest);
    }
    let text = bucket::text(&bucket, key).await?;
    Manifest::read(&text.ok_or_else(|| Failure::gone(during))?).during(during)
}

/// Reads a manifest whose result is too long for memory, without that result,
/// which has its own object in the bucket. `None` if the manifest is not of
/// this kind.
async fn long_manifest(home: &Home, key: &str, during: &str) -> Result<Option<Manifest>, Failure> {
    let Skeleton { text, gaps, is_shallow, .. } = scan(&home.env, key).await?.skeleton;
    let text = String::from_utf8(text).during(during)?;
    let rough = if is_shallow { None } else { Manifest::read(&text).ok() };
    let result = rough.as_ref().and_then(|rough| rough.job.result.as_ref());
    let Some((before, behind)) =
        result.and_then(|result| result.long()).and_then(|_| around_result(&text))
    else {
        return Ok(None);
    };
    let text = format!("{before}null{behind}");
    let text = SplicedText::of(key, &text, &gaps).text(&home.env).await?;
    Manifest::read(&text).during(during).map(Some)
}

/// Points the job's reference here. Returns `false` if it leads elsewhere: then
/// the reference, like its files, belongs to another job.
async fn leads_here(
    home: &Home,
    name: &ObjectName,
    reference: &ObjectName,
) -> Result<bool, Failure> {
    let lead_here = PointTo { home: name.clone(), kind: JobKind::default() };
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
    home.note_with(&restored.job, RecordExtras { result, ..RecordExtras::default() })?;
    Ok(TakenUp::New)
}

async fn publish_anew(home: &Home, mut job: Job, in_bucket: u64) -> Result<TakenUp, Failure> {
    if in_bucket != job.version {
        job.work.publish = TaskProgress::default();
    }
    job.work.list = TaskProgress::default();
    // The copy of a job that is in progress is still to be deleted.
    if job.is_settled() {
        job.work.set_kv_copy(KvCopy::None);
    }
    home.arm(&mut job).await?;
    home.store.save(&job)?;
    Ok(TakenUp::Known)
}
