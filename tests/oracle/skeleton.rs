//! The rules for skeletons, and for reading them.

use hookvault::domain::file::discover::found::FoundFile;
use hookvault::domain::file::inline::{self, Decoder, Encoding, MAX_HELD};
use hookvault::domain::file::skeleton::{Gap, Mender, Piece, Scanner, Skeleton, pieces};
use hookvault::domain::file::source_policy::SourcePolicy;
use hookvault::domain::file::strict_url::repaired;
use hookvault::domain::ingest::document::Document;
use hookvault::domain::ingest::rules::ReadRules;
use hookvault::domain::json;
use hookvault::domain::webhook::correlate::Identity;
use hookvault::domain::webhook::event::EventFacts;
use std::borrow::Cow;

/// Splits a body into pieces of these sizes, in a cycle.
pub fn split<'a>(mut body: &'a [u8], sizes: &[usize]) -> Vec<&'a [u8]> {
    let mut pieces = Vec::new();
    for size in sizes.iter().cycle() {
        if body.is_empty() {
            break;
        }
        let (piece, rest) = body.split_at_checked(*size).unwrap_or((body, &[]));
        pieces.push(piece);
        body = rest;
    }
    pieces
}

pub fn scan(body: &[u8], sizes: &[usize]) -> Skeleton {
    let mut scanner = Scanner::new();
    for chunk in split(body, sizes) {
        scanner.push(chunk);
        assert!(scanner.held() < 5 << 20, "what is held is bounded");
    }
    scanner.finish()
}

/// Returns the text in a gap, as the tolerant reader reads it.
pub fn mended(body: &[u8], gap: &Gap) -> String {
    let raw = body.get(gap.span.clone()).expect("in the body");
    if !raw.starts_with(b"\\") {
        return json::tolerant(raw).expect("a token").into_owned();
    }
    let token = [b"\"", raw, b"\""].concat();
    let token = json::tolerant(&token).expect("a token").into_owned();
    token.get(1..token.len() - 1).expect("quotes").to_owned()
}

/// Returns the decoded text of a token, which may be nested in strings.
pub fn said(token: &str) -> Option<String> {
    let mut token = token.to_owned();
    while !token.starts_with('"') {
        token = json::decode_string(&format!("\"{token}\""))?.into_owned();
    }
    json::decode_string(&token).map(Cow::into_owned)
}

pub fn whole(text: &str, gaps: &[Gap], body: &[u8]) -> String {
    let pieces = pieces(text, gaps).into_iter().map(|piece| match piece {
        Piece::Text(text) => text.to_owned(),
        Piece::Raw(gap) => mended(body, gap),
    });
    pieces.collect()
}

pub fn mend(raw: &[u8], sizes: &[usize]) -> Vec<u8> {
    let (mut mender, mut out) = (Mender::new(), Vec::new());
    for piece in split(raw, sizes) {
        mender.push(piece, &mut out);
    }
    mender.finish(&mut out);
    out
}

pub fn is_right(gap: &Gap, body: &[u8], sizes: &[usize]) {
    let raw = body.get(gap.span.clone()).expect("in the body");
    let is_plain = str::from_utf8(raw).is_ok() && raw.iter().all(|byte| *byte >= b' ');
    assert_eq!(gap.is_plain, is_plain);
    let token = mended(body, gap);
    assert!(mend(raw, sizes) == token.as_bytes(), "mended in pieces");
    let Some(text) = said(&token) else { return assert_eq!(gap.inline, None) };
    assert_eq!(gap.length, text.len());
    assert_eq!(gap.inline, inline::find(&text, Some("data_uri")));
    let Some(data) = &gap.inline else { return };
    let want = inline::decode(&token, Encoding::Token).expect("it was found");
    assert_eq!(data.bytes, want.len() as u64);
    let (mut decoder, mut out) = (Decoder::new(data), Vec::new());
    for piece in split(raw, sizes) {
        decoder.push(piece, &mut out).expect("it decodes");
    }
    decoder.finish().expect("it is whole");
    assert!(out == want, "the same bytes");
}

/// Returns whether a gap would be read differently if it were held. That is
/// prose that begins as JSON does and contains something like a placeholder, or
/// a URL that is too long.
fn is_odd(gap: &Gap, body: &[u8]) -> bool {
    let Some(text) = said(&mended(body, gap)) else { return false };
    let is_prose = gap.length <= MAX_HELD && !text.starts_with("@hookvault-range/");
    let start: String = repaired(&text).chars().take(4).collect();
    gap.written.is_none() && (is_prose || start.eq_ignore_ascii_case("http"))
}

/// Returns the facts without names that are implausibly long.
fn short(told: &EventFacts, skeleton: &Skeleton) -> EventFacts {
    let mut told = told.clone();
    let is_name = |name: &String| name.chars().count() < 200 || skeleton.gaps.is_empty();
    for name in [&mut told.type_name, &mut told.queue_name, &mut told.worker_name] {
        *name = name.take().filter(is_name);
    }
    told
}

/// Checks that a skeleton reads as the whole body does.
pub fn reads_alike(body: &[u8], sizes: &[usize]) {
    let sources = SourcePolicy::parse("*.r2.cloudflarestorage.com").0;
    let skeleton = scan(body, sizes);
    let read = Document::read_skeleton(&skeleton, body.len(), "", ReadRules::of(&sources));
    let (read, want) = match (read, Document::read(body, ReadRules::of(&sources))) {
        (Ok(read), Ok(want)) => (read, want),
        (read, want) => return assert_eq!(read.is_ok(), want.is_ok(), "readable"),
    };
    if skeleton.gaps.iter().any(|gap| is_odd(gap, body)) {
        return;
    }
    let told = |it: &Identity| (it.body_id.clone(), it.file_id.clone(), it.refused.is_some());
    assert_eq!(told(&read.1), told(&want.1), "the identity");
    let (read, want) = (read.0, want.0);
    assert_eq!((read.mended, read.bytes), (want.mended, want.bytes));
    assert_eq!(read.told, short(&want.told, &skeleton));
    let (Some(result), Some(wanted)) = (&read.result, &want.result) else {
        return assert_eq!(read.result.is_some(), want.result.is_some());
    };
    for (found, wanted) in result.found.files.iter().zip(&wanted.found.files) {
        let told = |it: &FoundFile| (it.pointers.clone(), it.name.clone(), it.content_type.clone());
        if !found.pointers.iter().any(|pointer| pointer.contains("/…")) {
            assert_eq!(told(found), told(wanted));
        }
        assert!(read.mended || found.key == wanted.key, "{} and {}", found.key, wanted.key);
    }
    assert_eq!(result.found.files.len(), wanted.found.files.len());
    assert_eq!(result.found.skipped, wanted.found.skipped);
    assert_eq!(result.fingerprint, wanted.fingerprint);
    let urls: Vec<String> = (0..result.found.files.len()).map(|n| format!("/files/{n}")).collect();
    let text = result.text(&read.text(&skeleton.text), &urls);
    let text = whole(&text, &skeleton.gaps, body);
    assert!(text == wanted.text(&want.text(body), &urls), "the result");
}

/// Checks that a skeleton with its gaps filled is the body.
pub fn is_the_body(body: &[u8], sizes: &[usize]) {
    let skeleton = scan(body, sizes);
    assert!(skeleton.is_whole && !skeleton.is_shallow);
    match (json::tolerant(&skeleton.text), json::tolerant(body)) {
        (Ok(text), Ok(want)) => assert!(whole(&text, &skeleton.gaps, body) == want, "{text}"),
        (Err(_), Err(_)) => {}
        (skeleton, body) => panic!("{:?} and {:?}", skeleton.err(), body.err()),
    }
}

/// Checks all of the above.
pub fn check(body: &[u8], sizes: &[usize]) {
    let skeleton = scan(body, sizes);
    assert!(skeleton == scan(body, &[usize::MAX]), "however it is split");
    if skeleton.is_whole && !skeleton.is_shallow {
        is_the_body(body, sizes);
        reads_alike(body, sizes);
        if json::tolerant(body).is_ok() {
            skeleton.gaps.iter().for_each(|gap| is_right(gap, body, sizes));
        }
    }
}
