//! The row of a job in the catalog of its day.

use super::cursor::PageCursor;
use crate::domain::cost::Cost;
use crate::domain::cost::sums::Spent;
use crate::domain::job::file::{File, FileStatus};
use crate::domain::job::outbox::State;
use crate::domain::job::record::Job;
use crate::domain::names::ObjectName;
use crate::domain::time::Timestamp;
use crate::domain::view::summary::{self, Summary};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A job's row.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Row {
    /// The name of the job's object.
    pub home: ObjectName,
    /// The [`Job::revision`]. An older row never replaces a newer one.
    pub revision: u64,
    /// The record's version. The live feed sends a row only when it is new.
    pub version: u64,
    /// The scheme and host for the summary's URLs, which are relative.
    pub origin: String,
    /// The summary that readers get.
    pub summary: Summary,
    /// The job's numbers, which the day adds up.
    pub numbers: Numbers,
    /// The job's cost, which the day adds up too: `{amount} {unit} {sender}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<String>,
    /// The hosts that were not allowed, each once: of skipped outputs, and of
    /// redirects.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skipped_hosts: Vec<String>,
}

impl Row {
    /// Returns the row of `job` as it is now.
    #[must_use]
    pub fn of(job: &Job) -> Self {
        Self {
            home: job.home.clone(),
            revision: job.revision(),
            version: job.version,
            origin: job.origin.clone(),
            summary: summary::summary(job),
            numbers: Numbers::of(job),
            cost: job.cost.as_deref().map(|text| {
                let Cost { amount, unit, .. } = Cost::of(text);
                format!("{amount} {unit} {}", job.provider)
            }),
            skipped_hosts: skipped_hosts(job),
        }
    }

    /// Returns the job's cost, if it is known.
    #[must_use]
    pub fn spent(&self) -> Option<Spent<'_>> {
        let (amount, rest) = self.cost.as_deref()?.split_once(' ')?;
        let (unit, sender) = rest.split_once(' ')?;
        Some(Spent { amount, unit, sender, app: self.summary.app.as_deref() })
    }

    /// Returns the row's place in a listing.
    #[must_use]
    pub fn place(&self) -> PageCursor {
        PageCursor { created_at: self.summary.created_at, home: self.home.to_string() }
    }
}

/// The most hosts that a row names.
const MAX_SKIPPED_HOSTS: usize = 8;

fn skipped_hosts(job: &Job) -> Vec<String> {
    let skipped = job.skipped.iter().filter_map(|skipped| skipped.allow.as_ref());
    let led_to = job.files.iter().filter(|file| file.served);
    let led_to = led_to.filter_map(|file| file.redirect_host.as_ref());
    let mut hosts: Vec<String> = Vec::new();
    for host in skipped.chain(led_to) {
        if hosts.len() < MAX_SKIPPED_HOSTS && !hosts.contains(host) {
            hosts.push(host.clone());
        }
    }
    hosts
}

/// The numbers of a job, or the sums of many.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Numbers {
    /// Files of the served result that are still to be copied.
    pub pending: u64,
    /// Files of the served result that are stored.
    pub stored: u64,
    /// Files of the served result that are lost.
    pub lost: u64,
    /// The bytes of stored files, older results included.
    pub bytes: u64,
    /// Results and fresh URLs that the vault got by asking the upstream.
    pub heals: u64,
    /// Jobs for which the vault has given up asking the upstream.
    #[serde(default)]
    pub exhausted: u64,
    /// When the oldest file that is still to be copied was found.
    pub oldest_pending: Option<Timestamp>,
    /// The shortest time that a URL was still valid when its file was stored,
    /// in milliseconds.
    pub smallest_slack: Option<u64>,
    /// Messages that are still to be handed on.
    #[serde(default)]
    pub handoff_pending: u64,
    /// Jobs whose last message to a destination was given up.
    #[serde(default)]
    pub handoff_failed: u64,
    /// Deliveries by `type/trust/outcome`.
    pub tally: BTreeMap<String, u64>,
}

impl Numbers {
    fn of(job: &Job) -> Self {
        let served = |state| job.files.iter().filter(move |f| f.served && f.status() == state);
        let stored = job.files.iter().filter_map(File::stored);
        Self {
            pending: served(FileStatus::Pending).count() as u64,
            stored: served(FileStatus::Stored).count() as u64,
            lost: served(FileStatus::Lost).count() as u64,
            bytes: stored.map(|object| object.size).sum(),
            heals: u64::from(job.heals),
            handoff_pending: job.handoff.pending().count() as u64,
            handoff_failed: u64::from(job.handoff.state() == Some(State::Failed)),
            exhausted: u64::from(job.healing.exhausted),
            oldest_pending: served(FileStatus::Pending).map(|file| file.found_at).min(),
            smallest_slack: job.files.iter().filter_map(|file| file.stored()?.slack_ms).min(),
            tally: job.tally.clone(),
        }
    }
}
