//! Properties of the state table, for any events.

use crate::generate::cases;
use hookvault::domain::job::status::{CurrentState, Move, Status, Transition, transition};
use hookvault::domain::time::Timestamp;
use hookvault::domain::webhook::event::EventKind;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

fn time() -> impl Strategy<Value = Option<Timestamp>> {
    let millis = prop_oneof![9 => 0..4_u64, 1 => any::<u64>()];
    option::of(millis.prop_map(Timestamp::from_millis))
}

fn event() -> impl Strategy<Value = Transition> {
    use EventKind::{Acquired, Cancelled, Completed, Failed, Retried, Unknown};
    let kind = select(vec![Acquired, Cancelled, Completed, Failed, Retried, Unknown]);
    (kind, time(), time()).prop_map(|(kind, sender_time, lease_expiry)| Transition {
        kind,
        sender_time,
        lease_expiry,
    })
}

fn current() -> impl Strategy<Value = Option<CurrentState>> {
    use Status::{Acquired, Cancelled, Completed, Failed, Queued, Retried};
    let status = select(vec![Acquired, Cancelled, Completed, Failed, Queued, Retried]);
    option::of((status, time(), time()).prop_map(|(status, sender_time, lease_expiry)| {
        CurrentState { status, sender_time, lease_expiry }
    }))
}

fn status_of(kind: EventKind) -> Option<Status> {
    match kind {
        EventKind::Acquired => Some(Status::Acquired),
        EventKind::Completed => Some(Status::Completed),
        EventKind::Failed => Some(Status::Failed),
        EventKind::Cancelled => Some(Status::Cancelled),
        EventKind::Retried => Some(Status::Retried),
        EventKind::Ready | EventKind::Unknown => None,
    }
}

proptest! {
    #![proptest_config(cases(1_500))]

    #[test]
    fn the_table_holds_for_any_events(now in current(), event in event()) {
        let status = now.map(|current| current.status);
        let is_older = match (event.sender_time, now.and_then(|current| current.sender_time)) {
            (Some(event), Some(last)) => event < last,
            _ => false,
        };
        let verdict = transition(now.as_ref(), &event);
        assert_eq!(verdict == Move::Unknown, event.kind == EventKind::Unknown);
        if status == Some(Status::Completed) {
            assert_eq!(verdict == Move::Revise, event.kind == EventKind::Completed);
            assert!(!matches!(verdict, Move::To { .. }), "completed absorbs");
        } else if event.kind == EventKind::Completed {
            let want = Move::To { status: Status::Completed, next_attempt: false };
            assert_eq!(verdict, want, "a result is never late");
        }
        if let Move::To { status: next, next_attempt } = verdict {
            assert!(!is_older || event.kind == EventKind::Completed, "late");
            assert_eq!(Some(next), status_of(event.kind));
            assert!(!next_attempt || matches!(next, Status::Acquired | Status::Retried));
            assert!(!next_attempt || !matches!(status, None | Some(Status::Queued)));
            let has_ended = status.is_some_and(Status::has_ended);
            assert!(!has_ended || next_attempt || next == Status::Completed);
        }
    }
}
