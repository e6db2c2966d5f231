//! The only place that spells the keys of stored objects and the durable paths.

use crate::domain::names::ObjectName;
use crate::domain::time::Timestamp;

/// The prefix of all manifests' keys.
pub const MANIFESTS: &str = "manifests/";
/// The prefix of the keys of all bodies that are being received.
pub const INCOMING: &str = "incoming/";
/// The prefix of all unmatched deliveries' keys.
pub const UNMATCHED: &str = "unmatched/";

/// The objects in the `FILES` bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StorageKey<'a> {
    /// An output file's bytes.
    File {
        /// The job's object.
        home: &'a ObjectName,
        /// The file's number.
        n: u32,
        /// The file's safe name.
        name: &'a str,
    },
    /// A job's record with its timeline, from which the vault can be rebuilt.
    Manifest {
        /// The job's object.
        home: &'a ObjectName,
        /// When the job was created; its day is part of the key.
        created_at: Timestamp,
    },
    /// The body of a delivery that is too large for the job's object.
    Body {
        /// The job's object.
        home: &'a ObjectName,
        /// The SHA-256 of the body in hex, so that repeated deliveries share
        /// one object.
        sha256: &'a str,
    },
    /// A result that is too large for the job's object.
    Result {
        /// The job's object.
        home: &'a ObjectName,
        /// The number of its delivery.
        delivery: u32,
        /// The SHA-256 of that delivery's body in hex. Two deliveries may
        /// compete for the same number while their results are written.
        sha256: &'a str,
    },
    /// A page of old timeline entries.
    Timeline {
        /// The job's object.
        home: &'a ObjectName,
        /// The number of its last entry.
        until: u32,
    },
    /// A delivery that belongs to no known job.
    Unmatched {
        /// When the delivery arrived; the keys sort by it.
        at: Timestamp,
        /// The SHA-256 of the body in hex.
        sha256: &'a str,
    },
    /// A long body that is being received, until its job is known.
    Incoming {
        /// When the body began to arrive; the keys sort by it.
        at: Timestamp,
        /// Random bytes in hex.
        nonce: &'a str,
    },
    /// An object that the doctor writes, reads and deletes.
    Probe {
        /// Random bytes in hex.
        nonce: &'a str,
    },
}

impl StorageKey<'_> {
    /// Returns the object's key in the bucket.
    #[must_use]
    pub fn path(&self) -> String {
        match self {
            Self::File { home, n, name } => format!("jobs/{}/{n}-{name}", home.public()),
            Self::Manifest { home, created_at } => {
                format!("{MANIFESTS}{}/{}.json", created_at.day(), home.public())
            }
            Self::Body { home, sha256 } => format!("bodies/{}/{sha256}", home.public()),
            Self::Result { home, delivery, sha256 } => {
                format!("results/{}/{delivery}-{}", home.public(), short(sha256))
            }
            Self::Timeline { home, until } => {
                format!("timeline/{}/{until:08}.json", home.public())
            }
            Self::Unmatched { at, sha256 } => {
                format!("{UNMATCHED}{:013}-{}", at.as_millis(), short(sha256))
            }
            Self::Incoming { at, nonce } => format!("{INCOMING}{:013}-{nonce}", at.as_millis()),
            Self::Probe { nonce } => format!("doctor/{nonce}"),
        }
    }
}

/// Returns the job whose manifest has this key.
#[must_use]
pub fn job_of_manifest(key: &str) -> Option<ObjectName> {
    let (_, file) = key.strip_prefix(MANIFESTS)?.split_once('/')?;
    ObjectName::from_public(file.strip_suffix(".json")?)
}

/// Returns when the body with this key began to arrive, and the key's random
/// part.
#[must_use]
pub fn parse_incoming(key: &str) -> Option<(Timestamp, &str)> {
    let (at, nonce) = key.strip_prefix(INCOMING)?.split_once('-')?;
    Some((Timestamp::from_millis(at.parse().ok()?), nonce))
}

/// Returns the prefixes of all keys of the job at `home`, except its
/// manifest's.
#[must_use]
pub fn prefixes_of_job(home: &ObjectName) -> [String; 4] {
    ["jobs", "bodies", "results", "timeline"].map(|kind| format!("{kind}/{}/", home.public()))
}

fn short(sha256: &str) -> &str {
    sha256.get(..16).unwrap_or(sha256)
}

/// Returns the path of a job's files, up to the file: `/files/437852/{nonce}/`.
#[must_use]
pub fn files_path(home: &ObjectName, nonce: &str) -> String {
    format!("/files/{}/{nonce}/", home.public())
}

/// Returns a file's durable path: `/files/437852/{nonce}/0-video.mp4`.
#[must_use]
pub fn file_path(home: &ObjectName, nonce: &str, n: u32, name: &str) -> String {
    format!("{}{n}-{name}", files_path(home, nonce))
}

/// Returns the KV key of a rendered record: the job's public name.
#[must_use]
pub fn record_key(home: &ObjectName) -> String {
    home.public()
}

/// Returns the KV key that the doctor writes, reads and deletes. No job's name
/// contains a slash.
#[must_use]
pub fn probe_key(nonce: &str) -> String {
    format!("doctor/{nonce}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Other programs read the bucket, and stored objects stay. A changed key
    /// would make them unreachable.
    #[test]
    fn keys_are_pinned() {
        let id = ObjectName::Id("437852".into());
        let by_reference = ObjectName::Reference("order-7".into());
        let at = Timestamp::from_millis(1_766_867_822_109);
        let cases = [
            (StorageKey::File { home: &id, n: 0, name: "a.mp4" }, "jobs/437852/0-a.mp4"),
            (StorageKey::File { home: &by_reference, n: 3, name: "b" }, "jobs/ref:order-7/3-b"),
            (
                StorageKey::Manifest { home: &id, created_at: at },
                "manifests/2025-12-27/437852.json",
            ),
            (StorageKey::Body { home: &id, sha256: "ab" }, "bodies/437852/ab"),
            (StorageKey::Timeline { home: &id, until: 100 }, "timeline/437852/00000100.json"),
            (StorageKey::Result { home: &id, delivery: 2, sha256: "ab" }, "results/437852/2-ab"),
            (
                StorageKey::Unmatched { at, sha256: "0123456789abcdef0123" },
                "unmatched/1766867822109-0123456789abcdef",
            ),
            (StorageKey::Incoming { at, nonce: "ab" }, "incoming/1766867822109-ab"),
            (StorageKey::Probe { nonce: "ab" }, "doctor/ab"),
        ];
        for (key, want) in cases {
            assert_eq!(key.path(), want);
            let is_elsewhere = ["manifests/", "unmatched/", "incoming/", "doctor/"]
                .iter()
                .any(|at| want.starts_with(at));
            let homes = [&id, &by_reference].into_iter();
            let is_below = homes.flat_map(prefixes_of_job).any(|prefix| want.starts_with(&prefix));
            assert!(is_below != is_elsewhere, "{want}");
        }
        assert_eq!(job_of_manifest("manifests/2025-12-27/437852.json"), Some(id.clone()));
        assert_eq!(job_of_manifest("manifests/437852.json"), None);
        assert_eq!(file_path(&id, "n", 0, "a.mp4"), "/files/437852/n/0-a.mp4");
        assert_eq!(record_key(&id), "437852");
        assert_eq!(probe_key("ab"), "doctor/ab");
    }
}
