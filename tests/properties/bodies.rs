//! Properties of reading a body, and of rewriting it.

#![expect(clippy::string_slice, reason = "a panic is how a test fails")]

use crate::generate::cases;
use crate::generate::text::{body, broken, written};
use crate::generate::urls::{file_url, url};
use hookvault::domain::file::discover::discover;
use hookvault::domain::file::discover::found::{Discovery, FoundAt};
use hookvault::domain::file::inline;
use hookvault::domain::file::source_policy::SourcePolicy;
use hookvault::domain::file::strict_url::repaired;
use hookvault::domain::json::edit::splice;
use hookvault::domain::names::{is_valid_id, is_valid_name};
use hookvault::domain::sender::table::Senders;
use hookvault::domain::time::Timestamp;
use hookvault::domain::webhook::correlate::{Identity, split_output_name};
use hookvault::domain::webhook::event::{Event, EventKind};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::Value;

fn find(body: &str) -> Discovery {
    discover(body, &SourcePolicy::parse("*.r2.cloudflarestorage.com").0)
}

/// Returns the text with each file replaced by a URL of its own.
fn rewrite(text: &str, found: &Discovery) -> String {
    let urls = (0..).zip(&found.files).map(|(n, file)| (format!("/files/{n}"), file));
    let mut edits: Vec<_> =
        urls.flat_map(|(url, file)| file.edits(&url).collect::<Vec<_>>()).collect();
    edits.sort_by_key(|(span, _)| span.start);
    splice(text, &edits)
}

proptest! {
    #![proptest_config(cases(200))]

    #[test]
    fn files_are_replaced_and_all_else_is_kept(body in prop_oneof![9 => body(), 1 => broken()]) {
        crate::oracle::rewriting::check(&body);
    }

    #[test]
    fn urls_are_files_wherever_they_stand(
        urls in vec(prop_oneof![file_url(), url()], 1..9),
        (how, times) in (any::<u64>(), prop_oneof![4 => Just(1), 1 => 2..12_usize]),
    ) {
        let tokens: Vec<String> = urls.iter().map(|url| written(url, how)).collect();
        let tokens = vec![tokens.join(","); times];
        let body = format!(r#"{{"eventType":"completed","r":[{}]}}"#, tokens.join(","));
        crate::oracle::rewriting::check(&body);
        let policy = SourcePolicy::parse("*.r2.cloudflarestorage.com").0;
        let plain = urls.iter().filter(|url| policy.check(url).is_ok()).count();
        // A text with a space in it may be a sentence.
        let most = urls.iter().filter(|url| policy.check(&repaired(url)).is_ok()).count();
        let found = find(&body).files.iter().map(|file| file.places.len()).sum::<usize>();
        assert!((plain * times..=most * times).contains(&found), "{found} of {urls:?}");
    }

    #[test]
    fn a_string_that_is_json_is_rewritten_as_its_text_is(
        (body, wish) in (body(), 1..3_usize),
        hows in vec(any::<u64>(), 3),
    ) {
        let text = format!(r#"{{"r":{body}}}"#);
        let direct = find(&text);
        // A string that Rust can't hold is not read further.
        prop_assume!(!text.contains("\\ud8") && !text.contains("\\uDF"));
        let mut outer = text.clone();
        for how in &hows[..wish] {
            outer = format!(r#"{{"r":{}}}"#, written(&outer, *how));
        }
        crate::oracle::rewriting::check(&outer);
        let nested = find(&outer);
        assert_eq!(nested.files.len(), direct.files.len(), "{outer}");
        for (file, same) in nested.files.iter().zip(&direct.files) {
            assert_eq!(file.places.len(), same.places.len());
            if let (FoundAt::Inline { span, encoding, .. }, FoundAt::Inline { span: other, .. }) =
                (&file.origin, &same.origin)
            {
                let bytes = inline::decode(&outer[span.clone()], *encoding);
                assert_eq!(bytes, inline::decode(&text[other.clone()], *encoding));
            }
        }
        let mut rewritten = rewrite(&outer, &nested);
        for _ in &hows[..wish] {
            let members = crate::oracle::json::members(&rewritten);
            rewritten = crate::oracle::json::decoded(members[0].1).expect("a string");
        }
        assert_eq!(rewritten, rewrite(&text, &direct));
    }

    #[test]
    fn an_event_is_read_as_serde_json_reads_it(body in body()) {
        let event = Event::parse(&body, Senders::built_in()).expect("an object");
        assert_eq!(event.members.len(), crate::oracle::json::members(&body).len());
        let Ok(value) = serde_json::from_str::<Value>(&body) else { return Ok(()) };
        let cut = |text: &str| text.chars().take(200).collect::<String>();
        let text = |key: &str| value[key].as_str().map(cut);
        assert_eq!(&event.told.type_name, &text("eventType"));
        assert_eq!(&event.told.queue_name, &text("queueName"));
        assert_eq!(event.told.kind == EventKind::Completed, value["eventType"] == "completed");
        let time = |key: &str| value[key].as_u64();
        assert_eq!(event.told.updated_at.map(Timestamp::as_millis), time("updatedAt"));
        assert_eq!(event.told.lease_expiry.map(Timestamp::as_millis), time("leaseExpiry"));
        let error = ["error", "message", "detail"].iter().find(|key| !value[**key].is_null());
        let want = error.map(|key| value[*key].clone());
        assert_eq!(event.error.map(|e| serde_json::from_str::<Value>(e).expect("JSON")), want);
    }

    #[test]
    fn an_identity_is_a_name(body in body()) {
        let event = Event::parse(&body, Senders::built_in()).expect("an object");
        let found = Identity::of(&body, &event);
        let ids = [&found.body_id, &found.file_id, &found.refused];
        assert!(ids.iter().filter(|id| id.is_some()).count() <= 1);
        assert!(ids[..2].iter().all(|id| id.as_deref().is_none_or(is_valid_id)));
    }

    #[test]
    fn an_id_is_found_however_it_is_written(
        (key, rest) in ("jobId|job_id|request_id|requestId", body()),
        (id, how) in ("[A-Za-z0-9_-]{1,128}", any::<u64>()),
        number in 0..u64::MAX,
    ) {
        let key = written(&key, how);
        for (value, id) in [(written(&id, how), id), (number.to_string(), number.to_string())] {
            let body = format!(r#"{{"r":{rest},{key}:{value}}}"#);
            let event = Event::parse(&body, Senders::built_in()).expect("an object");
            let found = Identity::of(&body, &event);
            assert_eq!(found, Identity { body_id: Some(id), ..Identity::default() });
        }
    }

    #[test]
    fn the_files_name_the_id_if_they_agree(
        ids in vec("[1-9]{1,2}|[0-9]{126,130}", 1..4),
        type_name in "[aé]{190,210}",
    ) {
        let url = |id: &String| format!("https://h/outputs/q/{id}_0_a.mp4?/outputs/q/7_0_b");
        let urls: Vec<String> = ids.iter().map(url).collect();
        let body = format!(r#"{{"eventType":"{type_name}","r":{urls:?}}}"#);
        let event = Event::parse(&body, Senders::built_in()).expect("an object");
        assert_eq!(event.told.type_name, Some(type_name.chars().take(200).collect()));
        let agreed = ids.iter().all(|id| *id == ids[0]) && is_valid_name(&ids[0]);
        assert_eq!(Identity::of(&body, &event).file_id, agreed.then(|| ids[0].clone()));
    }

    #[test]
    fn an_outputs_name_is_split_into_its_parts(
        (id, n, name) in ("[0-9]{1,20}", 0..1000_u32, "[^/]{1,20}"),
        any in ".{0,20}",
    ) {
        assert_eq!(split_output_name(&format!("{id}_{n}_{name}")), Some((&*id, &*name)));
        if let Some((id, name)) = split_output_name(&any) {
            assert!(any.starts_with(id) && any.ends_with(name));
        }
    }
}
