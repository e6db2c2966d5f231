//! The rules for finding the files of a body and rewriting it.

use super::json::{Leaf, decoded, leaves, members, strings};
use crate::common::{NONCE, Vault};
use hookvault::domain::access::redact;
use hookvault::domain::file::discover::found::{Discovery, FoundAt, FoundFile};
use hookvault::domain::file::discover::{MAX_FILES, MAX_SKIPPED, discover};
use hookvault::domain::file::source_policy::SourcePolicy;
use hookvault::domain::file::{inline, media_type};
use hookvault::domain::json;
use hookvault::domain::json::edit::{Edit, splice};
use hookvault::domain::keys::file_path;
use hookvault::domain::names::ObjectName;
use hookvault::domain::sender::row::Row;
use hookvault::domain::sender::table::Senders;
use hookvault::domain::view::record;
use hookvault::domain::webhook::event::{Event, EventKind};
use hookvault::domain::webhook::result::without_envelope;

fn pipelet() -> &'static Row {
    Senders::built_in().pipelet()
}

/// The hosts that `common::Vault` allows.
const HOSTS: &str = "*.r2.cloudflarestorage.com";

/// Finds and replaces the files of `body`, if it is an event. Then applies it
/// to a job, and checks what readers get.
pub fn check(body: &str) {
    let Ok(event) = Event::parse(body, Senders::built_in()) else { return };
    let found = discover(body, &SourcePolicy::parse(HOSTS).0);
    is_bounded(&found);
    let edits = edits(&found);
    replaces_values_alone(body, &edits);
    let rewritten = splice(body, &edits);
    assert_eq!(undo(body, &rewritten, &edits), body, "undoing the edits gives the body");
    json::check(&rewritten).expect("still a JSON object");
    found.files.iter().for_each(|file| is_sound(file, body));
    let again = discover(&rewritten, &SourcePolicy::parse(HOSTS).0);
    assert!(again.files.is_empty(), "what is rewritten holds no file: {again:?}");
    let result = loses_the_envelope_alone(body, &event, edits);
    is_taken(body, event.told.kind, &result);
}

/// Returns the edits that the vault makes, in order.
fn edits(found: &Discovery) -> Vec<Edit> {
    let home = ObjectName::Id("437852".into());
    let mut edits = Vec::new();
    for (n, file) in (0..).zip(&found.files) {
        edits.extend(file.edits(&file_path(&home, NONCE, n, &file.name)));
    }
    edits.sort_by_key(|(span, _)| span.start);
    edits
}

fn is_bounded(found: &Discovery) {
    assert!(found.files.len() <= MAX_FILES && found.skipped.len() <= MAX_SKIPPED);
    let pointers = found.files.iter().flat_map(|file| &file.pointers);
    let pointers = pointers.chain(found.skipped.iter().map(|skipped| &skipped.pointer));
    assert!(pointers.clone().all(|pointer| pointer.chars().count() <= 300));
    assert!(found.files.iter().all(|file| (1..=8).contains(&file.pointers.len())));
}

/// Checks that each edit replaces one string value outside of the envelope, and
/// that no two overlap.
fn replaces_values_alone(body: &str, edits: &[Edit]) {
    assert!(edits.windows(2).all(|pair| pair[0].0.end <= pair[1].0.start));
    let leaves = leaves(body);
    for (span, new) in edits {
        let holds = |leaf: &&Leaf<'_>| leaf.span.start <= span.start && span.end <= leaf.span.end;
        let leaf = leaves.iter().find(holds).expect("a value");
        assert!(leaf.token.starts_with('"'), "a string: {}", leaf.token);
        let is_whole = leaf.span == *span;
        assert!(is_whole == new.starts_with('"'), "whole, or in a string that is JSON: {new}");
        let top = decoded(&leaf.path[0]).unwrap_or_default();
        assert!(!pipelet().is_aside(&top), "the result's: {top}");
    }
}

/// Restores what `edits` of `before` have replaced.
fn undo(before: &str, after: &str, edits: &[Edit]) -> String {
    let (mut out, mut rest, mut at) = (String::new(), after, 0);
    for (span, new) in edits {
        let (kept, more) = rest.split_at(span.start - at);
        out.push_str(kept);
        out.push_str(&before[span.clone()]);
        rest = more.strip_prefix(new.as_str()).expect("what the edit has put in");
        at = span.end;
    }
    out + rest
}

/// Checks that a file is fetched from an allowed host, or decodes, and that its
/// name is safe.
fn is_sound(file: &FoundFile, body: &str) {
    match &file.origin {
        FoundAt::Url { url, .. } => assert!(SourcePolicy::parse(HOSTS).0.check(url).is_ok()),
        FoundAt::Inline { span, encoding, .. } => {
            assert!(file.places.len() == 1 && file.places[0].span == *span, "its whole token");
            assert!(inline::decode(&body[span.clone()], *encoding).is_some(), "it decodes");
        }
    }
    let safe = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
    assert!((1..=100).contains(&file.name.len()) && file.name.bytes().all(safe), "{}", file.name);
    assert!(!file.name.starts_with('.'));
    assert!(file.content_type.as_deref().is_none_or(media_type::is_type));
}

/// Checks that the result has the body's members without the envelope's, with
/// the edits in them and no other change.
fn loses_the_envelope_alone(body: &str, event: &Event<'_>, edits: Vec<Edit>) -> String {
    let rewritten = splice(body, &edits);
    let all = without_envelope(&event.members, pipelet(), edits);
    let result = splice(body, &all);
    assert_eq!(undo(body, &result, &all), body, "undoing all edits gives the body");
    json::check(&result).expect("still a JSON object");
    let mut kept = members(&rewritten);
    kept.retain(|(key, _)| !pipelet().is_aside(&decoded(key).unwrap_or_default()));
    assert_eq!(members(&result), kept);
    result
}

/// Applies the body to a job twice, and checks that readers get JSON.
fn is_taken(body: &str, kind: EventKind, result: &str) {
    let mut vault = Vault::new();
    vault.deliver(body);
    vault.deliver(body);
    let want = Some(result).filter(|_| kind == EventKind::Completed);
    assert_eq!(vault.result.as_deref(), want);
    let token = "secret-hook-token-01";
    let secrets = redact::Secrets::of([token]);
    let context = record::Context { base: "https://vault.example", secrets: &secrets };
    let record = record::record(vault.job(), vault.result.as_deref(), context).expect("a record");
    json::check(&record).expect("a JSON object");
    let shown = secrets.mask(body);
    json::check(&shown).expect("a JSON object");
    let told = strings(&shown).into_iter().filter_map(|span| decoded(&shown[span]));
    assert!(!told.into_iter().any(|text| text.contains(token)), "a token: {shown}");
}
