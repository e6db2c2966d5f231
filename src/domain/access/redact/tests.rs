use super::*;

const TOKEN: &str = "dev-hook-token-0123456789";

fn none() -> Secrets {
    Secrets::default()
}

#[test]
fn hook_tokens_are_masked_everywhere() {
    let secrets = Secrets::of([TOKEN]);
    let cases = [
        ("https://h/hook/dev-hook-token-0123456789/order-7", "https://h/hook/***/order-7"),
        ("https://h/hook/r_ref.mac", "https://h/hook/***"),
        ("u=https%3A%2F%2Fh%2Fhook%2Fabc%2Fr", "u=https%3A%2F%2Fh%2Fhook%2F***%2Fr"),
        (r"https:\/\/h\/hook\/a:b.c\/r", r"https:\/\/h\/hook\/***\/r"),
        ("token: dev-hook-token-0123456789.", "token: ***."),
        ("it is /hook/abc.", "it is /hook/***."),
    ];
    for (text, want) in cases {
        assert_eq!(secrets.mask(text), want);
    }
    assert!(matches!(secrets.mask("https://h/hook/"), Cow::Borrowed(_)));
}

#[test]
fn a_configured_secret_is_found_in_every_spelling() {
    let secrets = Secrets::of([TOKEN, "deadbeefdeadbeef", "se%63ret/with\\\"&odd"]);
    for (text, want) in [
        ("%64ev-hook%2Dtoken-%30123456789", "***"),
        (r"\u0064ev-hook\u002dtoken-0123456789!", "***!"),
        (r"\\u0064ev-hook\\u002Dtoken-0123456789", "***"),
        (r"a\ndev-hook-token-0123456789\n", r"a\n***\n"),
        (r"a\\\\dev-hook-token-0123456789", r"a\\\\***"),
        ("%2564ev-hook-token-0123456789", "***"),
        ("dev&#45;hook&#x2d;token-0123456789", "***"),
        // The text before the secret looks like the beginning of an escape.
        ("100%deadbeefdeadbeef", "100%***"),
        ("%25deadbeefdeadbeef", "%25***"),
        (r"%25\u0064eadbeefdeadbeef", "%25***"),
        (r"%\u0064eadbeefdeadbeef", "%***"),
        (r"\u00deadbeefdeadbeef", "***"),
        ("secret/with&odd se%63ret/with\\\"&odd", "secret/with&odd ***&odd"),
        ("secret%2Fwith%5C%22%26odd", "***%26odd"),
        (r#"{"a":"secret\/with\\\"\u0026odd"}"#, r#"{"a":"***\u0026odd"}"#),
        ("secret/with&quot;&amp;odd", "***&amp;odd"),
    ] {
        assert_eq!(secrets.mask(text), want, "{text}");
    }
    for text in ["dev-hook-token-012345678", "%64", "dev-hook-token-01234567\u{e9}", "\\", "%"] {
        assert!(matches!(secrets.mask(text), Cow::Borrowed(_)), "{text}");
    }
}

#[test]
fn secrets_in_keys_and_broken_strings_are_masked() {
    let body = r#"{"https://h/hook/secret":1,"a":"\ud800 https://h/hook/secret","b":"\ud800"}"#;
    let want = r#"{"https://h/hook/***":1,"a":"\ud800 https://h/hook/***","b":"\ud800"}"#;
    assert_eq!(none().mask(body), want);
    let escaped = br#"{"a":"https:\/\/h\/f?X-Amz-Signature\u003dabc"}"#.to_vec();
    assert_eq!(none().mask_bytes(escaped), br#"{"a":"https:\/\/h\/f?***"}"#.to_vec());
    assert_eq!(
        none().mask_bytes(b"\xff https://h/f?sig=abc\xfe".to_vec()),
        b"\xff https://h/f?***"
    );
    assert_eq!(none().mask_bytes(b"\xff?".to_vec()), b"\xff?");
    let number = Secrets::of(["123456789012"]);
    assert_eq!(number.mask(r#"{"a":-123456789012e1}"#), r#"{"a":-9e1}"#);
}

#[test]
fn a_capability_is_found_without_its_url() {
    let mac = "0123456789abcdef0123456789ABCDEF";
    let cases = [
        (format!("by r_gw-1.{mac}."), "by ***."),
        (format!("r_a:b.c.{mac}"), "***"),
        (format!("r%5Fa.{mac}%22"), "***%22"),
        (format!("/jobs/r_a.{mac}0"), ""),
        (format!("for_x.{mac} r_a.{}", mac.replace('F', "")), ""),
    ];
    for (text, want) in cases {
        let want = if want.is_empty() { text.as_str() } else { want };
        assert_eq!(none().mask(&text), want);
        assert_eq!(none().mask_result(&text, ""), want);
    }
}

#[test]
fn a_result_loses_only_text_that_gives_access() {
    let text = r#"{"a":"see /hook/docs \u00e9","b":"https://h/f?X-Amz-Signature=1&x=2","c":"tok-0123456789abcdef"}"#;
    let want = r#"{"a":"see /hook/docs \u00e9","b":"https://h/f?***","c":"***"}"#;
    let secrets = Secrets::of(["tok-0123456789abcdef"]);
    assert_eq!(secrets.mask_result(text, ""), want);
    let own = r#"["https://v/files/7/n/0-tok-0123456789abcdef.mp4","tok-0123456789abcdef"]"#;
    let want = r#"["https://v/files/7/n/0-tok-0123456789abcdef.mp4","***"]"#;
    assert_eq!(secrets.mask_result(own, "https://v/files/7/n/"), want);
}

#[test]
fn presigned_queries_are_masked_and_others_stay() {
    let cases = [
        ("https://h/f.mp4?X-Amz-Date=1&X-Amz-Signature=abc&x=1#t=1", "https://h/f.mp4?***#t=1"),
        (
            "see https://h/f?sig=a%2Fb&se=1 and https://h/g?b",
            "see https://h/f?*** and https://h/g?b",
        ),
        ("![a](https://h/f?X-Goog-Signature=ab)", "![a](https://h/f?***)"),
        (
            "<https://h/f?x-tos-signature=ab>, [https://h/f?Signature=ab~_], 'https://h/f?sig=1'.",
            "<https://h/f?***>, [https://h/f?***], 'https://h/f?***'.",
        ),
        (
            "**https://h/f?sig=1**, https://h/f?sig=1. https://a/b?sig=1,https://c/d?sig=2",
            "**https://h/f?*****, https://h/f?***. https://a/b?***,https://c/d?***",
        ),
        ("https%3A%2F%2Fh%2Ff%3FX-Amz-Signature%3Dabc", "https%3A%2F%2Fh%2Ff%3F***"),
        (
            "https://p/?u=https%3A%2F%2Fh%2Ff%3Fa%3D1%26X-Amz-Signature%3Dabc%2522&w=100",
            "https://p/?u=https%3A%2F%2Fh%2Ff%3F***&w=100",
        ),
        (
            "%7B%22u%22%3A%22https%3A%2F%2Fh%2Ff%3Fsig%3Dabc%22%7D",
            "%7B%22u%22%3A%22https%3A%2F%2Fh%2Ff%3F***%22%7D",
        ),
        (
            r#"{"a":"{\"u\":\"https:\\/\\/h\\/f?a=1\\u0026sig=abc\",\"n\":1.10}"}"#,
            r#"{"a":"{\"u\":\"https:\\/\\/h\\/f?***\",\"n\":1.10}"}"#,
        ),
        (
            r#"["[\"[\\\"https://h/f?Key-Pair-Id=K&Policy=eyJ_\\\"]\"]"]"#,
            r#"["[\"[\\\"https://h/f?***\\\"]\"]"]"#,
        ),
        (r"a https://h/f?sig=abc\nb", r"a https://h/f?***\nb"),
        ("https://h/f?n=a(1).mp4&X-Amz-Signature=abc)", "https://h/f?***)"),
        ("https://h/f?_jwt=eyJ9.eyJ9.s and a?b=_jwt=1", "https://h/f?*** and a?b=_jwt=1"),
        ("https://h/f?sig=1)&X-Amz-Security-Token=abc", "https://h/f?***)&***"),
        ("https://h/f?n=a?b&X-Amz-Credential=c?d&sig=1", "https://h/f?n=a?***?***"),
        ("https://h/f?a=1&amp;X-Amz-Signature=abc&quot;", "https://h/f?***&quot;"),
        ("https://h/f?%58-Amz-Signature=abc", "https://h/f?***"),
        ("query: X-Amz-Algorithm=A&X-Amz-Credential=AK&x=1", "query: X-Amz-Algorithm=A&***"),
        ("https://h/x?page=2&design=1&policy=strict (ok?) a&b, x-ray=1 sig=1", ""),
        (r#"{"a":"https://h/x?page=2\u0026x=1","b":"is it so? sig=1","c":1.10}"#, ""),
    ];
    for (text, want) in cases {
        let want = if want.is_empty() { text } else { want };
        assert_eq!(none().mask(text), want);
        assert_eq!(none().mask(want), want, "once more");
    }
}

#[test]
fn a_stream_is_masked_like_the_whole_text() {
    let secrets = Secrets::of([TOKEN, "deadbeefdeadbeef"]);
    let text = format!(
        "{TOKEN} \\\\u0064ev-hook-token-0123456789 %25deadbeef%64eadbeef /hook/abc/x \
         r_gw.0123456789abcdef0123456789abcdef, https://h/f?a=b&sig=1) x {TOKEN}"
    );
    let want = secrets.mask(&text);
    for length in 1..40 {
        let mut stream = Stream::of_all(secrets.clone());
        let mut told = Vec::new();
        for piece in text.as_bytes().chunks(length) {
            told.extend(stream.push(piece));
        }
        told.extend(stream.finish());
        assert_eq!(String::from_utf8_lossy(&told), want, "{length}");
    }
    let mut stream = Stream::of_values(secrets);
    assert_eq!(stream.push(b"data: {\"a\":\"?sig=1\"}\n\n"), b"data: {\"a\":\"?sig=1\"}\n\n");
    assert_eq!((stream.push(b"d"), stream.push(b"ev-x")), (vec![], b"dev-x".to_vec()));
}

#[test]
fn a_result_in_pieces_is_masked_like_a_whole_one() {
    let own = "https://v/files/7/n/";
    let secrets = Secrets::of(["tok-0123456789abcdef"]);
    let text = r#"{"a":"https://v/files/7/n/0-tok-0123456789abcdef.mp4","b":"tok-0123456789abcdef",
        "c":["https://v/files/7/n","https://v/files/7/n/1-tok-0123456789abcdef"],
        "d":"https://h/f?X-Amz-Signature=1&x=2","e":"https://v/files/7/"}"#;
    for length in 1..=text.len() {
        let mut stream = Stream::of_result(secrets.clone(), own.to_owned());
        let mut told: Vec<u8> =
            text.as_bytes().chunks(length).flat_map(|piece| stream.push(piece)).collect();
        told.extend(stream.finish());
        assert_eq!(String::from_utf8(told).unwrap(), secrets.mask_result(text, own), "{length}");
    }
}
