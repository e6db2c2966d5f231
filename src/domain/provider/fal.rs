//! fal.ai's webhook: `{"request_id", "gateway_request_id", "status", "payload",
//! "error", "payload_error"}`, as its documentation has it.

use super::{Reading, find, place, value};
use crate::domain::event::EventKind;
use crate::domain::json::{self, Member};

pub(super) fn read<'a>(members: &[Member<'a>]) -> Option<Reading<'a>> {
    let id = value(members, "request_id")?;
    let status = json::decode_string(value(members, "status")?)?;
    let others = ["gateway_request_id", "payload", "error", "payload_error"];
    others.iter().find(|key| find(members, key).is_some())?;
    let kind = match status.as_ref() {
        "OK" if value(members, "payload").is_some() => EventKind::Completed,
        // The result was too large for a webhook, or could not be written as
        // JSON (`payload_error`): it is there all the same.
        "OK" => EventKind::Ready,
        "ERROR" => EventKind::Failed,
        _ => return None,
    };
    let errors = ["error", "payload", "payload_error"];
    Some(Reading {
        kind,
        id: Some(id),
        sender_time: None,
        error: errors.iter().find_map(|key| value(members, key)),
        result: place(members, "payload"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(body: &str) -> Option<EventKind> {
        read(&json::members(body)).map(|reading| reading.kind)
    }

    #[test]
    fn statuses_are_told_in_our_words() {
        let body = r#"{"request_id":"a","gateway_request_id":"a","status":"OK","payload":{"x":1}}"#;
        assert_eq!(kind(body), Some(EventKind::Completed));
        let reading = read(&json::members(body)).unwrap();
        assert_eq!((reading.id, body.get(reading.result)), (Some("\"a\""), Some(r#"{"x":1}"#)));
        let null = r#"{"request_id":"a","status":"OK","payload":null,"payload_error":"too large"}"#;
        assert_eq!(kind(null), Some(EventKind::Ready));
        let failed = r#"{"request_id":"a","status":"ERROR","error":"no","payload":{"detail":[]}}"#;
        let reading = read(&json::members(failed)).unwrap();
        assert_eq!((reading.kind, reading.error), (EventKind::Failed, Some("\"no\"")));
    }

    #[test]
    fn other_bodies_are_none() {
        for other in [
            r#"{"request_id":"a","status":"COMPLETED","response_url":"u"}"#,
            r#"{"request_id":"a","status":"OK"}"#,
            r#"{"status":"OK","payload":{}}"#,
            r#"{"request_id":"a","status":1,"payload":{}}"#,
            r#"{"request_id":"a","payload":{}}"#,
        ] {
            assert_eq!(kind(other), None, "{other}");
        }
    }
}
