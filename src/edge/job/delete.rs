//! Deletes a job from every store.
//!
//! A tombstone first replaces the record: from then on the job is gone for
//! readers, and whatever still writes finds the tombstone. Then the stores are
//! wiped. A while later they are wiped once more, because a delivery's long body
//! or a copy in progress may have been written in between. The last wipe is when
//! no write can be in progress any more; the tombstone goes last.

use super::home::Home;
use crate::domain::archive::tombstone::Tombstone;
use crate::domain::job::record::Job;
use crate::domain::names::ObjectName;
use crate::domain::protocol::alias::Unlink;
use crate::domain::protocol::outcome::Outcome;
use crate::edge::platform::{self, During, Failure};
use crate::edge::rpc::{catalog, job};
use crate::edge::storage::object::Slot;
use crate::edge::storage::{bucket, kv};
use worker::Bucket;

/// Deletes the job. Calling it again is safe, and wipes the stores again.
pub async fn delete(home: &Home) -> Result<Outcome<()>, Failure> {
    match home.store.slot()? {
        Slot::Alias(there) => Ok(Outcome::Elsewhere(there)),
        Slot::Empty => Ok(Outcome::Missing),
        Slot::Deleted(tombstone) => {
            wipe(home, &tombstone).await?;
            Ok(Outcome::Deleted(tombstone.id))
        }
        Slot::Job(job) => {
            let tombstone = write_tombstone(home, &job).await?;
            wipe(home, &tombstone).await.map(Outcome::Here)
        }
    }
}

/// Replaces the record by a tombstone. The alarm finishes the deletion if this
/// request does not.
async fn write_tombstone(home: &Home, job: &Job) -> Result<Tombstone, Failure> {
    let now = platform::now();
    let tombstone = Tombstone::of(job, now);
    let again = now.plus(home.config.pace.lease_grace());
    home.set_alarm(again).await?;
    home.store.bury(&tombstone)?;
    home.announce();
    Ok(tombstone)
}

/// Runs the alarm of a deleted job: wipes the stores again, and finally forgets
/// the job.
pub async fn sweep(home: &Home, mut tombstone: Tombstone) -> Result<(), Failure> {
    let (store, now) = (&home.store, platform::now());
    if tombstone.ends_at() <= now {
        return forget(home, &tombstone).await;
    }
    let next = match wipe(home, &tombstone).await {
        Ok(()) => tombstone.note_swept(home.config.pace, now),
        Err(failure) => {
            failure.log();
            tombstone.attempts += 1;
            now.plus(home.config.pace.backoff(tombstone.attempts, platform::entropy()))
        }
    };
    home.set_alarm(next).await?;
    store.save_tombstone(&tombstone)
}

/// Deletes everything of the job. Each step is tried, so that one failing store
/// does not keep the others full.
async fn wipe(home: &Home, tombstone: &Tombstone) -> Result<(), Failure> {
    let steps = [
        home.store.forget_all_but_tombstone(),
        wipe_bucket(home, tombstone).await,
        wipe_record(home, tombstone).await,
        unlist(home, tombstone).await,
    ];
    steps.into_iter().collect()
}

/// Deletes the copy in KV. The tombstone does not know which of the job's names
/// it is under, so both are tried.
async fn wipe_record(home: &Home, tombstone: &Tombstone) -> Result<(), Failure> {
    kv::delete(&home.env, &tombstone.home).await?;
    match ObjectName::id(&tombstone.id).filter(|id| *id != tombstone.home) {
        Some(id) => kv::delete(&home.env, &id).await,
        None => Ok(()),
    }
}

async fn wipe_bucket(home: &Home, tombstone: &Tombstone) -> Result<(), Failure> {
    let bucket = bucket::open(&home.env)?;
    for prefix in tombstone.prefixes() {
        delete_below(&bucket, &prefix).await?;
    }
    let mut keys = tombstone.keys.clone();
    keys.push(tombstone.manifest.clone());
    bucket.delete_multiple(keys).await.during("deleting from the bucket")
}

async fn unlist(home: &Home, tombstone: &Tombstone) -> Result<(), Failure> {
    let Tombstone { day, home: place, created_at, revision, .. } = tombstone;
    catalog::remove(&home.env, day, place, *created_at, *revision).await
}

/// Ends the tombstone: other names stop leading here, then it is deleted too.
async fn forget(home: &Home, tombstone: &Tombstone) -> Result<(), Failure> {
    for name in &tombstone.aliases {
        job::ask(&home.env, name, Unlink(tombstone.home.clone())).await?;
    }
    home.store.forget_everything().await
}

async fn delete_below(bucket: &Bucket, prefix: &str) -> Result<(), Failure> {
    /// The most keys that the bucket deletes at once.
    const AT_ONCE: usize = 1_000;
    for keys in bucket::keys_below(bucket, prefix).await?.chunks(AT_ONCE) {
        bucket.delete_multiple(keys.to_vec()).await.during("deleting from the bucket")?;
    }
    Ok(())
}
