//! A skeleton is the body without its long strings, however that is split.

#![expect(clippy::expect_used, reason = "a panic is how a test fails")]

use super::tolerant::bytes;
use crate::generate::large::{Body, Sizes, body, coarse, split, too_large};
use crate::generate::{cases, text};
use hookvault::domain::file::discover::found::Found;
use hookvault::domain::file::inline::{self, Decoder, Encoding, MAX_HELD};
use hookvault::domain::file::skeleton::{Gap, MAX_BYTES, Mender, Piece, Scanner, Skeleton, pieces};
use hookvault::domain::file::source_policy::SourcePolicy;
use hookvault::domain::ingest::document::Document;
use hookvault::domain::json;
use proptest::prelude::*;
use sha2::{Digest, Sha256};

fn scan(body: &[u8], sizes: &Sizes) -> Skeleton {
    let mut scanner = Scanner::new();
    for chunk in split(body, sizes) {
        scanner.push(chunk);
        assert!(scanner.held() < 5 << 20, "what is held is bounded");
    }
    scanner.finish()
}

/// What stands in a gap, as the tolerant reader reads it.
fn mended(body: &[u8], gap: &Gap) -> String {
    let raw = body.get(gap.span.clone()).expect("in the body");
    if !raw.starts_with(b"\\") {
        return json::tolerant(raw).expect("a token").into_owned();
    }
    let token = [b"\"", raw, b"\""].concat();
    let token = json::tolerant(&token).expect("a token").into_owned();
    token.get(1..token.len() - 1).expect("quotes").to_owned()
}

/// What a token says, which may stand in strings.
fn said(token: &str) -> Option<String> {
    let mut token = token.to_owned();
    while !token.starts_with('"') {
        token = json::decode_string(&format!("\"{token}\""))?.into_owned();
    }
    json::decode_string(&token).map(std::borrow::Cow::into_owned)
}

fn whole(text: &str, gaps: &[Gap], body: &[u8]) -> String {
    let pieces = pieces(text, gaps).into_iter().map(|piece| match piece {
        Piece::Text(text) => text.to_owned(),
        Piece::Raw(gap) => mended(body, gap),
    });
    pieces.collect()
}

fn mend(raw: &[u8], sizes: &Sizes) -> Vec<u8> {
    let (mut mender, mut out) = (Mender::new(), Vec::new());
    for piece in split(raw, sizes) {
        mender.push(piece, &mut out);
    }
    mender.finish(&mut out);
    out
}

fn is_right(gap: &Gap, body: &[u8], sizes: &Sizes) {
    let raw = body.get(gap.span.clone()).expect("in the body");
    let is_plain = str::from_utf8(raw).is_ok() && raw.iter().all(|byte| *byte >= b' ');
    assert_eq!(gap.is_plain, is_plain);
    let token = mended(body, gap);
    assert!(mend(raw, sizes) == token.as_bytes(), "mended in pieces");
    let Some(text) = said(&token) else { return assert_eq!(gap.inline, None) };
    assert_eq!(gap.length, text.len());
    assert_eq!(gap.sha256, hex::encode(Sha256::digest(&text)));
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

/// Whether a gap is of what is neither long nor reads like a placeholder: prose
/// that begins as JSON does, with the like of one in it.
fn is_odd(gap: &Gap, body: &[u8]) -> bool {
    let is_mark = |text: String| text.starts_with("@hookvault-range/");
    gap.length <= MAX_HELD && !said(&mended(body, gap)).is_some_and(is_mark)
}

/// What is read of a skeleton is what is read of the whole.
fn reads_alike(body: &[u8], sizes: &Sizes) {
    let sources = SourcePolicy::parse("*.r2.cloudflarestorage.com").0;
    let skeleton = scan(body, sizes);
    let sha256 = hex::encode(Sha256::digest(body));
    let read = Document::read_skeleton(&skeleton, body.len(), &sha256, &sources);
    let (read, want) = match (read, Document::read(body, &sources)) {
        (Ok(read), Ok(want)) => (read, want),
        (read, want) => return assert_eq!(read.is_ok(), want.is_ok(), "readable"),
    };
    assert_eq!(read.1, want.1, "the identity");
    let (read, want) = (read.0, want.0);
    assert_eq!(
        (read.told.clone(), read.mended, read.bytes),
        (want.told.clone(), want.mended, want.bytes)
    );
    let (Some(result), Some(wanted)) = (&read.result, &want.result) else {
        return assert_eq!(read.result.is_some(), want.result.is_some());
    };
    for (found, wanted) in result.found.files.iter().zip(&wanted.found.files) {
        let told = |it: &Found| (it.pointers.clone(), it.name.clone(), it.content_type.clone());
        assert_eq!(told(found), told(wanted));
        assert!(read.mended || found.key == wanted.key, "{} and {}", found.key, wanted.key);
    }
    assert_eq!(result.found.files.len(), wanted.found.files.len());
    assert_eq!(result.found.skipped, wanted.found.skipped);
    if !skeleton.gaps.iter().any(|gap| is_odd(gap, body)) {
        assert_eq!(result.fingerprint, wanted.fingerprint);
    }
    let urls: Vec<String> = (0..result.found.files.len()).map(|n| format!("/files/{n}")).collect();
    let text = result.text(&read.text(&skeleton.text), &urls);
    let text = whole(&text, &skeleton.gaps, body);
    assert!(text == wanted.text(&want.text(body), &urls), "the result");
}

proptest! {
    #![proptest_config(cases(150))]

    #[test]
    fn it_is_the_same_however_the_body_is_split((Body(body), a, b) in (body(), Sizes::any(), Sizes::any())) {
        prop_assert!(scan(&body, &a) == scan(&body, &b));
    }

    #[test]
    fn with_what_stands_in_its_gaps_it_is_the_body((Body(body), sizes) in (body(), Sizes::any())) {
        let skeleton = scan(&body, &sizes);
        prop_assert!(skeleton.is_whole && !skeleton.is_shallow);
        match (json::tolerant(&skeleton.text), json::tolerant(&body)) {
            (Ok(text), Ok(want)) => {
                prop_assert!(whole(&text, &skeleton.gaps, &body) == want, "{}", text);
            }
            (Err(_), Err(_)) => {}
            (skeleton, body) => {
                prop_assert!(false, "{:?} and {:?}", skeleton.err(), body.err());
            }
        }
    }

    #[test]
    fn of_each_gap_the_truth_is_told((Body(body), sizes) in (body(), Sizes::any())) {
        if json::tolerant(&body).is_ok() {
            for gap in &scan(&body, &sizes).gaps {
                is_right(gap, &body, &sizes);
            }
        }
    }

    #[test]
    fn an_object_is_mended_in_pieces((bytes, sizes) in (bytes(), Sizes::any())) {
        if let Ok(want) = json::tolerant(&bytes)
            && bytes.starts_with(b"{")
        {
            let mended = mend(&bytes, &sizes);
            prop_assert_eq!(String::from_utf8_lossy(&mended), want);
        }
    }

    #[test]
    fn it_is_read_as_the_body_is((Body(body), sizes) in (body(), Sizes::any())) {
        reads_alike(&body, &sizes);
    }

    #[test]
    fn of_short_bodies_all_is_kept_but_files(
        (body, sizes) in (prop_oneof![text::body().boxed(), text::broken().boxed()], Sizes::any()),
    ) {
        let skeleton = scan(body.as_bytes(), &sizes);
        for gap in &skeleton.gaps {
            prop_assert!(gap.inline.is_some() && gap.written.is_some(), "{:?}", gap);
        }
        let is_whole = !skeleton.gaps.is_empty() || skeleton.text == body.as_bytes();
        prop_assert!(is_whole, "{:?}", skeleton.text);
    }
}

proptest! {
    #![proptest_config(cases(8))]

    #[test]
    fn what_is_held_ends_alike((Body(body), a, b) in (too_large(), coarse(), coarse())) {
        let skeleton = scan(&body, &a);
        prop_assert!(skeleton == scan(&body, &b));
        prop_assert!(skeleton.text.len() <= MAX_BYTES + 1_000);
        if skeleton.is_whole {
            let text = json::tolerant(&skeleton.text).expect("JSON");
            prop_assert!(whole(&text, &skeleton.gaps, &body).as_bytes() == body, "{:?}", skeleton.is_shallow);
        } else {
            prop_assert!(skeleton.text.is_empty() && skeleton.gaps.is_empty());
        }
    }
}
