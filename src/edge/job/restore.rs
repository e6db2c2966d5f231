//! Makes the object what it was, from the job's manifest.

use super::Job;
use crate::domain::alarm::plan::Chore;
use crate::domain::archive::manifest::{Manifest, Restored, is_seen};
use crate::domain::job::record::Job as Record;
use crate::domain::names::ObjectName;
use crate::domain::protocol::{Command, Kin, Reply};
use crate::edge::platform::{During, Failure};
use crate::edge::rpc::job;
use crate::edge::storage::bucket;
use crate::edge::storage::object::Slot;

impl Job {
    /// Restores the job of the manifest at `key`, unless there is one: that is
    /// newer. It is published again either way.
    pub(super) async fn restore(&self, name: &ObjectName, key: &str) -> Result<Reply, Failure> {
        let text = bucket::text(&bucket::open(&self.env)?, key).await?;
        let text = text.ok_or_else(|| Failure(format!("the manifest {key} is gone")))?;
        let manifest = Manifest::read(&text).during(&format!("reading the manifest {key}"))?;
        drop(text);
        if manifest.job.home != *name {
            return Err(Failure(format!("the manifest {key} is that of {}", manifest.job.home)));
        }
        let mut restored = manifest.restored();
        if let Some(reference) = &restored.reference {
            let lead_here = Command::PointTo { home: name.clone(), kin: Kin::default() };
            let there = job::ask(&self.env, reference, &lead_here).await?;
            // One that leads elsewhere is another job's, and so are its files.
            if !matches!(there, Reply::At { home, .. } if home == *name) {
                restored.job.reference = None;
            }
        }
        match self.store.slot()? {
            Slot::Deleted(tombstone) => Ok(Reply::Deleted(tombstone.id)),
            Slot::Alias(_) => Ok(Reply::Known { is_new: false }),
            Slot::Job(job) => self.publish_anew(*job, restored.job.version).await,
            Slot::Empty => self.become_job(restored).await,
        }
    }

    async fn become_job(&self, restored: Restored) -> Result<Reply, Failure> {
        self.arm(&restored.job).await?;
        let store = &self.store;
        for kept in restored.events {
            store.save_entry(&kept.entry)?;
            if let Some(text) = &kept.text {
                store.save_body(kept.entry.n, text)?;
            }
            if let Some(sha256) = kept.entry.sha256.as_deref().filter(|_| is_seen(&kept.entry)) {
                store.save_seen(sha256, kept.entry.n)?;
            }
        }
        if let Some(text) = &restored.result {
            store.save_result(text)?;
        }
        self.note(&restored.job, None)?;
        Ok(Reply::Known { is_new: true })
    }

    async fn publish_anew(&self, mut job: Record, in_bucket: u64) -> Result<Reply, Failure> {
        if in_bucket != job.version {
            job.work.publish = Chore::default();
        }
        job.work.list = Chore::default();
        // That of a job that goes on is still to be deleted.
        if job.is_settled() {
            job.work.record = Chore::default();
        }
        self.arm(&job).await?;
        self.store.save(&job)?;
        Ok(Reply::Known { is_new: false })
    }
}
