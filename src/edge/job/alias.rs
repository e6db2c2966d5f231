//! Names that lead to a job: references, and ids that become known late.
//!
//! A job lives where its first delivery went. When a reference's object holds
//! a job and its id turns up, the id's object is pointed here; if that holds a
//! job of its own, this one moves there, unless that is another job for sure:
//! then this one gives the id up. Either can be interrupted and is taken up
//! again by the alarm, because `unlinked_id` is in the record.

use super::Job;
use super::alarm::Run;
use crate::domain::archive::kv_copy::LeftCopy;
use crate::domain::gateway::submission;
use crate::domain::job::file::File;
use crate::domain::job::record::Job as Record;
use crate::domain::job::timeline::{BodyAt, Kept, Trust};
use crate::domain::names::ObjectName;
use crate::domain::protocol::{Command, DeliveredBody, Delivery, Kin, Moved, Reply};
use crate::domain::webhook::provider::Provider;
use crate::edge::platform::{self, Failure};
use crate::edge::rpc::job;
use crate::edge::storage::object::Slot;

/// Entries that are moved between two looks at the timeline.
const PAGE: usize = 40;

const fn at(home: ObjectName, known: bool, conflict: bool) -> Reply {
    Reply::At { home, known, conflict }
}

impl Job {
    /// Where this name's job lives.
    pub(super) fn locate(&self, name: ObjectName) -> Result<Reply, Failure> {
        Ok(match self.store.slot()? {
            Slot::Alias(home) => at(home, true, false),
            Slot::Job(_) => at(name, true, false),
            Slot::Deleted(tombstone) => Reply::Deleted(tombstone.id),
            Slot::Empty => at(name, false, false),
        })
    }

    /// A job has come in by this reference: link it, unless the name leads to
    /// another one. People use one constant reference for all their jobs, so
    /// that is noted and nothing more.
    pub(super) async fn claim(
        &self,
        name: ObjectName,
        id: String,
        home: ObjectName,
        yields: bool,
        provider: Option<Provider>,
    ) -> Result<Reply, Failure> {
        let store = &self.store;
        let mine = match store.slot()? {
            Slot::Empty if home != name => {
                self.lead_to(&home)?;
                return Ok(at(home, true, false));
            }
            Slot::Empty => return Ok(at(name, false, false)),
            Slot::Alias(linked) if linked == home || yields => return Ok(at(linked, true, false)),
            Slot::Alias(linked) => return Ok(at(linked, true, true)),
            Slot::Deleted(_) => return Ok(at(name, true, true)),
            Slot::Job(job) => job,
        };
        // What was submitted here has its id from the upstream's answer alone.
        let kin = Kin { provider, is_submitted: true };
        if mine.id.is_none() && !mine.is_apart_from(kin) {
            return self.adopt(*mine, id).await;
        }
        let is_it = yields || mine.id.as_ref() == Some(&id);
        Ok(at(name, true, !is_it))
    }

    /// The id of the job that lives here has become known. Its object is
    /// pointed here at once if it is free; moving there is left to the alarm,
    /// so that no delivery waits for it and no two moves overlap.
    async fn adopt(&self, mut job: Record, id: String) -> Result<Reply, Failure> {
        job.id = Some(id.clone());
        job.unlinked_id = Some(id);
        job.touch(platform::now());
        self.arm(&job).await?;
        self.note(&job, None)?;
        if let Err(Failure(text)) = self.point_id_here().await {
            platform::log_error(&text);
        }
        Ok(at(job.home, true, false))
    }

    /// Leads to `home` from now on, unless there is something here already.
    pub(super) fn point_to(
        &self,
        name: ObjectName,
        home: ObjectName,
        kin: Kin,
    ) -> Result<Reply, Failure> {
        let store = &self.store;
        Ok(match store.slot()? {
            Slot::Empty if name != home => {
                self.lead_to(&home)?;
                at(home, true, false)
            }
            Slot::Alias(linked) if linked == home => at(linked, true, false),
            Slot::Alias(linked) => Reply::Elsewhere(linked),
            Slot::Deleted(tombstone) => Reply::Deleted(tombstone.id),
            Slot::Job(job) => at(name, true, job.is_apart_from(kin)),
            Slot::Empty => at(name, true, false),
        })
    }

    /// Becomes an alias; who waits here is sent on.
    fn lead_to(&self, home: &ObjectName) -> Result<(), Failure> {
        self.store.become_alias(home)?;
        self.announce();
        Ok(())
    }

    /// Points the object of `unlinked_id` here, or moves the job there. Only
    /// the alarm calls this.
    pub(super) async fn link(&self, run: &Run) -> Result<(), Failure> {
        match self.point_id_here().await? {
            Some(home) => self.move_to(&home, run).await,
            None => Ok(()),
        }
    }

    /// Points the object of `unlinked_id` here; returns where that leads to
    /// instead, if it does.
    pub(super) async fn point_id_here(&self) -> Result<Option<ObjectName>, Failure> {
        let Some(job) = self.store.job()? else { return Ok(None) };
        let Some(id) = job.unlinked_id.clone() else { return Ok(None) };
        let command = Command::PointTo { home: job.home.clone(), kin: job.kin() };
        match job::ask_job(&self.env, &ObjectName::Id(id), &command).await? {
            Reply::At { home, .. } if home == job.home => self.linked().map(|()| None),
            Reply::At { home, conflict: false, .. } => Ok(Some(home)),
            Reply::At { .. } => self.give_up_id().map(|()| None),
            // What was submitted after the deletion is another job.
            Reply::Deleted(_) if job.submission.is_some() => self.give_up_id().map(|()| None),
            // This job is the one that was deleted.
            Reply::Deleted(_) => self.delete().await.map(|_| None),
            _ => Err(Failure::unexpected("linking")),
        }
    }

    fn give_up_id(&self) -> Result<(), Failure> {
        let Some(mut job) = self.store.job()? else { return Ok(()) };
        let entry = job.give_up_id(platform::now());
        self.note(&job, Some(&entry))
    }

    fn linked(&self) -> Result<(), Failure> {
        let Some(mut job) = self.store.job()? else {
            return Ok(());
        };
        job.unlinked_id = None;
        job.work.link.done(job.version);
        self.store.save(&job)
    }

    /// Replays this job's deliveries at `home` and leads there. Repeating it
    /// after a crash is harmless: `moved_events` says where to go on, and what
    /// has been moved once is known there by its key.
    async fn move_to(&self, home: &ObjectName, run: &Run) -> Result<(), Failure> {
        let store = &self.store;
        let mut is_retired = false;
        loop {
            let Some(job) = store.job()? else { return Ok(()) };
            let entries = self.entries_after(&job, job.work.moved_events, PAGE).await?;
            // Only what is still to be replayed is read from the bucket.
            if store.job()?.is_none_or(|now| now.events != job.events) {
                continue;
            }
            if entries.is_empty() && is_retired {
                // Nothing was awaited since the record was compared.
                if let Some(left) = LeftCopy::of(&job) {
                    store.save_left_copy(&left)?;
                }
                self.lead_to(home)?;
                return self.tidy().await;
            }
            if entries.is_empty() {
                self.retire(&job).await?;
                is_retired = true;
            }
            // Before the deliveries: what follows from them is handed on.
            if job.work.moved_events == 0
                && let Some(estate) = submission::estate(&job)
            {
                let command = Command::Inherit(Box::new(estate));
                let told = job::ask_job(&self.env, home, &command).await?;
                if matches!(told, Reply::At { conflict: true, .. }) {
                    return self.give_up_id();
                }
            }
            for kept in entries {
                // The next run goes on where this one stops.
                if !run.budget.take(1) {
                    return Ok(());
                }
                self.replay(&job, &kept, home).await?;
                self.moved(kept.entry.n)?;
            }
        }
    }

    async fn replay(&self, job: &Record, kept: &Kept, home: &ObjectName) -> Result<(), Failure> {
        let entry = &kept.entry;
        let body = match &entry.body {
            // What the vault asked for itself will be asked for there.
            _ if entry.trust.is_none() => return Ok(()),
            None => return Ok(()),
            Some(BodyAt::Bucket(key)) => DeliveredBody::Bucket(key.clone()),
            Some(BodyAt::Object) => DeliveredBody::Text(self.text_of(kept)?.unwrap_or_default()),
        };
        let delivery = Delivery {
            received_at: entry.received_at,
            body,
            sha256: entry.sha256.clone().unwrap_or_default(),
            origin: job.origin.clone(),
            trust: entry.trust.unwrap_or(Trust::Token),
            reference: job.reference.clone(),
            app: job.app.clone(),
            tags: job.tags.clone(),
            keep_days: job.keep_days,
            note: Some(format!("moved from {}", job.home)),
            named: None,
            moved: Some(Moved {
                key: format!("{}/{}", job.home, entry.n),
                archived: job.files.iter().filter_map(File::archived).collect(),
            }),
        };
        let command = Command::Deliver(Box::new(delivery));
        job::ask_job(&self.env, home, &command).await.map(drop)
    }

    fn moved(&self, n: u32) -> Result<(), Failure> {
        let Some(mut job) = self.store.job()? else {
            return Ok(());
        };
        job.work.moved_events = n;
        self.store.save(&job)
    }
}
