//! Feeds each row the bodies that its sender has published: end states, failures
//! and events on the way.

#![allow(clippy::expect_used, reason = "a panic is how a test fails")]

use hookvault::domain::config::Config;
use hookvault::domain::ingest::document::Document;
use hookvault::domain::json::edit::splice;
use hookvault::domain::sender::body::first;
use hookvault::domain::sender::fact::Fact;
use hookvault::domain::sender::kind::EventKind;
use hookvault::domain::sender::name::SenderName;
use hookvault::domain::sender::table::Senders;
use hookvault::domain::time::Timestamp;
use hookvault::domain::webhook::event::Event;
use hookvault::domain::webhook::result::of_event;
use serde_json::Value;

/// The published bodies, and what each says.
const CASES: &str = include_str!("published.json");

fn cases() -> Vec<Value> {
    serde_json::from_str(CASES).expect("an array")
}

fn text<'a>(case: &'a Value, key: &str) -> Option<&'a str> {
    case.get(key).and_then(Value::as_str)
}

fn sender_of(case: &Value) -> SenderName {
    text(case, "sender").and_then(SenderName::parse).expect("a sender")
}

fn parse(case: &Value, body: &str) -> Event<'static> {
    let body: &'static str = Box::leak(body.to_owned().into_boxed_str());
    let senders = Senders::built_in();
    let is_named = case.get("from").is_some();
    let event = if is_named {
        Event::parse_of(body, senders, sender_of(case))
    } else {
        Event::parse(body, senders)
    };
    event.expect("an event")
}

fn value(written: Option<&str>) -> Value {
    written.map_or(Value::Null, |written| serde_json::from_str(written).expect("JSON"))
}

fn name(kind: EventKind) -> &'static str {
    EventKind::ALL.into_iter().find(|known| *known == kind).map_or("unknown", EventKind::name)
}

#[test]
fn each_published_body_is_read_by_its_row() {
    for case in cases() {
        let body = case["body"].to_string();
        let event = parse(&case, &body);
        let sent = event.told.sender_time().map(Timestamp::as_millis);
        let want = |key: &str| case.get(key).cloned().unwrap_or_default();
        assert_eq!(Some(event.row.name.as_str()), text(&case, "sender"), "{body}");
        assert_eq!(Some(name(event.told.kind)), text(&case, "event"), "{body}");
        assert_eq!(value(event.id), want("id"), "{body}");
        assert_eq!(sent, want("time").as_u64(), "{body}");
        for (key, fact) in [("cost", Fact::Cost), ("model", Fact::Model), ("prompt", Fact::Prompt)]
        {
            let found = first(&event.members, event.row.list(fact));
            assert!(want(key).is_null() || value(found) == want(key), "{key} of {body}");
        }
        if event.told.kind == EventKind::Failed {
            let error = event.error.filter(|_| !want("error").is_null());
            assert_eq!(value(error), want("error"), "{body}");
        }
    }
}

#[test]
fn each_published_result_has_its_files_and_names_what_is_skipped() {
    let config = Config::from_lookup(|_| None);
    for case in cases() {
        let body = case["body"].to_string();
        if text(&case, "event") != Some("completed") {
            continue;
        }
        let event = parse(&case, &body);
        let shown = splice(&body, &of_event(&event, body.len(), Vec::new()));
        let pointed = text(&case, "pointer").and_then(|at| case["body"].pointer(at)).cloned();
        let result = case.get("result").cloned().or(pointed).unwrap_or_default();
        let shown: Value = serde_json::from_str(&shown).expect("JSON");
        assert_eq!(shown, result, "{body}");
        let rules = config.read_rules().for_sender(Some(event.row.name));
        let (document, _) = Document::read(body.as_bytes(), rules).expect("a document");
        let found = document.result.expect("a result").found;
        let urls: Vec<String> = found.files.iter().map(|file| file.key.clone()).collect();
        let strings = |key: &str| -> Vec<String> {
            let list = case.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
            list.iter().filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let want = strings("files");
        let of_path = |url: &String| url.split('?').next().unwrap_or_default().to_owned();
        let paths = |urls: &[String]| urls.iter().map(of_path).collect::<Vec<_>>();
        assert_eq!(paths(&urls), paths(&want), "{body}");
        let skipped: Vec<String> = found.skipped.into_iter().filter_map(|one| one.host).collect();
        assert_eq!(skipped, strings("skipped"), "{body}");
    }
}

#[test]
fn each_row_has_an_end_and_a_failure() {
    for row in Senders::built_in().rows() {
        let of = |event: &str| {
            let is_it = |case: &&Value| {
                text(case, "sender") == Some(row.name.as_str())
                    && text(case, "event") == Some(event)
            };
            cases().iter().filter(is_it).count()
        };
        let ends = of("completed") + of("ready");
        assert!(ends > 0 || row.name == SenderName::PIPELET, "{}", row.name);
        assert!(of("failed") > 0, "{}", row.name);
    }
}
