//! Properties of masking: no secret remains in any spelling, and nothing else
//! changes.

#![expect(clippy::string_slice, reason = "a panic is how a test fails")]

use crate::generate::text::{body, value, written};
use crate::generate::{cases, word};
use crate::oracle::json::{decoded, strings};
use hookvault::domain::access::redact::spans::MASK;
use hookvault::domain::access::redact::{Secrets, Stream};
use hookvault::domain::json;
use proptest::collection::vec;
use proptest::prelude::*;
use std::borrow::Cow;

const TOKEN: &str = "[A-Za-z0-9_-]{16,40}";
/// A key may contain any character that a header may.
const KEY: &str = "[g-zA-Z0-9_.~:/+=?&%\"'<-]{14,40}[g-z]{4}";
const MAC: &str = "0123456789abcdef0123456789abcdef";

/// A way to write a text so that decoding it restores the text.
#[derive(Debug, Clone, Copy)]
enum Layer {
    Percent(u64),
    Unicode(u64),
    Json(u64),
    Html(u64),
}

fn layer() -> impl Strategy<Value = Layer> {
    prop_oneof![
        any::<u64>().prop_map(Layer::Percent),
        any::<u64>().prop_map(Layer::Unicode),
        any::<u64>().prop_map(Layer::Json),
    ]
}

/// Generates up to three layers, HTML innermost.
fn layers() -> impl Strategy<Value = Vec<Layer>> {
    let html = prop::option::of(any::<u64>().prop_map(Layer::Html));
    (html, vec(layer(), 0..3)).prop_map(|(html, rest)| html.into_iter().chain(rest).collect())
}

impl Layer {
    /// Escapes some of the characters, and all that must be.
    fn write(self, text: &str) -> String {
        let mut out = String::new();
        for (n, c) in text.chars().enumerate() {
            let is = |how: u64| how >> (n % 64) & 1 == 1;
            let hex = |how: u64, text: String| {
                if how.is_multiple_of(3) { text.to_uppercase() } else { text.to_lowercase() }
            };
            let code = c as u32;
            match self {
                Self::Percent(how) if is(how) || "%\\\"<> ".contains(c) => {
                    let mut utf8 = [0; 4];
                    for byte in c.encode_utf8(&mut utf8).bytes() {
                        out.extend([format!("%{}", hex(how, format!("{byte:02x}")))]);
                    }
                }
                Self::Unicode(how) if is(how) || c == '\\' => {
                    out.extend([format!("\\u{}", hex(how, format!("{code:04x}")))]);
                }
                Self::Json(how) => {
                    let token = json::encode_string(&c.to_string());
                    let is_slash = c == '/' && is(how);
                    out.push_str(if is_slash { "\\/" } else { &token[1..token.len() - 1] });
                }
                Self::Html(how) if is(how) || c == '&' => match how % 3 {
                    0 if c == '&' => out.push_str("&amp;"),
                    1 => out.extend([format!("&#x{code:x};")]),
                    _ => out.extend([format!("&#{code};")]),
                },
                _ => out.push(c),
            }
        }
        out
    }
}

/// Returns the texts that a reader may get by decoding one, in any order.
fn readings(text: &str, layers: usize) -> Vec<String> {
    let mut all = vec![text.to_owned()];
    let mut last = all.clone();
    for _ in 0..layers {
        last = last
            .iter()
            .flat_map(|text| [percent(text), unescaped(text), html(text)])
            .filter(|text| !all.contains(text))
            .collect();
        all.extend(last.iter().cloned());
    }
    all
}

fn percent(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut out, mut at) = (Vec::new(), 0);
    while let Some(byte) = bytes.get(at) {
        let code =
            text.get(at + 1..at + 3).filter(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()));
        let code = code.filter(|_| *byte == b'%').and_then(|hex| u8::from_str_radix(hex, 16).ok());
        out.push(code.unwrap_or(*byte));
        at += if code.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn unescaped(text: &str) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let code = rest.strip_prefix('u').and_then(|rest| rest.get(..4));
        let c = code.and_then(|hex| u32::from_str_radix(hex, 16).ok()).and_then(char::from_u32);
        if let Some(c) = c {
            out.push(c);
            rest = &rest[5..];
        } else {
            let c = rest.chars().next();
            out.extend(c);
            rest = &rest[c.map_or(0, char::len_utf8)..];
        }
    }
    out + rest
}

fn html(text: &str) -> String {
    let mut out = text.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">");
    for code in 32..127_u8 {
        if out.contains("&#") {
            let c = char::from(code).to_string();
            out = out.replace(&format!("&#{code};"), &c).replace(&format!("&#x{code:x};"), &c);
        }
    }
    out.replace("&amp;", "&")
}

/// Returns whether decoding the text reveals `secret`.
fn tells(text: &str, secret: &str, layers: usize) -> bool {
    readings(text, layers).iter().any(|text| text.contains(secret))
}

/// Generates a secret in use, within text that may surround it.
fn with_value(secret: &str) -> impl Strategy<Value = String> + use<> {
    let secret = secret.to_owned();
    let around = word(
        "@ https://h/hook/@/ref /hook/@ https%3A%2F%2Fh%2Fhook%2F@ é@é @@ a?b=@ http://h/@?@ \
         [a](https://h/@) {\"a\":\"@\"} 100%@ \\@ C:\\u@ %25@ (@) a&@; Bearer_@. x@x",
    );
    around.prop_map(move |text| text.replace('@', &secret))
}

/// Generates a presigned URL whose signature is `secret`, within prose.
fn with_signature(secret: &str) -> impl Strategy<Value = String> + use<> {
    let secret = secret.to_owned();
    let url = word(
        "https://h/f?X-Amz-Signature=@ https://h/f?a=b&x-amz-signature=@&X-Amz-Expires=1 \
         http://h/my_clip.mp4?sig=@ https://h/f?Expires=1&Signature=@&Key-Pair-Id=K \
         https://h/f?X-Goog-Signature=@#t=1 https://h/f?X-Amz-Credential=A&X-Amz-Security-Token=@ \
         https://h/f?X-Tos-Signature=@&X-Tos-Date=1 https://h/f?X-Tos-Security-Token=@ \
         https://h/f?Policy=@ https://h/f?a=1&X-Goog-Credential=@ https://h/f?sv=1&sig=@&se=2",
    );
    let around = word("@ (@) [@] <@> '@' \"@\" @. {\"a\":\"@\"} ![a](@) **@** @\\n a|@|b");
    (url, around).prop_map(move |(url, around)| around.replace('@', &url).replace('@', &secret))
}

/// Returns a document with `tokens` as a value, a key, and in a list.
fn document(tokens: &[String], rest: &str) -> String {
    let [first, second, third] = tokens else { return String::new() };
    format!(r#"{{"a": [ {first},1.10 ], {second} :{rest}, "z":{{"b":{third}}}}}"#)
}

/// Generates a document with three strings that contain the secret. Each is
/// written in some way, up to three layers deep, and JSON outermost.
fn secrets(
    secret: &'static str,
    hide: fn(&str) -> BoxedStrategy<String>,
) -> impl Strategy<Value = (String, String)> {
    let strings = secret.prop_flat_map(move |secret| {
        let hidden = (hide(&secret), layers(), any::<u64>());
        let escaped = hidden.prop_map(|(text, layers, how)| {
            let text = layers.iter().fold(text, |text, layer| layer.write(&text));
            written(&text, how)
        });
        (Just(secret), vec(escaped, 3), value())
    });
    strings.prop_map(|(secret, tokens, rest)| (document(&tokens, &rest), secret))
}

/// Returns the message of a failed test.
fn short(text: &str, masked: &str) -> String {
    let same = text.bytes().zip(masked.bytes()).take_while(|(a, b)| a == b).count();
    let rest = |text: &str| text.chars().take(900).collect::<String>();
    format!("{}\n{}\n{same} are the same", rest(text), rest(masked))
}

fn streamed(stream: &mut Stream, text: &[u8], length: usize) -> String {
    let mut told = Vec::new();
    for piece in text.chunks(length) {
        told.extend(stream.push(piece));
    }
    told.extend(stream.finish());
    String::from_utf8_lossy(&told).into_owned()
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn no_configured_secret_remains(
        (text, secret) in secrets(KEY, |secret| with_value(secret).boxed()),
        length in 1..50_usize,
    ) {
        let known = Secrets::of(["another-token-012345", &secret]);
        // Puts in an escape that no Rust string can hold.
        let text = text.replace("é", r"\ud800");
        let whole = known.mask(&text);
        let values = &mut Stream::of_values(known.clone());
        let values = Cow::Owned(streamed(values, text.as_bytes(), length));
        for masked in [&whole, &known.mask_result(&text, ""), &values] {
            assert_eq!(json::check(masked), Ok(()), "{}", short(&text, masked));
            assert!(!tells(masked, &secret, 4), "{}", short(&text, masked));
        }
        let all = &mut Stream::of_all(known.clone());
        assert_eq!(streamed(all, text.as_bytes(), length), whole, "{text}");
    }

    #[test]
    fn no_signature_remains(
        (text, secret) in secrets(TOKEN, |secret| with_signature(secret).boxed()),
        length in 1..50_usize,
    ) {
        let none = Secrets::default();
        let whole = none.mask(&text);
        for masked in [&whole, &none.mask_result(&text, "")] {
            assert_eq!(json::check(masked), Ok(()), "{}", short(&text, masked));
            assert!(!tells(masked, &secret, 4), "{}", short(&text, masked));
            let paths = ["https://h/f?***", "http://my_clip.mp4?***", "clip.mp4?***"];
            assert!(readings(masked, 4).iter().any(|text| paths.iter().any(|path| text.contains(path))), "{masked}");
        }
        let all = &mut Stream::of_all(none.clone());
        assert_eq!(streamed(all, text.as_bytes(), length), whole, "{text}");
    }

    #[test]
    fn no_secret_remains_in_text_that_is_no_json(
        (token, cut) in (TOKEN, 1..20_usize),
        around in vec(any::<u8>(), 0..20),
    ) {
        let text = format!(r#"{{"a":"/hook/{token}","b":"{token}","c":"https://h/f?sig={token} "#);
        for body in [text.clone(), text.replace('/', "\\/"), text[..text.len() - cut].to_owned()] {
            let body = [around.as_slice(), body.as_bytes(), &around].concat();
            let masked = Secrets::of([token.as_str()]).mask_bytes(body);
            assert!(!String::from_utf8_lossy(&masked).contains(&token));
        }
    }

    #[test]
    fn a_former_token_is_hidden_in_its_url(
        (token, rest) in (TOKEN, "[/ ?\"é].{0,9}"),
        mark in word("https://h/hook/ \\/hook\\/ https%3A%2F%2Fh%2Fhook%2F %2fhook%2f \\u002fhook\\u002F"),
    ) {
        let text = format!("{mark}{token}{rest}");
        let masked = Secrets::default().mask(&text).into_owned();
        assert!(masked.starts_with(&format!("{mark}***")), "{masked}");
        assert!(!masked.contains(&token));
    }

    #[test]
    fn a_capability_is_hidden_in_any_spelling(
        reference in "[A-Za-z0-9][A-Za-z0-9._:-]{0,30}",
        layers in layers(),
        around in word("@ @. (@) /hook/@/x \"@\" a=@"),
    ) {
        let capability = format!("r_{reference}.{MAC}");
        let text = layers.iter().fold(around.replace('@', &capability), |text, how| how.write(&text));
        for masked in [Secrets::default().mask(&text), Secrets::default().mask_result(&text, "")] {
            assert!(!tells(&masked, MAC, 4), "{}", short(&text, &masked));
        }
    }

    #[test]
    fn only_strings_that_hold_a_secret_change(text in body()) {
        let known = Secrets::of(["a-token-0123456789"]);
        for masked in [known.mask(&text), known.mask_result(&text, "")] {
            assert_eq!(json::check(&masked), Ok(()));
            let (before, after) = (strings(&text), strings(&masked));
            assert_eq!(before.len(), after.len());
            let (mut at, mut at_masked) = (0, 0);
            for (old, new) in before.into_iter().zip(after) {
                assert_eq!(&text[at..old.start], &masked[at_masked..new.start], "between strings");
                let is_same = text[old.clone()] == masked[new.clone()];
                assert!(is_same || masked[new.clone()].contains(MASK));
                let marks = ["?", "hook", "a-token-0123456789"];
                let has_mark = |string: String| marks.iter().any(|mark| string.contains(mark));
                assert!(is_same || decoded(&text[old.clone()]).is_none_or(has_mark));
                (at, at_masked) = (old.end, new.end);
            }
            assert_eq!(&text[at..], &masked[at_masked..]);
        }
    }

    #[test]
    fn text_without_a_secret_is_not_even_copied(
        text in vec(word("https://h/f?page=2 %E3%81%82 \\n \\u00e9 r_x for_x.0123 a&b x-ray X=1 /hook/ ? "), 0..30),
        layers in layers(),
    ) {
        let text = layers.iter().fold(text.join(" "), |text, layer| layer.write(&text));
        assert!(matches!(Secrets::of(["a-token-0123456789"]).mask(&text), Cow::Borrowed(_)), "{text}");
    }

    #[test]
    fn masked_text_stays_as_it_is(text in body()) {
        let known = Secrets::of(["a-token-0123456789"]);
        let once = known.mask(&text).into_owned();
        assert_eq!(known.mask(&once), once.as_str());
    }
}
