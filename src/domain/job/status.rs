//! The states of a job, and the one function that changes them.
//!
//! | now ↓ / event → | acquired | completed | failed, cancelled | retried | unknown |
//! |---|---|---|---|---|---|
//! | (new), queued | acquired | completed | that status | retried | unchanged |
//! | retried | acquired | completed | that status | retried, attempt + 1 | unchanged |
//! | acquired | a newer lease | completed | that status | retried, attempt + 1 | unchanged |
//! | failed, cancelled | acquired, attempt + 1, if newer | completed | unchanged | retried, attempt + 1 | unchanged |
//! | completed | unchanged | a revision | unchanged | unchanged | unchanged |
//!
//! In every row, an event other than `completed` is late if the sender dates it
//! before the last applied one. `completed` is final, because a result that was
//! paid for is never discarded.

use crate::domain::time::Timestamp;
use crate::domain::webhook::event::EventKind;
use serde::{Deserialize, Serialize};

/// A job's status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Status {
    /// The job is known, but no event has said more.
    Queued,
    /// A worker holds the job.
    Acquired,
    /// The job has ended with a result.
    Completed,
    /// The job has ended without a result, unless it is retried.
    Failed,
    /// The caller has cancelled the job, unless it is retried.
    Cancelled,
    /// The job is back in the queue.
    Retried,
}

impl Status {
    /// Returns whether the job has ended, as far as the vault knows.
    #[must_use]
    pub const fn has_ended(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled)
    }
}

/// The part of a job that the state table looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CurrentState {
    /// The job's status.
    pub status: Status,
    /// The newest sender's time among the applied events. A sender's times are
    /// compared only with each other, never with the vault's clock.
    pub sender_time: Option<Timestamp>,
    /// The end of the lease that was reported last.
    pub lease_expiry: Option<Timestamp>,
}

/// The part of an event that the state table looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transition {
    /// What has happened.
    pub kind: EventKind,
    /// When it happened, by the sender's clock.
    pub sender_time: Option<Timestamp>,
    /// The end of the lease that the event reports.
    pub lease_expiry: Option<Timestamp>,
}

/// The effect of an event on a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    /// The job gets this status.
    To {
        /// The new status; it may equal the old one, with a newer lease.
        status: Status,
        /// Whether another attempt begins.
        next_attempt: bool,
    },
    /// A result follows a result: it is a revision or a repetition.
    Revise,
    /// Nothing changes; the text says why.
    Late(&'static str),
    /// The upstream has a result, which must be fetched from there.
    Fetch,
    /// Nothing changes, because the type is unknown.
    Unknown,
}

/// Returns the effect of an event, by the state table. `now` is `None` for a
/// job that is new.
#[must_use]
pub fn transition(now: Option<&CurrentState>, event: &Transition) -> Move {
    if event.kind == EventKind::Unknown {
        return Move::Unknown;
    }
    if event.kind == EventKind::Ready {
        return Move::Fetch;
    }
    if event.kind != EventKind::Completed && precedes(event, now) {
        return Move::Late("older than the last applied event");
    }
    let status = now.map_or(Status::Queued, |current| current.status);
    match (status, event.kind) {
        (_, EventKind::Unknown) => Move::Unknown,
        (_, EventKind::Ready) => Move::Fetch,
        (Status::Completed, EventKind::Completed) => Move::Revise,
        (Status::Completed, _) => Move::Late("the job is completed"),
        (_, EventKind::Completed) => to(Status::Completed),
        (Status::Failed | Status::Cancelled, EventKind::Failed | EventKind::Cancelled) => {
            Move::Late("the job has ended already")
        }
        (_, EventKind::Failed) => to(Status::Failed),
        (_, EventKind::Cancelled) => to(Status::Cancelled),
        (Status::Queued, EventKind::Retried) => to(Status::Retried),
        (_, EventKind::Retried) => again(Status::Retried),
        (Status::Queued | Status::Retried, EventKind::Acquired) => to(Status::Acquired),
        (Status::Acquired, EventKind::Acquired) if has_newer_lease(event, now) => {
            to(Status::Acquired)
        }
        (Status::Acquired, EventKind::Acquired) => Move::Late("the lease is not newer"),
        (Status::Failed | Status::Cancelled, EventKind::Acquired) if follows(event, now) => {
            again(Status::Acquired)
        }
        (Status::Failed | Status::Cancelled, EventKind::Acquired) => {
            Move::Late("no evidence that it is newer than the job's end")
        }
    }
}

const fn to(status: Status) -> Move {
    Move::To { status, next_attempt: false }
}

const fn again(status: Status) -> Move {
    Move::To { status, next_attempt: true }
}

fn times(event: &Transition, now: Option<&CurrentState>) -> Option<(Timestamp, Timestamp)> {
    Some((event.sender_time?, now?.sender_time?))
}

fn precedes(event: &Transition, now: Option<&CurrentState>) -> bool {
    times(event, now).is_some_and(|(event, last)| event < last)
}

fn follows(event: &Transition, now: Option<&CurrentState>) -> bool {
    times(event, now).is_some_and(|(event, last)| event > last)
}

fn has_newer_lease(event: &Transition, now: Option<&CurrentState>) -> bool {
    event.lease_expiry > now.and_then(|current| current.lease_expiry)
}

#[cfg(test)]
mod tests {
    use super::*;
    use EventKind as E;
    use Status as S;

    #[expect(clippy::unnecessary_wraps, reason = "every use wants an optional time")]
    const fn at(millis: u64) -> Option<Timestamp> {
        Some(Timestamp::from_millis(millis))
    }

    /// Returns a state whose last applied event is dated 100, with a lease
    /// until 200.
    fn current(status: Status) -> CurrentState {
        CurrentState { status, sender_time: at(100), lease_expiry: at(200) }
    }

    fn outcome(status: Option<Status>, kind: EventKind, time: u64, lease: u64) -> Move {
        let event = Transition { kind, sender_time: at(time), lease_expiry: at(lease) };
        transition(status.map(current).as_ref(), &event)
    }

    /// Checks every cell of the table for an event that is newer and has a
    /// newer lease. Columns: acquired, completed, failed, cancelled, retried.
    #[test]
    fn every_cell_for_newer_events() {
        let kinds = [E::Acquired, E::Completed, E::Failed, E::Cancelled, E::Retried];
        let final_ = Move::Late("the job is completed");
        let ended = Move::Late("the job has ended already");
        let fresh = [to(S::Acquired), to(S::Completed), to(S::Failed), to(S::Cancelled)];
        let row = |last| [fresh[0], fresh[1], fresh[2], fresh[3], last];
        let over = [again(S::Acquired), to(S::Completed), ended, ended, again(S::Retried)];
        let table = [
            (None, row(to(S::Retried))),
            (Some(S::Queued), row(to(S::Retried))),
            (Some(S::Retried), row(again(S::Retried))),
            (Some(S::Acquired), row(again(S::Retried))),
            (Some(S::Failed), over),
            (Some(S::Cancelled), over),
            (Some(S::Completed), [final_, Move::Revise, final_, final_, final_]),
        ];
        for (status, want) in table {
            for (kind, want) in kinds.iter().zip(want) {
                assert_eq!(outcome(status, *kind, 101, 201), want, "{status:?} {kind:?}");
            }
            assert_eq!(outcome(status, E::Unknown, 101, 201), Move::Unknown);
        }
    }

    #[test]
    fn only_a_result_may_be_older_than_the_last_event() {
        for status in [S::Queued, S::Acquired, S::Retried, S::Failed, S::Cancelled, S::Completed] {
            for kind in [E::Acquired, E::Failed, E::Cancelled, E::Retried] {
                let late = Move::Late("older than the last applied event");
                assert_eq!(outcome(Some(status), kind, 99, 201), late, "{status:?} {kind:?}");
            }
            let want = if status == S::Completed { Move::Revise } else { to(S::Completed) };
            assert_eq!(outcome(Some(status), E::Completed, 99, 99), want);
        }
        assert_eq!(outcome(None, E::Failed, 0, 0), to(S::Failed));
    }

    #[test]
    fn a_held_job_takes_only_a_newer_lease() {
        assert_eq!(outcome(Some(S::Acquired), E::Acquired, 100, 201), to(S::Acquired));
        let old = Move::Late("the lease is not newer");
        assert_eq!(outcome(Some(S::Acquired), E::Acquired, 100, 200), old);
        let bare = Transition { kind: E::Acquired, sender_time: None, lease_expiry: None };
        assert_eq!(transition(Some(&current(S::Acquired)), &bare), old);
    }

    #[test]
    fn an_ended_job_is_taken_up_only_by_what_is_newer() {
        let unproven = Move::Late("no evidence that it is newer than the job's end");
        for status in [S::Failed, S::Cancelled] {
            assert_eq!(outcome(Some(status), E::Acquired, 100, 300), unproven);
            let undated =
                Transition { kind: E::Acquired, sender_time: None, lease_expiry: at(300) };
            assert_eq!(transition(Some(&current(status)), &undated), unproven);
            let blank = CurrentState { status, sender_time: None, lease_expiry: None };
            let dated =
                Transition { kind: E::Acquired, sender_time: at(300), lease_expiry: at(300) };
            assert_eq!(transition(Some(&blank), &dated), unproven);
        }
    }
}
