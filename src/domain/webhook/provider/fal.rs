//! Reads fal.ai's webhook, as its documentation describes it: `{"request_id",
//! "gateway_request_id", "status", "payload", "error", "payload_error"}`.

use super::parsed::{ParsedWebhook, count, place, value};
use crate::domain::json::{self, Member};
use crate::domain::webhook::event::EventKind;

pub(super) fn read<'a>(members: &[Member<'a>]) -> Option<ParsedWebhook<'a>> {
    let id = value(members, "request_id");
    let status = json::decode_string(value(members, "status")?)?;
    let others = ["gateway_request_id", "payload", "error", "payload_error"];
    let needed = if id.is_some() { 1 } else { 2 };
    if count(members, &others) < needed {
        return None;
    }
    let kind = match status.as_ref() {
        "OK" if value(members, "payload").is_some() => EventKind::Completed,
        // The result was too large for a webhook, or could not be written as
        // JSON (`payload_error`). It exists all the same.
        "OK" => EventKind::Ready,
        "ERROR" => EventKind::Failed,
        _ => return None,
    };
    let errors = ["error", "payload", "payload_error"];
    Some(ParsedWebhook {
        kind,
        id,
        sender_time: None,
        error: errors.iter().find_map(|key| value(members, key)),
        result: place(members, "payload"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(body: &str) -> Option<EventKind> {
        read(&json::members(body)).map(|parsed| parsed.kind)
    }

    #[test]
    fn statuses_become_event_kinds() {
        let body = r#"{"request_id":"a","gateway_request_id":"a","status":"OK","payload":{"x":1}}"#;
        assert_eq!(kind(body), Some(EventKind::Completed));
        let parsed = read(&json::members(body)).unwrap();
        assert_eq!((parsed.id, body.get(parsed.result)), (Some("\"a\""), Some(r#"{"x":1}"#)));
        let null = r#"{"request_id":"a","status":"OK","payload":null,"payload_error":"too large"}"#;
        assert_eq!(kind(null), Some(EventKind::Ready));
        let failed = r#"{"request_id":"a","status":"ERROR","error":"no","payload":{"detail":[]}}"#;
        let parsed = read(&json::members(failed)).unwrap();
        assert_eq!((parsed.kind, parsed.error), (EventKind::Failed, Some("\"no\"")));
    }

    #[test]
    fn a_body_without_an_id_is_recognized_by_two_members() {
        for (body, want) in [
            (
                r#"{"request_id":null,"status":"OK","payload":{},"error":null}"#,
                EventKind::Completed,
            ),
            (r#"{"status":"OK","payload":null,"payload_error":"large"}"#, EventKind::Ready),
            (r#"{"gateway_request_id":"g","status":"ERROR","error":"no"}"#, EventKind::Failed),
        ] {
            let parsed = read(&json::members(body)).unwrap();
            assert_eq!((parsed.kind, parsed.id), (want, None), "{body}");
        }
    }

    #[test]
    fn other_bodies_are_not_recognized() {
        for other in [
            r#"{"request_id":"a","status":"COMPLETED","response_url":"u"}"#,
            r#"{"request_id":"a","status":"OK"}"#,
            r#"{"status":"OK","payload":{}}"#,
            r#"{"request_id":"a","status":1,"payload":{}}"#,
            r#"{"request_id":"a","payload":{}}"#,
            r#"{"status":"OK","error":null}"#,
            r#"{"status":"COMPLETED","payload":{},"error":null}"#,
        ] {
            assert_eq!(kind(other), None, "{other}");
        }
    }
}
