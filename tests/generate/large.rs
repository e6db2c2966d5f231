//! Generates bodies with strings that are too long to be held.

use super::text::{token, written};
use super::urls::file_url;
use super::{one, word};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hookvault::domain::file::inline::MAX_HELD;
use hookvault::domain::json::encode_string;
use proptest::collection::vec;
use proptest::prelude::*;

/// A way to split a body: pieces of these sizes, in a cycle.
#[derive(Debug, Clone)]
pub struct Sizes(pub Vec<usize>);

impl Sizes {
    /// Generates one large piece, tiny ones, large ones, and any mixture.
    pub fn any() -> impl Strategy<Value = Self> {
        let size = prop_oneof![Just(1), 1..9_usize, 1..3_000_usize, 15_000..70_000_usize];
        prop_oneof![1 => Just(Self(vec![usize::MAX])), 9 => vec(size, 1..5).prop_map(Self)]
    }
}

/// A body, which prints only in part.
#[derive(Clone)]
pub struct Body(pub Vec<u8>);

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = String::from_utf8_lossy(&self.0);
        for part in text.split_inclusive('"') {
            let (start, end) = (part.chars().take(90), part.chars().rev().take(40));
            let start: String = start.collect();
            let end: String = end.collect::<Vec<_>>().into_iter().rev().collect();
            match part.len() {
                0..200 => f.write_str(part)?,
                length => write!(f, "{start} … {length} … {end}")?,
            }
        }
        Ok(())
    }
}

/// Generates the bytes of a file.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let length = prop_oneof![2 => MAX_HELD * 2 / 3..MAX_HELD * 5 / 4, 1 => 700..900_usize];
    (length, any::<u8>()).prop_map(|(length, seed)| {
        let noise = (0..length).map(|i| (i * i / 7 + i).to_le_bytes()[0] ^ seed);
        b"\x89PNG\r\n\x1a\n".iter().copied().chain(noise).collect()
    })
}

/// Generates base64 as senders write it, at times broken.
fn base64() -> impl Strategy<Value = String> {
    let odd = one(&["", "", "", "", "=", "!", "#x", " ", "%3D", "%2", "é", "\u{a0}"]);
    (bytes(), 0..6, odd, any::<prop::sample::Index>()).prop_map(|(bytes, how, odd, at)| {
        let plain = STANDARD.encode(&bytes);
        let mut text = match how {
            0 => URL_SAFE_NO_PAD.encode(&bytes),
            1 => plain.replace('+', "%2B").replace('/', "%2f").replace('=', "%3D"),
            2 => plain.as_bytes().chunks(76).map(|l| String::from_utf8_lossy(l) + "\r\n").collect(),
            3 => plain.replace("AA", "A A"),
            _ => plain,
        };
        if at.index(3) == 0 {
            text.insert_str(at.index(text.len()), &odd);
        } else {
            text.push_str(&odd);
        }
        text
    })
}

fn file() -> impl Strategy<Value = String> {
    let head = one(&[
        "",
        "\u{feff} ",
        "data:image/png;base64,",
        " DATA:;name=\"a, b\";base64 ,",
        "data:;base64,",
        "data:image/svg+xml,",
        "data:text/html;charset=utf-8,<b>100%</b>",
        "data:,",
        "Data: a picture, ",
        "data:te xt/plain,",
    ]);
    let long_head =
        (word("x, x\", \""), MAX_HELD - 40..MAX_HELD + 40).prop_map(|(piece, length)| {
            format!("data:image/png;a={},", &piece.repeat(length / piece.len()))
        });
    let head = prop_oneof![9 => head.boxed(), 1 => long_head.boxed()];
    (head, base64(), one(&["", "", " \n", "\u{7f}\0 "])).prop_map(|(a, b, c)| a + &b + &c)
}

/// Generates prose, about as long as the longest string that is held.
fn prose() -> impl Strategy<Value = String> {
    let piece =
        one(&["a", "é😀", "\"q\", ", "\\", "\n", " ", "[1] ", "{\"a\":1}", "\u{fffd}", "=", "/"]);
    let begin = one(&["", "[", " {", "[\"", "{\"a\":\"", "\"", "@hookvault-range/", "data:"]);
    (begin, vec(piece, 1..5), MAX_HELD - 20..MAX_HELD + 20).prop_map(|(begin, pieces, length)| {
        let piece = pieces.concat();
        let mut text = begin + &piece.repeat(length / piece.len());
        text.extend(std::iter::repeat_n('x', length.saturating_sub(text.len())));
        text
    })
}

/// Generates a string that reads like a placeholder, or nearly.
fn mark() -> impl Strategy<Value = String> {
    let rest = one(&["", "0/5/abc", "0/", "1/2/3", "18446744073709551616/1/", "0/16385/é"]);
    (
        one(&["@hookvault-range/", "@hookvault-range/", "x@hookvault-range/", "@hookvault-rang"]),
        rest,
    )
        .prop_map(|(mark, rest)| mark + &rest)
}

/// Writes a token in which any of the characters, or only a few, are escaped.
fn spelled(text: &str, how: u64) -> String {
    match how % 4 {
        0 => written(text, how),
        1 => encode_string(text).replace('/', "\\/"),
        2 => encode_string(text).replace("\\\"", "\\u0022"),
        _ => encode_string(text),
    }
}

fn value() -> BoxedStrategy<String> {
    let text = prop_oneof![
        3 => file().boxed(),
        2 => prose().boxed(),
        1 => mark().boxed(),
        1 => file_url().boxed(),
    ];
    let string = (text, any::<u64>()).prop_map(|(text, how)| spelled(&text, how));
    let leaf =
        prop_oneof![4 => string.boxed(), 1 => token().boxed(), 1 => word("1.10 null true").boxed()];
    leaf.prop_recursive(4, 6, 2, |inner| {
        let list = vec(inner.clone(), 0..3).prop_map(|items| format!("[{}]", items.join(", ")));
        let object = (inner.clone(), one(&["data_uri", "a", "url"]))
            .prop_map(|(value, key)| format!("{{\"{key}\":{value}}}"));
        // JSON in a string, or nearly.
        let end = one(&["", "", "", "", " ", "]", "\u{1}"]);
        let nested = (prop_oneof![list.clone().boxed(), object.clone().boxed()], end, any::<u64>())
            .prop_map(|(text, end, how)| spelled(&(text + &end), how));
        prop_oneof![1 => list.boxed(), 2 => object.boxed(), 4 => nested.boxed()]
    })
    .boxed()
}

/// Generates a body of a few values, at times with a few bytes inserted
/// anywhere.
pub fn body() -> impl Strategy<Value = Body> {
    let odd = prop_oneof![
        6 => Just(&b""[..]),
        1 => Just(&b"\xff"[..]),
        1 => Just(&b"\xf0\x9f"[..]),
        1 => Just(&b"\n"[..]),
        1 => Just(&b"\\ud800"[..]),
        1 => Just(&b"\\"[..]),
        1 => Just(&b"\""[..]),
    ];
    let values = vec((one(&["data_uri", "a", "b64_json", "error"]), value()), 1..4);
    let before = one(&[
        r#""eventType":"completed","jobId":"1","#,
        r#""eventType":"completed","#,
        r#""eventType":"failed","jobId":"1","#,
        r#""request_id":"a","status":"OK","payload":"#,
    ]);
    (values, before, odd, any::<prop::sample::Index>()).prop_map(|(values, before, odd, at)| {
        let members: Vec<String> =
            values.into_iter().map(|(key, value)| format!("\"{key}\": {value}")).collect();
        let members = members.join(",");
        let body = match before.strip_suffix(r#""payload":"#) {
            Some(before) => {
                let long = "x".repeat(MAX_HELD + 1);
                format!(r#"{{"x":["{long}"],{before}"payload":{{{members}}},"y":1}}"#)
            }
            None => format!("{{{before}{members}}}"),
        };
        let mut body = body.into_bytes();
        let at = at.index(body.len());
        body.splice(at..at, odd.iter().copied());
        Body(body)
    })
}

/// Generates a value of about so many bytes, which makes a body too large.
fn much() -> impl Strategy<Value = String> {
    let piece = one(&[
        "\"a\",1,\n",
        "1.10,null, ",
        "\"https://a.r2.cloudflarestorage.com/a.mp4\",",
        "\"@hookvault-range/0/1/2\",",
        "{\"a\":[\"b\"]},",
        "\"\\u0061\\ud800\",",
    ]);
    let wrap = one(&["list", "nested", "nested", "prose", "cut", "wide"]);
    (piece, wrap, 0..3_usize, 9_000..1_300_000_usize).prop_map(|(piece, wrap, times, bytes)| {
        let list = format!("[{}1", piece.repeat(bytes / piece.len()));
        let nest =
            |text: String| (0..times).fold(text, |text, _| format!("[{}]", encode_string(&text)));
        match wrap.as_str() {
            "list" => list + "]",
            "nested" => encode_string(&nest(list + "]")),
            "prose" => encode_string(&nest(list + "] and so on")),
            "cut" => encode_string(&nest(list)),
            _ => format!("{}1", "\"b\",\"c\":".repeat(bytes / 8)),
        }
    })
}

/// Generates a body of which more would be held than may be, or nearly.
pub fn too_large() -> impl Strategy<Value = Body> {
    (much(), value(), much(), value()).prop_map(|(a, b, c, d)| {
        Body(format!(r#"{{"eventType":"completed","a":{a},"b":{b},"c":{c},"d":{d}}}"#).into_bytes())
    })
}

/// Generates a way to split such a body.
pub fn coarse() -> impl Strategy<Value = Sizes> {
    vec(prop_oneof![60..3_000_usize, 15_000..700_000_usize], 1..4).prop_map(Sizes)
}
