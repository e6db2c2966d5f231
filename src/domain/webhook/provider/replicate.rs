//! Reads Replicate's webhook: the bare prediction, as its HTTP API documents
//! it.

use super::parsed::{ParsedWebhook, count, place, value};
use crate::domain::json::{self, Member};
use crate::domain::time::Timestamp;
use crate::domain::webhook::event::EventKind;

/// Members of a prediction, beside `id` and `status`.
const OTHERS: [&str; 6] = ["version", "model", "urls", "created_at", "input", "output"];
/// Members that a self-hosted Cog server sends too, and hardly anyone else.
const OF_COG: [&str; 4] = ["started_at", "completed_at", "logs", "metrics"];

pub(super) fn read<'a>(members: &[Member<'a>]) -> Option<ParsedWebhook<'a>> {
    let id = value(members, "id");
    let status = json::decode_string(value(members, "status")?)?;
    let (others, of_cog) = (count(members, &OTHERS), count(members, &OF_COG));
    // An `id` and a status alone are no prediction yet, nor are an input and an
    // output without an `id`.
    let is_one = if id.is_some() { others >= 2 } else { of_cog >= 1 && others + of_cog >= 3 };
    if !is_one {
        return None;
    }
    let (kind, time) = match status.as_ref() {
        "starting" => (EventKind::Acquired, "created_at"),
        "processing" => (EventKind::Acquired, "started_at"),
        "succeeded" => (EventKind::Completed, "completed_at"),
        "failed" => (EventKind::Failed, "completed_at"),
        "canceled" | "aborted" => (EventKind::Cancelled, "completed_at"),
        _ => return None,
    };
    let time = value(members, time).and_then(json::decode_string);
    Some(ParsedWebhook {
        kind,
        id,
        sender_time: time.and_then(|text| Timestamp::parse_iso8601(&text)),
        error: value(members, "error"),
        result: place(members, "output"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(status: &str) -> String {
        format!(
            r#"{{"id":"x7","version":"v","status":"{status}","input":{{"image":"https://h/in.png"}},
            "output":["https://replicate.delivery/a.png"],"error":null,
            "created_at":"2025-12-27T22:39:34.120Z","started_at":"2025-12-27T22:39:35Z",
            "completed_at":"2025-12-27T22:39:36.5Z"}}"#
        )
    }

    #[test]
    fn statuses_become_event_kinds() {
        for (status, kind, millis) in [
            ("starting", EventKind::Acquired, 4_120),
            ("processing", EventKind::Acquired, 5_000),
            ("succeeded", EventKind::Completed, 6_500),
            ("failed", EventKind::Failed, 6_500),
            ("canceled", EventKind::Cancelled, 6_500),
        ] {
            let body = body(status);
            let reading = read(&json::members(&body)).unwrap();
            let at = Timestamp::from_millis(1_766_875_170_000 + millis);
            assert_eq!((reading.kind, reading.sender_time), (kind, Some(at)), "{status}");
            assert_eq!(body.get(reading.result), Some(r#"["https://replicate.delivery/a.png"]"#));
        }
    }

    #[test]
    fn a_prediction_without_an_id_is_recognized_by_its_members() {
        let time = r#""2025-12-27T22:39:35Z""#;
        for (body, kind) in [
            (body("succeeded").replace(r#""x7""#, "null"), EventKind::Completed),
            (body("failed").replace(r#""id":"x7","#, ""), EventKind::Failed),
            (
                format!(r#"{{"input":{{}},"started_at":{time},"logs":"","status":"processing"}}"#),
                EventKind::Acquired,
            ),
            (
                format!(
                    r#"{{"status":"succeeded","output":"a","metrics":{{}},"completed_at":{time}}}"#
                ),
                EventKind::Completed,
            ),
        ] {
            let reading = read(&json::members(&body)).unwrap();
            assert_eq!((reading.kind, reading.id), (kind, None), "{body}");
        }
    }

    #[test]
    fn other_bodies_are_not_recognized() {
        for other in [
            r#"{"id":"a","status":"succeeded"}"#,
            r#"{"id":"a","status":"succeeded","output":"x"}"#,
            r#"{"id":"a","status":"queued","output":"x","input":{}}"#,
            r#"{"status":"succeeded","output":"x","input":{}}"#,
            r#"{"id":null,"status":"succeeded","output":"x","input":{},"model":"m"}"#,
            r#"{"status":"failed","logs":"x","error":"y"}"#,
            r#"{"input":{},"output":"x","logs":"","started_at":null}"#,
        ] {
            assert_eq!(read(&json::members(other)), None, "{other}");
        }
    }
}
