//! Deletes a job from every store.
//!
//! The mark comes first, in place of the record: from then on the job is gone
//! for readers, and what is still writing finds the mark. Then the stores are
//! wiped, and a while later once more: a delivery's long body or a copy that
//! was under way may have been written in between. The mark goes last.

use super::Job;
use crate::domain::archive::tombstone::Tombstone;
use crate::domain::catalog::Question;
use crate::domain::job::record::Job as Record;
use crate::domain::names::ObjectName;
use crate::domain::protocol::{Command, Reply};
use crate::edge::platform::{self, During, Failure};
use crate::edge::rpc::{catalog, job};
use crate::edge::storage::object::Slot;
use crate::edge::storage::{bucket, kv};
use worker::Bucket;

impl Job {
    /// Deletes the job. It may be repeated; each time the stores are wiped.
    pub(super) async fn delete(&self) -> Result<Reply, Failure> {
        let tombstone = match self.store.slot()? {
            Slot::Alias(home) => return Ok(Reply::Elsewhere(home)),
            Slot::Empty => return Ok(Reply::Missing),
            Slot::Deleted(tombstone) => *tombstone,
            Slot::Job(job) => self.bury(&job).await?,
        };
        self.wipe(&tombstone).await?;
        Ok(Reply::Deleted(tombstone.id))
    }

    /// Puts the mark in the record's place; the alarm does the rest if this
    /// request does not get to it.
    async fn bury(&self, job: &Record) -> Result<Tombstone, Failure> {
        let now = platform::now();
        let tombstone = Tombstone::of(job, now);
        let again = now.plus(self.config.pace.lease_grace());
        platform::set_alarm_at(self.store.storage(), again).await?;
        self.store.bury(&tombstone)?;
        self.announce();
        Ok(tombstone)
    }

    /// The alarm of a deleted job: wipes the stores again, and in the end
    /// forgets that there was one.
    pub(super) async fn decay(&self, mut tombstone: Tombstone) -> Result<(), Failure> {
        let (store, now) = (&self.store, platform::now());
        if tombstone.ends_at() <= now {
            return self.forget(&tombstone).await;
        }
        let next = match self.wipe(&tombstone).await {
            Ok(()) => {
                tombstone.swept = true;
                tombstone.ends_at()
            }
            Err(Failure(text)) => {
                platform::log_error(&text);
                tombstone.attempts += 1;
                now.plus(self.config.pace.backoff(tombstone.attempts, platform::entropy()))
            }
        };
        platform::set_alarm_at(store.storage(), next).await?;
        store.save_tombstone(&tombstone)
    }

    /// Deletes all that there is of the job. Each step is tried, so that one
    /// store that fails does not keep the others full.
    async fn wipe(&self, tombstone: &Tombstone) -> Result<(), Failure> {
        let steps = [
            self.store.forget_all_but_tombstone(),
            self.wipe_bucket(tombstone).await,
            self.wipe_record(tombstone).await,
            self.unlist(tombstone).await,
        ];
        steps.into_iter().collect()
    }

    /// The copy is under one of its names; which one, the mark does not know.
    async fn wipe_record(&self, tombstone: &Tombstone) -> Result<(), Failure> {
        kv::delete(&self.env, &tombstone.home).await?;
        match ObjectName::id(&tombstone.id).filter(|id| *id != tombstone.home) {
            Some(id) => kv::delete(&self.env, &id).await,
            None => Ok(()),
        }
    }

    async fn wipe_bucket(&self, tombstone: &Tombstone) -> Result<(), Failure> {
        let bucket = bucket::open(&self.env)?;
        for prefix in tombstone.prefixes() {
            delete_below(&bucket, &prefix).await?;
        }
        let mut keys = tombstone.keys.clone();
        keys.push(tombstone.manifest.clone());
        bucket.delete_multiple(keys).await.during("deleting from the bucket")
    }

    async fn unlist(&self, tombstone: &Tombstone) -> Result<(), Failure> {
        let (home, revision) = (tombstone.home.clone(), tombstone.revision);
        let question = Question::Remove { home, revision };
        catalog::ask(&self.env, &tombstone.day, &question).await.map(drop)
    }

    /// The end of the mark: other names stop to lead here, then it goes too.
    async fn forget(&self, tombstone: &Tombstone) -> Result<(), Failure> {
        for name in &tombstone.aliases {
            let command = Command::Unlink(tombstone.home.clone());
            job::ask(&self.env, name, &command).await?;
        }
        self.store.forget_everything().await
    }

    /// A name that led to a deleted job is free again.
    pub(super) async fn unlink(&self, home: &ObjectName) -> Result<Reply, Failure> {
        if matches!(self.store.slot()?, Slot::Alias(linked) if linked == *home) {
            self.store.forget_everything().await?;
        }
        Ok(Reply::Missing)
    }

    /// A copy has come to its end after the job was deleted.
    pub(super) async fn discard(&self, key: &str) -> Result<(), Failure> {
        let bucket = bucket::open(&self.env)?;
        bucket.delete(key).await.during("deleting a file of a deleted job")
    }
}

async fn delete_below(bucket: &Bucket, prefix: &str) -> Result<(), Failure> {
    /// As many as the bucket deletes at once.
    const AT_ONCE: usize = 1_000;
    for keys in bucket::keys_below(bucket, prefix).await?.chunks(AT_ONCE) {
        bucket.delete_multiple(keys.to_vec()).await.during("deleting from the bucket")?;
    }
    Ok(())
}
