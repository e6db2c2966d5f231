//! Decides which submissions are one job, from the entries in the gate of equal
//! submissions.
//!
//! With an `Idempotency-Key`, the first submission counts for 24 hours. Without
//! a key, equal submissions are different jobs, except for retries: fal's
//! clients submit again if the connection breaks before they have the answer,
//! and such a job must not be paid twice. So each submission has an entry until
//! its answer was read. An equal one that arrives meanwhile waits until the
//! earlier one's submission has ended. It takes that job over if no client has
//! read the answer yet.
//!
//! A ticket whose uses are counted has one gate for everything that its holder
//! submits. Each new job is a use. A submission that is refused leaves no
//! entry.

use crate::domain::time::{DAY, MINUTE, SECOND, Timestamp};
use serde::{Deserialize, Serialize};

/// How long a key counts, in milliseconds.
const KEY_LIFE_MS: u64 = DAY;
/// How long a submission with an unread answer may be sent again, in
/// milliseconds.
const UNREAD_LIFE_MS: u64 = 10 * MINUTE;
/// How long an answer may be on its way to its reader before another submission
/// takes the job over, in milliseconds.
pub const GRACE_MS: u64 = 2 * SECOND;
/// How long a submission waits before another one may take its place, in
/// milliseconds: its own connection may break meanwhile too.
const WAIT_MS: u64 = 10 * SECOND;
/// The most entries of a gate.
const MAX_NOTED: usize = 100;

/// A recorded submission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// The reference of its job.
    pub reference: String,
    /// When the submission arrived.
    pub at: Timestamp,
    /// The SHA-256 of the submission, in hex.
    pub fingerprint: String,
    /// The reference of the submission that waits for the end of this one, and
    /// since when it waits.
    pub waiting: Option<(String, Timestamp)>,
}

/// The recorded submissions of one gate.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Entries(Vec<Entry>);

/// A submission's request to the gate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// The reference for its job, if the submission becomes a job of its own.
    pub reference: String,
    /// The SHA-256 of the submission, in hex.
    pub fingerprint: String,
    /// Whether the submission has an `Idempotency-Key`.
    pub keyed: bool,
    /// Where a ticket's gate stores the entry. Any other gate has one list
    /// only.
    pub place: Option<String>,
    /// The most uses of the ticket.
    pub most: Option<u32>,
    /// A job that can't be used any more, because the upstream refused it for
    /// now or because its submission was interrupted.
    pub instead_of: Option<String>,
}

/// The gate's decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Decision {
    /// Submit as this job. With a key it may be the key's earlier job.
    Go(String),
    /// Wait until this job's submission has ended, then ask which submission
    /// gets it.
    After(String),
    /// The key was used with another body.
    OtherBody,
    /// The ticket has no use left.
    UsedUp,
}

impl Decision {
    /// Returns whether the decision begins a new job for `request`.
    #[must_use]
    pub fn is_new(&self, request: &Request) -> bool {
        matches!(self, Self::Go(reference) if *reference == request.reference)
    }
}

impl Entries {
    /// Decides on a submission, and records it if it is new.
    pub fn admit(&mut self, request: &Request, now: Timestamp) -> Decision {
        let life = if request.keyed { KEY_LIFE_MS } else { UNREAD_LIFE_MS };
        self.0.retain(|entry| {
            now.since(entry.at) < life && Some(&entry.reference) != request.instead_of.as_ref()
        });
        if request.keyed {
            return self.admit_keyed(request, now);
        }
        let is_over = |since: Timestamp| now.since(since) >= WAIT_MS;
        let free =
            |entry: &&mut Entry| entry.waiting.as_ref().is_none_or(|(_, since)| is_over(*since));
        if let Some(earlier) = self.0.iter_mut().find(free) {
            earlier.waiting = Some((request.reference.clone(), now));
            return Decision::After(earlier.reference.clone());
        }
        self.note(request, now);
        Decision::Go(request.reference.clone())
    }

    fn admit_keyed(&mut self, request: &Request, now: Timestamp) -> Decision {
        match self.0.first() {
            Some(entry) if entry.fingerprint == request.fingerprint => {
                Decision::Go(entry.reference.clone())
            }
            Some(_) => Decision::OtherBody,
            None => {
                self.note(request, now);
                Decision::Go(request.reference.clone())
            }
        }
    }

    fn note(&mut self, request: &Request, now: Timestamp) {
        let Request { reference, fingerprint, .. } = request.clone();
        if self.0.len() < MAX_NOTED {
            self.0.push(Entry { reference, at: now, fingerprint, waiting: None });
        }
    }

    /// Returns whether the answer of `earlier`'s submission is still unread.
    #[must_use]
    pub fn is_unread(&self, earlier: &str) -> bool {
        self.0.iter().any(|entry| entry.reference == earlier)
    }

    /// Decides which submission gets `earlier`'s job. The waiting one gets it
    /// if no client has read the answer, else it becomes a job of its own.
    pub fn take_over(&mut self, earlier: &str, request: &Request, now: Timestamp) -> Decision {
        let is_mine = |entry: &&mut Entry| {
            let waiting = entry.waiting.as_ref().map(|(reference, _)| reference);
            entry.reference == earlier && waiting == Some(&request.reference)
        };
        if let Some(entry) = self.0.iter_mut().find(is_mine) {
            (entry.at, entry.waiting) = (now, None);
            return Decision::Go(entry.reference.clone());
        }
        self.note(request, now);
        Decision::Go(request.reference.clone())
    }

    /// Records that the answer of this job's submission was read.
    pub fn mark_read(&mut self, reference: &str) {
        self.0.retain(|entry| entry.reference != reference);
    }

    /// Returns a time by which all entries have expired; `None` without entries.
    #[must_use]
    pub fn ends_at(&self) -> Option<Timestamp> {
        self.0.iter().map(|entry| entry.at.plus(KEY_LIFE_MS)).max()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn request(reference: &str, keyed: bool) -> Request {
        let fingerprint = "f".to_owned();
        let reference = reference.to_owned();
        Request { reference, fingerprint, keyed, instead_of: None, place: None, most: None }
    }

    fn go(reference: &str) -> Decision {
        Decision::Go(reference.to_owned())
    }

    fn after(reference: &str) -> Decision {
        Decision::After(reference.to_owned())
    }

    #[test]
    fn equal_submissions_with_read_answers_are_different_jobs() {
        let mut entries = Entries::default();
        for name in ["a", "b", "c", "d"] {
            assert_eq!(entries.admit(&request(name, false), at(0)), go(name));
            entries.mark_read(name);
        }
        assert_eq!(entries.ends_at(), None);
    }

    #[test]
    fn equal_submissions_at_once_wait_for_one_other_at_most() {
        let mut entries = Entries::default();
        assert_eq!(entries.admit(&request("a", false), at(0)), go("a"));
        assert_eq!(entries.admit(&request("b", false), at(0)), after("a"));
        assert_eq!(entries.admit(&request("c", false), at(0)), go("c"));
        assert_eq!(entries.admit(&request("d", false), at(0)), after("c"));
        entries.mark_read("a");
        assert!(!entries.is_unread("a"));
        assert_eq!(entries.take_over("a", &request("b", false), at(1)), go("b"));
        entries.mark_read("c");
        assert_eq!(entries.take_over("c", &request("d", false), at(1)), go("d"));
    }

    #[test]
    fn a_retry_without_an_answer_gets_the_same_job_once() {
        let mut entries = Entries::default();
        assert_eq!(entries.admit(&request("a", false), at(0)), go("a"));
        assert_eq!(entries.admit(&request("b", false), at(1)), after("a"));
        assert_eq!(entries.take_over("a", &request("b", false), at(2)), go("a"));
        // The connection is broken again: the next submission takes the job
        // over.
        assert_eq!(entries.admit(&request("c", false), at(3)), after("a"));
        assert_eq!(entries.take_over("a", &request("c", false), at(4)), go("a"));
        entries.mark_read("a");
        assert_eq!(entries.admit(&request("d", false), at(5)), go("d"));
        assert_eq!(entries.admit(&request("x", false), at(5)), after("d"));
        assert_eq!(entries.admit(&request("y", false), at(5 + WAIT_MS)), after("d"));
        assert_eq!(entries.take_over("d", &request("x", false), at(5 + WAIT_MS)), go("x"));
        assert_eq!(entries.take_over("d", &request("y", false), at(5 + WAIT_MS)), go("d"));
        let late = at(6 + WAIT_MS + UNREAD_LIFE_MS);
        assert_eq!(entries.admit(&request("e", false), late), go("e"));
    }

    #[test]
    fn only_a_new_job_is_a_use() {
        let (mut entries, request) = (Entries::default(), request("a", true));
        assert!(entries.admit(&request, at(0)).is_new(&request));
        let again = Request { reference: "b".to_owned(), ..request };
        assert!(!entries.admit(&again, at(1)).is_new(&again));
        assert!(!after("b").is_new(&again) && !Decision::OtherBody.is_new(&again));
    }

    #[test]
    fn a_key_is_one_job_for_a_day() {
        let mut entries = Entries::default();
        assert_eq!(entries.admit(&request("a", true), at(0)), go("a"));
        entries.mark_read("x");
        assert_eq!(entries.admit(&request("b", true), at(DAY - 1)), go("a"));
        let other = Request { fingerprint: "g".to_owned(), ..request("c", true) };
        assert_eq!(entries.admit(&other, at(DAY - 1)), Decision::OtherBody);
        let again = Request { instead_of: Some("a".to_owned()), ..request("d", true) };
        assert_eq!(entries.admit(&again, at(DAY - 1)), go("d"));
        assert_eq!(entries.admit(&request("e", true), at(2 * DAY - 1)), go("e"));
    }
}
