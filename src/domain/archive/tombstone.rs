//! The tombstone: the rest of a deleted job, which recognizes late deliveries.
//! It also lists what to delete once more, because a write may have been under
//! way.

use super::relink;
use crate::domain::access::tokens;
use crate::domain::job::record::Job;
use crate::domain::keys::{self, StorageKey};
use crate::domain::names::ObjectName;
use crate::domain::retry::Pace;
use crate::domain::time::{DAY, Timestamp};
use serde::{Deserialize, Serialize};

/// How long a tombstone recognizes late deliveries, in milliseconds: 30 days.
const LIFE_MS: u64 = 30 * DAY;

/// The tombstone of a deleted job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Tombstone {
    /// When the job was deleted.
    pub at: Timestamp,
    /// The object that the job lived in.
    pub home: ObjectName,
    /// The job's name in responses.
    pub id: String,
    /// The job's other names, which lead to its home.
    pub aliases: Vec<ObjectName>,
    /// The key of its manifest in the bucket.
    pub manifest: String,
    /// The day of the catalog that lists the job.
    pub day: String,
    /// When the job was created. Tombstones of the previous release do not say.
    pub created_at: Option<Timestamp>,
    /// The latest revision that the catalog may have received.
    pub revision: u64,
    /// The keys of files that are not below the job's names, because the job
    /// took them over from another object.
    pub keys: Vec<String>,
    /// The SHA-256 in hex of the nonce of each link that was given out.
    pub links: Vec<String>,
    /// Whether everything was deleted for the last time.
    pub swept: bool,
    /// Failed tries to delete everything.
    pub attempts: u32,
}

impl Tombstone {
    /// Returns the tombstone of `job`, deleted at `now`.
    #[must_use]
    pub fn of(job: &Job, now: Timestamp) -> Self {
        // While the id does not lead here, data under the id may belong to
        // another job.
        let id = job.id.clone().filter(|_| job.unlinked_id.is_none());
        let public = id.clone().unwrap_or_else(|| job.home.public());
        let id = id.map(ObjectName::Id);
        let reference = job.reference.clone().map(ObjectName::Reference);
        let aliases: Vec<_> =
            id.into_iter().chain(reference).filter(|name| *name != job.home).collect();
        let prefixes = prefixes(&job.home, &aliases);
        let is_below = |key: &str| prefixes.iter().any(|prefix| key.starts_with(prefix));
        let keys = job.files.iter().map(|file| file.key.clone()).filter(|key| !is_below(key));
        Self {
            at: now,
            home: job.home.clone(),
            id: public,
            manifest: StorageKey::Manifest { home: &job.home, created_at: job.created_at }.path(),
            day: job.created_at.day(),
            created_at: Some(job.created_at),
            revision: job.revision(),
            keys: keys.collect(),
            links: [relink::digest(&job.nonce)].into_iter().chain(job.old_links.clone()).collect(),
            swept: false,
            attempts: 0,
            aliases,
        }
    }

    /// Returns the prefixes of all the job's keys in the bucket, except
    /// `manifest` and `keys`.
    #[must_use]
    pub fn prefixes(&self) -> Vec<String> {
        prefixes(&self.home, &self.aliases)
    }

    /// Notes that everything was deleted once more. Returns when to do it
    /// again, or when the tombstone itself is deleted.
    ///
    /// The last time comes when no write can be under way any more. An instance
    /// that was reset may have left a write behind, and no run takes that long.
    pub fn note_swept(&mut self, pace: Pace, now: Timestamp) -> Timestamp {
        let last = self.at.plus(pace.last_sweep());
        self.swept = now >= last;
        if self.swept { self.ends_at() } else { last }
    }

    /// Returns when the tombstone is no longer needed.
    #[must_use]
    pub const fn ends_at(&self) -> Timestamp {
        self.at.plus(LIFE_MS)
    }

    /// Returns whether `nonce` was in a link to the job's files.
    #[must_use]
    pub fn knows_link(&self, nonce: &str) -> bool {
        let given = relink::digest(nonce);
        self.links.iter().any(|known| tokens::is_same_secret(known, &given))
    }
}

fn prefixes(home: &ObjectName, aliases: &[ObjectName]) -> Vec<String> {
    [home].into_iter().chain(aliases).flat_map(keys::prefixes_of_job).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixtures;

    #[test]
    fn an_id_that_leads_elsewhere_is_another_jobs() {
        let mut job = fixtures::job();
        job.home = ObjectName::Reference("order-7".into());
        job.unlinked_id.clone_from(&job.id);
        let tombstone = Tombstone::of(&job, Timestamp::from_millis(7));
        assert_eq!((tombstone.id.as_str(), tombstone.aliases.len()), ("ref:order-7", 0));
        assert!(tombstone.prefixes().iter().all(|prefix| !prefix.contains("437852")));
    }

    #[test]
    fn a_tombstone_sweeps_again_when_no_write_is_left() {
        let pace = Pace::new(2_000);
        let mut tombstone = Tombstone::of(&fixtures::job(), Timestamp::from_millis(7));
        let last = Timestamp::from_millis(7 + 20 * 60_000);
        assert_eq!(tombstone.note_swept(pace, Timestamp::from_millis(60_007)), last);
        assert!(!tombstone.swept);
        assert_eq!(tombstone.note_swept(pace, last), tombstone.ends_at());
        assert!(tombstone.swept);
    }

    #[test]
    fn a_tombstone_names_all_the_jobs_keys_and_no_others() {
        let mut job = fixtures::job();
        job.reference = Some("order-7".into());
        let tombstone = Tombstone::of(&job, Timestamp::from_millis(7));
        assert_eq!(tombstone.aliases, [ObjectName::Reference("order-7".into())]);
        let prefixes = tombstone.prefixes();
        for key in ["jobs/437852/0-a.mp4", "bodies/437852/ab", "results/ref:order-7/2-ab"] {
            assert!(prefixes.iter().any(|prefix| key.starts_with(prefix)), "{key}");
        }
        for key in ["jobs/4378521/0-a.mp4", "jobs/ref:order-71/0-a", "unmatched/437852"] {
            assert!(!prefixes.iter().any(|prefix| key.starts_with(prefix)), "{key}");
        }
        assert!(tombstone.knows_link(&job.nonce) && !tombstone.knows_link(""));
        let text = serde_json::to_string(&tombstone).unwrap();
        assert!(!text.contains(&job.nonce));
    }
}
