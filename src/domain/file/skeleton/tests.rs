//! Tests what a skeleton keeps, and what its gaps stand for.

use super::*;
use crate::domain::json::encode_string;

fn scan(body: &[u8], size: usize) -> Skeleton {
    let mut scanner = Scanner::new();
    body.chunks(size).for_each(|chunk| scanner.push(chunk));
    scanner.finish()
}

fn long(c: char) -> String {
    String::from(c).repeat(MAX_HELD + 1)
}

/// Returns the skeleton. Checks that it does not depend on how the body is
/// split, and that the body can be rebuilt from it.
fn skeleton(body: &[u8]) -> Skeleton {
    let whole = scan(body, body.len());
    let sizes = if body.len() < MAX_BYTES { [1, 2, 1_000] } else { [999, 10_000, 100_000] };
    for size in sizes {
        assert_eq!(scan(body, size), whole, "in pieces of {size}");
    }
    let text = str::from_utf8(&whole.text).unwrap();
    let mut out = Vec::new();
    for piece in pieces(text, &whole.gaps) {
        match piece {
            Piece::Text(text) => out.extend_from_slice(text.as_bytes()),
            Piece::Raw(gap) => out.extend_from_slice(&body[gap.span.clone()]),
        }
    }
    assert!(out == body, "{text}");
    whole
}

fn spans(skeleton: &Skeleton, body: &str) -> Vec<String> {
    skeleton.gaps.iter().map(|gap| body.get(gap.span.clone()).unwrap().to_owned()).collect()
}

#[test]
fn long_strings_are_gaps() {
    let (a, b) = (long('a'), long('b'));
    let body = format!(r#"{{"n": 1.10, "a": "{a}", "b":["{b}","c"]}} "#);
    let found = skeleton(body.as_bytes());
    assert_eq!(spans(&found, &body), [format!("\"{a}\""), format!("\"{b}\"")]);
    let first = &found.gaps[0];
    assert!(first.is_plain && first.length == a.len() && first.inline.is_none());
    assert_eq!(found.gap(&placeholder::text(0, first)), Some(first));
    let text = String::from_utf8(found.text).unwrap();
    let (one, two) = (placeholder::text(0, first), placeholder::text(1, &found.gaps[1]));
    assert_eq!(text, format!(r#"{{"n": 1.10, "a": "{one}", "b":["{two}","c"]}} "#));
}

#[test]
fn strings_that_are_json_are_searched() {
    let a = long('a');
    let innermost = format!(r#"{{"a": "{a}","b":1.10}}"#);
    let mut body = innermost.clone();
    for depth in 1..=3 {
        body = format!(r#"{{"r": {}}}"#, encode_string(&body));
        let found = skeleton(body.as_bytes());
        let quote = format!("{}\"", "\\".repeat((1 << depth) - 1));
        assert_eq!(spans(&found, &body), [format!("{quote}{a}{quote}")]);
    }
    let four = format!(r#"{{"r": {}}}"#, encode_string(&body));
    assert_eq!(skeleton(four.as_bytes()).gaps[0].length, innermost.len(), "none deeper");
}

#[test]
fn prose_that_begins_like_json_is_a_gap() {
    for inner in [
        format!("[info] he said \"{}\" and left", long('a')),
        format!("{{\"a\":\"{}", long('a')),
        format!("{{\"a\":\"{}\\q\"}}", long('a')),
        format!("{{\"a\":\"@hookvault-range/0/5/abc\"}}]{}", ""),
    ] {
        let body = format!(r#"["x",{},"y"]"#, encode_string(&inner));
        let found = skeleton(body.as_bytes());
        assert_eq!(spans(&found, &body), [encode_string(&inner)]);
    }
    let mut prose = "[1] and \"so\" on, ".repeat(MAX_BYTES / 10);
    prose.push_str(&long('a'));
    let body = format!(r#"["x",{},"y"]"#, encode_string(&prose));
    assert_eq!(spans(&scan(body.as_bytes(), 1_000), &body), [encode_string(&prose)]);
    let nested = encode_string(&format!("{{\"log\":{}}}", encode_string(&prose)));
    let found = scan(format!("[{nested}]").as_bytes(), 1_000);
    assert!(!found.is_shallow && found.gaps[0].length == prose.len(), "prose in JSON");
}

#[test]
fn a_string_that_looks_like_a_placeholder_is_a_gap() {
    let a = long('a');
    let mut made = skeleton(format!(r#"["{a}"]"#).as_bytes());
    let mark = placeholder::text(0, &made.gaps.remove(0));
    let spelled = mark.replace('@', "\\u0040").replace("ho", "\\u0068o");
    let nested = encode_string(&format!("{{\"a\":\"{mark}\"}}"));
    let prose = encode_string(&format!("it is \"{mark}\""));
    let body = format!(r#"["{a}","{mark}","{spelled}",{nested},"@hookvault-range/",{prose}]"#);
    let found = skeleton(body.as_bytes());
    let escaped = format!("\\\"{mark}\\\"");
    let want = [&format!("\"{a}\""), &format!("\"{mark}\""), &format!("\"{spelled}\""), &escaped];
    let want: Vec<_> = want.into_iter().cloned().chain(["\"@hookvault-range/\"".into()]).collect();
    assert_eq!(spans(&found, &body), want);
}

#[test]
fn an_invalid_body_has_an_invalid_skeleton() {
    for body in [
        format!("{{\"a\":\"{}\\q\"}}", long('a')),
        format!("{{\"a\":\"{}", long('a')),
        format!("{{\"a\":\"{}\"", long('a')),
        format!("payload={{\"a\":\"{}\"}}&b=}}", long('a')),
    ] {
        let is_json = |text: &[u8]| crate::domain::json::tolerant(text).is_ok();
        assert_eq!(is_json(&scan(body.as_bytes(), 100).text), is_json(body.as_bytes()));
    }
}

#[test]
fn a_body_that_is_too_large_has_a_skeleton_of_its_top_level() {
    let list = vec!["\"short\",1"; MAX_BYTES / 8].join(",");
    let a = long('a');
    let mark = r#""@hookvault-range/0/5/""#;
    let nested = encode_string(&format!("[{mark}]"));
    let body = format!(
        r#"{{"id":"7","a":"{a}","x":{mark},"n":{nested}, "l":[{list}],"b":{{}}, "c":null}}"#
    );
    let found = skeleton(body.as_bytes());
    assert!(found.is_shallow && found.is_whole);
    let want = [&format!("\"{a}\""), mark, &nested, &format!("[{list}]"), "{}"];
    assert_eq!(spans(&found, &body), want);
    let rough = body.replace("\"short\",1]", "NaN]");
    let plain: Vec<bool> = scan(rough.as_bytes(), 99).gaps.iter().map(|gap| gap.is_plain).collect();
    assert_eq!(plain, [true, true, true, false, true]);
    let wide = format!("{{{list}}}");
    assert_eq!(scan(wide.as_bytes(), 5_000), Skeleton::default());
}

#[test]
fn a_skeleton_survives_storage_as_json() {
    for text in [&b"{\"a\":\"\xc3\xa9\"}"[..], b"{\"a\":\"\xff\"}", b"\0x", b""] {
        let skeleton = Skeleton { text: text.to_vec(), ..Skeleton::default() };
        let written = serde_json::to_string(&skeleton).unwrap();
        assert_eq!(crate::domain::json::from_str::<Skeleton>(&written).unwrap(), skeleton);
    }
    let png = format!("iVBORw0KGgo{}", "A".repeat(2_000));
    let body = format!("[\"{}\",\"{png}\",\"data:image/png;base64,{png}\"]", long('b'));
    let found = scan(body.as_bytes(), 99);
    let written = serde_json::to_string(&found).unwrap();
    assert_eq!(crate::domain::json::from_str::<Skeleton>(&written).unwrap(), found);
    assert!(found.gaps[1].inline.as_ref().is_some_and(|data| data.is_bare && data.is_base64));
}

#[test]
fn a_raw_line_break_does_not_hide_a_file() {
    let text = "iVBORw0KGgo".to_owned() + &"A".repeat(MAX_HELD + 1);
    let inner = format!("[\"\\u0069{}\n{}\"]", &text.get(1..99).unwrap(), text.get(99..).unwrap());
    let body = format!("[\"{}\"]", inner.replace('\\', "\\\\").replace('"', "\\\""));
    let found = scan(body.as_bytes(), 1_000);
    assert!(found.gaps[0].inline.is_some() && !found.gaps[0].is_plain, "{:?}", found.gaps);
}
