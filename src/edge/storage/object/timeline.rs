//! The timeline's entries in the object, the deliveries' bodies, and what tells
//! repetitions of them.

use super::store::Store;
use crate::domain::job::timeline::Entry;
use crate::domain::json;
use crate::edge::platform::{During, Failure};

const EVENT: &str = "event/";

impl Store {
    /// Writes a timeline entry.
    pub fn save_entry(&self, entry: &Entry) -> Result<(), Failure> {
        self.raw.put_json(&entry_key(entry.n), entry)
    }

    /// Writes the body of timeline entry `n`.
    pub fn save_body(&self, n: u32, text: &str) -> Result<(), Failure> {
        self.raw.put(&body_key(n), text)
    }

    /// Notes that entry `n` had this body.
    pub fn save_seen(&self, sha256: &str, n: u32) -> Result<(), Failure> {
        self.raw.put(&seen_key(sha256), &n.to_string())
    }

    /// Reads the number of the entry that had this body, if it was not itself a duplicate.
    pub fn seen(&self, sha256: &str) -> Result<Option<u32>, Failure> {
        Ok(self.raw.text(&seen_key(sha256))?.and_then(|n| n.parse().ok()))
    }

    /// Reads the body of entry `n`, if it is in the object.
    pub fn body(&self, n: u32) -> Result<Option<String>, Failure> {
        self.raw.text(&body_key(n))
    }

    /// Reads timeline entry `n`.
    pub fn entry(&self, n: u32) -> Result<Option<Entry>, Failure> {
        let text = self.raw.text(&entry_key(n))?;
        text.map(|text| json::from_str(&text).during("reading the timeline")).transpose()
    }

    /// Reads at most `limit` timeline entries after number `after`.
    pub fn entries(&self, after: u32, limit: usize) -> Result<Vec<Entry>, Failure> {
        let first = entry_key(after.saturating_add(1));
        let (start, limit) = (first.as_str().into(), limit.into());
        let pairs =
            self.raw.list(&[("prefix", EVENT.into()), ("start", start), ("limit", limit)])?;
        let read = |(_, text): (_, String)| json::from_str(&text).during("reading the timeline");
        pairs.into_iter().map(read).collect()
    }

    /// Returns the keys of timeline entries that are kept elsewhere, with their bodies
    /// and what tells repetitions of them. That stays for an entry that is
    /// still here, and for number `last_applied`: to repeat that would change
    /// the job.
    pub fn keys_of(&self, entries: &[Entry], last_applied: u32) -> Result<Vec<String>, Failure> {
        let last = entries.last().map_or(0, |entry| entry.n);
        let mut keys = Vec::new();
        for entry in entries {
            keys.extend([entry_key(entry.n), body_key(entry.n)]);
            let Some(sha256) = &entry.sha256 else { continue };
            let seen = self.seen(sha256)?;
            if seen.is_some_and(|seen| seen <= last && seen != last_applied) {
                keys.push(seen_key(sha256));
            }
        }
        Ok(keys)
    }

    /// Deletes the body of entry `n`, with its parts.
    pub fn forget_body(&self, n: u32) -> Result<(), Failure> {
        self.raw.remove_all(&body_key(n))
    }
}

fn entry_key(n: u32) -> String {
    format!("{EVENT}{n:08}")
}

fn body_key(n: u32) -> String {
    format!("body/{n:08}")
}

fn seen_key(sha256: &str) -> String {
    format!("seen/{sha256}")
}
