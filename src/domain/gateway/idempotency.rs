//! Which submissions are one: what the gate of equal submissions remembers.
//!
//! With an `Idempotency-Key` the first one counts for 24 hours. Without, equal
//! submissions are different jobs, but for one case: both of fal's clients send
//! a submission again when the connection broke before they had the answer, and
//! that must not be paid twice. So each submission is noted until its answer
//! was read; an equal one that comes meanwhile waits for the end of one that is
//! noted and takes its job over if no one has read its answer by then.
//!
//! A ticket whose uses are counted has one gate for all that its holder submits:
//! what is new is a use, and what is not let in leaves no trace.

use crate::domain::time::{DAY, MINUTE, SECOND, Timestamp};
use serde::{Deserialize, Serialize};

/// How long a key counts, in milliseconds.
const KEY_LIFE_MS: u64 = DAY;
/// How long a submission whose answer no one read may be sent again.
const UNREAD_LIFE_MS: u64 = 10 * MINUTE;
/// How long an answer may be on its way to its reader before another one takes
/// the job over, in milliseconds.
pub const GRACE_MS: u64 = 2 * SECOND;
/// How long a submission waits before another one may wait in its place: its
/// own connection may be broken by then, too.
const WAIT_MS: u64 = 10 * SECOND;
/// Most submissions of a gate that are noted.
const MAX_NOTED: usize = 100;

/// A submission that is noted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Pass {
    /// The reference of its job.
    pub reference: String,
    /// When it came.
    pub at: Timestamp,
    /// SHA-256 of what was submitted, in hex.
    pub fingerprint: String,
    /// The submission that waits for the end of this one, by its reference, and
    /// since when.
    pub waiting: Option<(String, Timestamp)>,
}

/// The submissions of one gate that are noted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Passes(Vec<Pass>);

/// What a submission asks the gate for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wish {
    /// The reference that its job gets if it is another one's.
    pub reference: String,
    /// SHA-256 of what is submitted, in hex.
    pub fingerprint: String,
    /// Whether there is an `Idempotency-Key`.
    pub keyed: bool,
    /// Where it is noted in a ticket's gate; any other gate has one place.
    pub place: Option<String>,
    /// Most uses of the ticket.
    pub most: Option<u32>,
    /// A job that can't be taken any more: the upstream refused it for now, or
    /// its submission was interrupted.
    pub instead_of: Option<String>,
}

/// What the gate says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// Submit as this job; that of the key, if it has one.
    Go(String),
    /// Wait for the end of this job's submission, then ask who gets it.
    After(String),
    /// The key was used with another body.
    OtherBody,
    /// The ticket has no use left.
    UsedUp,
}

impl Verdict {
    /// Whether it begins a job for who has this wish.
    #[must_use]
    pub fn is_new(&self, wish: &Wish) -> bool {
        matches!(self, Self::Go(reference) if *reference == wish.reference)
    }
}

impl Passes {
    /// Lets a submission in.
    pub fn admit(&mut self, wish: &Wish, now: Timestamp) -> Verdict {
        let life = if wish.keyed { KEY_LIFE_MS } else { UNREAD_LIFE_MS };
        self.0.retain(|pass| {
            now.since(pass.at) < life && Some(&pass.reference) != wish.instead_of.as_ref()
        });
        if wish.keyed {
            return self.admit_keyed(wish, now);
        }
        let is_over = |since: Timestamp| now.since(since) >= WAIT_MS;
        let free =
            |pass: &&mut Pass| pass.waiting.as_ref().is_none_or(|(_, since)| is_over(*since));
        if let Some(earlier) = self.0.iter_mut().find(free) {
            earlier.waiting = Some((wish.reference.clone(), now));
            return Verdict::After(earlier.reference.clone());
        }
        self.note(wish, now);
        Verdict::Go(wish.reference.clone())
    }

    fn admit_keyed(&mut self, wish: &Wish, now: Timestamp) -> Verdict {
        match self.0.first() {
            Some(pass) if pass.fingerprint == wish.fingerprint => {
                Verdict::Go(pass.reference.clone())
            }
            Some(_) => Verdict::OtherBody,
            None => {
                self.note(wish, now);
                Verdict::Go(wish.reference.clone())
            }
        }
    }

    fn note(&mut self, wish: &Wish, now: Timestamp) {
        let Wish { reference, fingerprint, .. } = wish.clone();
        if self.0.len() < MAX_NOTED {
            self.0.push(Pass { reference, at: now, fingerprint, waiting: None });
        }
    }

    /// Whether the answer of `earlier`'s submission is still unread.
    #[must_use]
    pub fn is_unread(&self, earlier: &str) -> bool {
        self.0.iter().any(|pass| pass.reference == earlier)
    }

    /// Who gets `earlier`'s job: the one that waited for it if no one else has
    /// read the answer, else it becomes a job of its own.
    pub fn take_over(&mut self, earlier: &str, wish: &Wish, now: Timestamp) -> Verdict {
        let is_mine = |pass: &&mut Pass| {
            let waiting = pass.waiting.as_ref().map(|(reference, _)| reference);
            pass.reference == earlier && waiting == Some(&wish.reference)
        };
        if let Some(pass) = self.0.iter_mut().find(is_mine) {
            (pass.at, pass.waiting) = (now, None);
            return Verdict::Go(pass.reference.clone());
        }
        self.note(wish, now);
        Verdict::Go(wish.reference.clone())
    }

    /// Notes that the answer of this job's submission was read.
    pub fn read(&mut self, reference: &str) {
        self.0.retain(|pass| pass.reference != reference);
    }

    /// When nothing of it counts any more; `None` if nothing is noted.
    #[must_use]
    pub fn ends_at(&self) -> Option<Timestamp> {
        self.0.iter().map(|pass| pass.at.plus(KEY_LIFE_MS)).max()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn wish(reference: &str, keyed: bool) -> Wish {
        let fingerprint = "f".to_owned();
        let reference = reference.to_owned();
        Wish { reference, fingerprint, keyed, instead_of: None, place: None, most: None }
    }

    fn go(reference: &str) -> Verdict {
        Verdict::Go(reference.to_owned())
    }

    fn after(reference: &str) -> Verdict {
        Verdict::After(reference.to_owned())
    }

    #[test]
    fn equal_submissions_that_are_read_are_different_jobs() {
        let mut passes = Passes::default();
        for name in ["a", "b", "c", "d"] {
            assert_eq!(passes.admit(&wish(name, false), at(0)), go(name));
            passes.read(name);
        }
        assert_eq!(passes.ends_at(), None);
    }

    #[test]
    fn equal_submissions_at_once_wait_for_one_other_at_most() {
        let mut passes = Passes::default();
        assert_eq!(passes.admit(&wish("a", false), at(0)), go("a"));
        assert_eq!(passes.admit(&wish("b", false), at(0)), after("a"));
        assert_eq!(passes.admit(&wish("c", false), at(0)), go("c"));
        assert_eq!(passes.admit(&wish("d", false), at(0)), after("c"));
        passes.read("a");
        assert!(!passes.is_unread("a"));
        assert_eq!(passes.take_over("a", &wish("b", false), at(1)), go("b"));
        passes.read("c");
        assert_eq!(passes.take_over("c", &wish("d", false), at(1)), go("d"));
    }

    #[test]
    fn who_comes_again_unanswered_gets_the_same_job_once() {
        let mut passes = Passes::default();
        assert_eq!(passes.admit(&wish("a", false), at(0)), go("a"));
        assert_eq!(passes.admit(&wish("b", false), at(1)), after("a"));
        assert_eq!(passes.take_over("a", &wish("b", false), at(2)), go("a"));
        // Broken again: the next one takes it.
        assert_eq!(passes.admit(&wish("c", false), at(3)), after("a"));
        assert_eq!(passes.take_over("a", &wish("c", false), at(4)), go("a"));
        passes.read("a");
        assert_eq!(passes.admit(&wish("d", false), at(5)), go("d"));
        assert_eq!(passes.admit(&wish("x", false), at(5)), after("d"));
        assert_eq!(passes.admit(&wish("y", false), at(5 + WAIT_MS)), after("d"));
        assert_eq!(passes.take_over("d", &wish("x", false), at(5 + WAIT_MS)), go("x"));
        assert_eq!(passes.take_over("d", &wish("y", false), at(5 + WAIT_MS)), go("d"));
        let late = at(6 + WAIT_MS + UNREAD_LIFE_MS);
        assert_eq!(passes.admit(&wish("e", false), late), go("e"));
    }

    #[test]
    fn what_is_new_is_a_use() {
        let (mut passes, wish) = (Passes::default(), wish("a", true));
        assert!(passes.admit(&wish, at(0)).is_new(&wish));
        let again = Wish { reference: "b".to_owned(), ..wish };
        assert!(!passes.admit(&again, at(1)).is_new(&again));
        assert!(!after("b").is_new(&again) && !Verdict::OtherBody.is_new(&again));
    }

    #[test]
    fn a_key_is_one_job_for_a_day() {
        let mut passes = Passes::default();
        assert_eq!(passes.admit(&wish("a", true), at(0)), go("a"));
        passes.read("x");
        assert_eq!(passes.admit(&wish("b", true), at(DAY - 1)), go("a"));
        let other = Wish { fingerprint: "g".to_owned(), ..wish("c", true) };
        assert_eq!(passes.admit(&other, at(DAY - 1)), Verdict::OtherBody);
        let again = Wish { instead_of: Some("a".to_owned()), ..wish("d", true) };
        assert_eq!(passes.admit(&again, at(DAY - 1)), go("d"));
        assert_eq!(passes.admit(&wish("e", true), at(2 * DAY - 1)), go("e"));
    }
}
