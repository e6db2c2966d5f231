//! Tests which strings are files, and what they contain.

use super::*;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

fn png(len: usize) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    bytes.extend((0..len).map(|i| u8::try_from(i % 251).unwrap()));
    bytes
}

/// Returns the bytes and the media type of the file in a string, decoded from
/// its token.
fn unpacked(text: &str, key: Option<&str>) -> Option<(Vec<u8>, Option<String>)> {
    let found = find(text, key)?;
    let token = json::encode_string(text);
    let bytes = decode(&token, Encoding::Token);
    let nested = json::encode_string(&token);
    let nested = nested.trim_matches('"').strip_suffix('\\').map(|inner| format!("{inner}\\\""));
    assert_eq!(nested.and_then(|nested| decode(&nested, Encoding::Token)), bytes, "nested");
    assert_eq!(decode(&token.replace('/', "\\/"), Encoding::Token), bytes, "slashes");
    Some((bytes?, found.content_type))
}

fn lines(text: &str, end: &str) -> String {
    let lines: Vec<_> = text.as_bytes().chunks(76).map(|l| str::from_utf8(l).unwrap()).collect();
    lines.join(end)
}

#[test]
fn bare_base64_is_a_file_if_its_key_says_so() {
    for len in [1_000, 1_001, 1_002] {
        let text = STANDARD.encode(png(len));
        let want = Some((png(len), Some("image/png".to_owned())));
        assert_eq!(unpacked(&text, Some("prompt")), None);
        let bare = text.trim_end_matches('=').to_owned();
        for text in [
            lines(&text, "\n"),
            lines(&text, "\r\n ") + "\n",
            format!("\u{feff} {text}"),
            URL_SAFE_NO_PAD.encode(png(len)),
            text,
            bare,
        ] {
            assert_eq!(unpacked(&text, Some("data_uri")), want, "{text}");
            assert_eq!(unpacked(&text, Some("b64_json")), want);
        }
    }
}

#[test]
fn text_and_small_data_stay_text() {
    let small = STANDARD.encode(png(100));
    let full = STANDARD.encode(png(2_000));
    for text in [
        "a".repeat(2_000),
        small,
        format!("{full}!"),
        format!("{full}A"),
        format!("{full}==="),
        format!("={full}"),
        format!("{full}%zz"),
    ] {
        assert_eq!(find(&text, Some("data_uri")), None, "{text}");
        assert_eq!(find(&format!("data:image/png;base64,{text}!"), None), None, "{text}");
    }
}

#[test]
fn prose_that_begins_with_data_stays_text() {
    let long = "x".repeat(1_500);
    for text in [
        format!("Data: the picture shows a cat, {long}"),
        format!("data: {{\"id\":1, \"n\":2}} data: {long}"),
        format!("data:text/plain,a \"b\" {long}"),
        format!("Data: image/png, and \"none\" {long}"),
        format!("data: n/a, as there is \"none\" {long}"),
        format!("data:te xt/plain,{long}"),
        format!("data:image/svg+xml,<svg fill=\"#fff\">{long}"),
        format!("data: {long}"),
        format!("data:; see, {long}"),
    ] {
        assert_eq!(find(&text, None), None, "{text:.40}");
    }
}

#[test]
fn a_data_uri_is_read_as_browsers_read_it() {
    let base64 = STANDARD.encode(png(1_500));
    let safe = URL_SAFE_NO_PAD.encode(png(1_500));
    let coded = base64.replace('+', "%2B").replace('/', "%2f").replace('=', "%3D");
    let want = Some((png(1_500), Some("image/png".to_owned())));
    for text in [
        format!("data:image/png;base64,{base64}"),
        format!("DATA:IMAGE/PNG;BASE64,{base64}"),
        format!("data:image/png;base64,{}", lines(&base64, "\r\n")),
        format!("data:image/png;base64,{}", lines(&base64, "%0A")),
        format!(" \ndata:image/png;base64, {base64}\n"),
        format!("data: image/png ; base64 ,{base64}"),
        format!("data:image/png;charset=utf-8; base64,{base64}"),
        format!("data:image/png;\nbase64,{base64}"),
        format!("data:image/png;base64,{safe}"),
        format!("data:image/png;base64,{coded}"),
        format!("data:image/png;base64,{base64}#t=1"),
        format!("data:image/png;name=\"my file.png\";base64,{base64}"),
        format!("data:image/png;name=\"a;b, c.png\";base64,{base64}"),
        format!("data:image/x-png;base64,{base64}"),
        format!("data:;base64,{base64}"),
        format!("data:application/octet-stream;base64,{base64}"),
    ] {
        assert_eq!(unpacked(&text, None), want, "{text:.60}");
    }
}

#[test]
fn percent_encoded_and_raw_documents_are_files() {
    let long = "x".repeat(1_100);
    let svg = Some("image/svg+xml".to_owned());
    for (text, want) in [
        (format!("data:image/svg+xml,%3Csvg%3E{long}"), format!("<svg>{long}")),
        (format!("data:image/svg+xml;utf8,<svg a='é'>\n{long}"), format!("<svg a='é'>{long}")),
        (format!("data:image/svg+xml,100%<svg> {long} "), format!("100%<svg> {long}")),
    ] {
        assert_eq!(unpacked(&text, Some("icon")), Some((want.into_bytes(), svg.clone())));
    }
    let plain = format!("data:,{long}");
    assert_eq!(unpacked(&plain, None), Some((long.into_bytes(), None)));
}

#[test]
fn encodings_of_older_records_are_decoded() {
    let base64 = STANDARD.encode(png(10));
    assert_eq!(decode(&base64, Encoding::Base64), Some(png(10)));
    assert_eq!(decode(&base64.replace('/', "\\/"), Encoding::Base64), Some(png(10)));
    assert_eq!(decode("a%20b\\/", Encoding::Percent), Some(b"a b/".to_vec()));
}
