//! The table of senders: how rows are read, and what they make of bodies.

#![allow(clippy::expect_used, reason = "a panic is how a test fails")]

mod hosts;
mod own;
mod table;

use hookvault::domain::sender::fact::Fact;
use hookvault::domain::sender::kind::EventKind;
use hookvault::domain::sender::name::SenderName;
use hookvault::domain::sender::reader::{self, Rules};
use hookvault::domain::sender::table::{BUILT_IN, Senders};
use hookvault::domain::time::Timestamp;
use hookvault::domain::webhook::event::Event;

fn event(body: &str) -> Event<'_> {
    Event::parse(body, Senders::built_in()).expect("it is there")
}

fn sender(body: &str) -> String {
    event(body).row.name.to_string()
}

fn result<'a>(body: &'a str, event: &Event<'_>) -> Option<&'a str> {
    body.get(event.result.clone().expect("it is there"))
}

#[test]
fn the_built_in_rows_have_no_mistake() {
    let read = reader::read("rows", BUILT_IN, Rules::NONE);
    assert_eq!(read.mistakes, Vec::<String>::new());
    let names: Vec<_> = read.rows.iter().map(|row| row.name.to_string()).collect();
    assert_eq!(names.first().map(String::as_str), Some("pipelet"));
    for row in &read.rows {
        assert_eq!(names.iter().filter(|name| **name == row.name.to_string()).count(), 1);
        assert_eq!(Senders::built_in().row(row.name), Some(row));
    }
}

#[test]
fn mistakes_are_named_by_their_path() {
    let read = |text: &str| reader::read("SENDERS", text, Rules::NONE);
    for (text, want) in [
        ("{}", "SENDERS: must be an array"),
        ("[7]", "SENDERS[0]: must be an object"),
        (r#"[{"name":"a"},{"name":"A B"}]"#, "SENDERS[1]: `name` must be 1 to 23 characters"),
        (r#"[{"name":"a","evnts":{}}]"#, "SENDERS[0].evnts: is not a member of a row"),
        (r#"[{"name":"a","events":{"ok":["OK"]}}]"#, "SENDERS[0].events.ok: must be acquired, "),
        (r#"[{"name":"a","events":{"failed":["x",7]}}]"#, "SENDERS[0].events.failed[1]: must be a"),
        (r#"[{"name":"a","id":"request_id"}]"#, "SENDERS[0].id: must be JSON Pointers"),
        (r#"[{"name":"a","readyIfEmpty":1}]"#, "SENDERS[0].readyIfEmpty: must be true or false"),
        (r#"[{"name":"a","known":[{},{"1":["b"]}]}]"#, "SENDERS[0].known[0]: must name members"),
        (r#"[{"name":"a","known":{"x":["b"]}}]"#, "SENDERS[0].known.x: must be `must`, or a"),
    ] {
        let read = read(text);
        let is_told = |one: &&String| !one.ends_with("`status` and `events` are missing");
        let first = read.mistakes.iter().find(is_told).map(String::as_str).unwrap_or_default();
        assert!(first.starts_with(want), "{text}: {first}");
        assert!(read.rows.is_empty(), "{text}");
    }
}

#[test]
fn a_row_of_a_known_name_changes_it() {
    let base = |name| Senders::built_in().row(name).cloned();
    let read = reader::read(
        "SENDERS",
        r#"[{"name":"fal","outputs":"link"}]"#,
        Rules { base: &base, ..Rules::NONE },
    );
    let fal = Senders::built_in().row(SenderName::FAL).cloned().expect("it is there");
    let row = read.rows.first().expect("it is there");
    assert_eq!((row.list(Fact::Outputs), &row.known), (&["link".to_owned()][..], &fal.known));
    assert_eq!(row.list(Fact::Id), fal.list(Fact::Id));
}

#[test]
fn fals_statuses_become_event_kinds() {
    let body = r#"{"request_id":"a","gateway_request_id":"a","status":"OK","payload":{"x":1}}"#;
    let read = event(body);
    assert_eq!((sender(body).as_str(), read.told.kind), ("fal", EventKind::Completed));
    assert_eq!((read.id, result(body, &read)), (Some("\"a\""), Some(r#"{"x":1}"#)));
    let null = r#"{"request_id":"a","status":"OK","payload":null,"payload_error":"too large"}"#;
    assert_eq!(event(null).told.kind, EventKind::Ready);
    let failed = r#"{"request_id":"a","status":"ERROR","error":"no","payload":{"detail":[]}}"#;
    let read = event(failed);
    assert_eq!((read.told.kind, read.error), (EventKind::Failed, Some("\"no\"")));
}

#[test]
fn a_body_of_fal_without_an_id_is_recognized_by_two_members() {
    for (body, want) in [
        (r#"{"request_id":null,"status":"OK","payload":{},"error":null}"#, EventKind::Completed),
        (r#"{"status":"OK","payload":null,"payload_error":"large"}"#, EventKind::Ready),
        (r#"{"gateway_request_id":"g","status":"ERROR","error":"no"}"#, EventKind::Failed),
    ] {
        let read = event(body);
        assert_eq!(
            (read.row.name, read.told.kind, read.id),
            (SenderName::FAL, want, None),
            "{body}"
        );
    }
}

fn prediction(status: &str, times: &str) -> String {
    format!(
        r#"{{"id":"x7","version":"v","status":"{status}","input":{{"image":"https://h/in.png"}},
        "output":["https://replicate.delivery/a.png"],"error":null,{times}}}"#
    )
}

const TIMES: &str = r#""created_at":"2025-12-27T22:39:34.120Z","started_at":"2025-12-27T22:39:35Z",
    "completed_at":"2025-12-27T22:39:36.5Z""#;

#[test]
fn replicates_statuses_become_event_kinds() {
    let created = r#""created_at":"2025-12-27T22:39:34.120Z","started_at":null"#;
    for (status, times, kind, millis) in [
        ("starting", created, EventKind::Acquired, Some(4_120)),
        ("processing", TIMES, EventKind::Acquired, Some(5_000)),
        ("succeeded", TIMES, EventKind::Completed, Some(6_500)),
        ("failed", TIMES, EventKind::Failed, Some(6_500)),
        ("canceled", TIMES, EventKind::Cancelled, Some(6_500)),
        ("aborted", created, EventKind::Cancelled, None),
    ] {
        let body = prediction(status, times);
        let read = event(&body);
        let at = millis.map(|millis| Timestamp::from_millis(1_766_875_170_000 + millis));
        assert_eq!((read.told.kind, read.told.sender_time()), (kind, at), "{status}");
        assert_eq!(read.told.acquired_at, at.filter(|_| kind == EventKind::Acquired));
        assert_eq!(result(&body, &read), Some(r#"["https://replicate.delivery/a.png"]"#));
        assert_eq!(sender(&body), "replicate");
    }
}

#[test]
fn a_prediction_without_an_id_is_recognized_by_its_members() {
    let time = r#""2025-12-27T22:39:35Z""#;
    let whole = |status| prediction(status, TIMES);
    for (body, kind) in [
        (whole("succeeded").replace(r#""x7""#, "null"), EventKind::Completed),
        (whole("failed").replace(r#""id":"x7","#, ""), EventKind::Failed),
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
        let read = event(&body);
        assert_eq!((read.told.kind, read.id), (kind, None), "{body}");
        assert_eq!(sender(&body), "replicate");
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
        r#"{"eventType":"completed","request_id":"a","status":"OK","payload":{}}"#,
        r#"{"id":"a","status":"succeeded"}"#,
        r#"{"id":"a","status":"succeeded","output":"x"}"#,
        r#"{"id":"a","status":"queued","output":"x","input":{}}"#,
        r#"{"status":"succeeded","output":"x","input":{}}"#,
        r#"{"id":null,"status":"succeeded","output":"x","input":{},"model":"m"}"#,
        r#"{"status":"failed","logs":"x","error":"y"}"#,
        r#"{"input":{},"output":"x","logs":"","started_at":null}"#,
    ] {
        assert_eq!(sender(other), "pipelet", "{other}");
    }
}
