//! Tests which strings of a result are files.

#![expect(clippy::expect_used, reason = "a panic is how a test fails")]

use hookvault::domain::file::discover::found::{Discovery, FoundAt, FoundFile, Skipped};
use hookvault::domain::file::discover::{MAX_FILES, discover, discover_in};
use hookvault::domain::file::source_policy::SourcePolicy;
use hookvault::domain::sender::table::Senders;
use hookvault::domain::webhook::event::Event;
use serde_json::value::RawValue;

fn find(result: &str) -> Discovery {
    let policy = SourcePolicy::parse("h,*.r2.cloudflarestorage.com").0;
    let body =
        format!(r#"{{"eventType":"completed","webhookUrl":"https://h/hook/x.mp4","r":{result}}}"#);
    discover(&body, &policy)
}

fn names(result: &str) -> Vec<String> {
    find(result).files.into_iter().map(|file| file.name).collect()
}

#[test]
fn allowed_urls_are_files_wherever_they_stand() {
    let found = find(
        r#"{"a":"https://h/1_0_x.mp4","b":["https://h/y.png",{"c":"https://h/noextension"}],
            "t":"see https://h/z.png","e":"https:\/\/h\/1_0_x.mp4"}"#,
    );
    let files: Vec<_> =
        found.files.iter().map(|f| (f.name.as_str(), f.pointers.join(" "))).collect();
    let want = [("x.mp4", "/r/a /r/e"), ("y.png", "/r/b/0"), ("noextension", "/r/b/1/c")];
    assert_eq!(files, want.map(|(name, at)| (name, at.to_owned())));
    assert!(found.skipped.is_empty());
}

#[test]
fn the_same_object_signed_twice_is_one_file() {
    let found = find(
        r#"["https://h/a.mp4?X-Amz-Signature=1","https://h/a.mp4?X-Amz-Signature=2",
            "https://h/a?v=1","https://h/a?v=2"]"#,
    );
    let counts: Vec<usize> = found.files.iter().map(|file| file.pointers.len()).collect();
    assert_eq!(counts, [2, 1, 1]);
}

#[test]
fn media_elsewhere_is_skipped_with_the_reason() {
    let found = find(
        r#"{"a":"https://evil.example/x.mp4","b":"http://h/x.mp4","c":"https://evil.example/page",
            "d":"https://10.0.0.1/x.png","e":"https://evil.example/s?X-Amz-Signature=1"}"#,
    );
    let skipped: Vec<_> = found
        .skipped
        .iter()
        .map(|s| (s.pointer.as_str(), s.host.as_deref().unwrap_or(""), s.reason.as_str()))
        .collect();
    let want = [
        ("/r/a", "evil.example", "host not allowed"),
        ("/r/b", "h", "not https"),
        ("/r/d", "10.0.0.1", "IP address not allowed"),
        ("/r/e", "evil.example", "host not allowed"),
    ];
    assert_eq!(skipped, want);
    assert!(found.files.is_empty());
}

/// Returns the pointer and host of each skipped output in `body`, for a job
/// with this input.
fn skipped(body: &str, input: &str) -> Vec<String> {
    let event = Event::parse(body, Senders::built_in()).expect("an event");
    let input = RawValue::from_string(input.to_owned()).expect("JSON");
    let found = discover_in(body, &event, &SourcePolicy::parse("h").0, Some(&input));
    let told = |s: Skipped| format!("{} {}", s.pointer, s.host.unwrap_or_default());
    found.skipped.into_iter().map(told).collect()
}

#[test]
fn outputs_are_found_wherever_they_are() {
    let replicate = |output: &str| {
        format!(
            r#"{{"id":"a","model":"m","version":"v","status":"succeeded","input":{{"u":"https://x/a.png"}},"urls":{{"get":"https://x/b"}},"output":{output}}}"#
        )
    };
    let fal = |payload: &str| {
        format!(r#"{{"request_id":"a","status":"OK","error":null,"payload":{payload}}}"#)
    };
    let pipelet = |result: &str| format!(r#"{{"eventType":"completed","r":{result}}}"#);
    for (body, want) in [
        (replicate(r#"{"vocals":"https://x/file"}"#), &["/vocals x"][..]),
        (replicate(r#""https://x/file""#), &[" x"]),
        (replicate(r#"["https://x/file","text","https://x/a cat."]"#), &["/0 x"]),
        (replicate(r#""https:// is how a URL begins""#), &[]),
        (fal(r#"{"images":[{"url":"https://x/a"}],"page":"https://y/b"}"#), &["/images/0/url x"]),
        (fal(r#"{"input":{"image":{"url":"https://x/a.png"}}}"#), &[]),
        (fal(r#"{"a":{"link":"https://x/a","content_type":"image/png"}}"#), &["/a/link x"]),
        (fal(r#"{"a":{"link":"https://x/a","content_type":null}}"#), &[]),
        (fal(r#"{"a":{"link":"https://x/a","file_size":1}}"#), &["/a/link x"]),
        (
            pipelet(r#"{"video":{"data_uri":"https://x/a","page":"https://x/b"}}"#),
            &["/r/video/data_uri x"],
        ),
        (pipelet(r#"{"results":["https://x/a"]}"#), &["/r/results/0 x"]),
        (
            pipelet(r#"{"a":"https://x/a.mp4","b":"https://x/b?sig=1","c":"https://x/c"}"#),
            &["/r/a x", "/r/b x"],
        ),
        (
            pipelet(
                r#"{"j":"{\"input\":{\"url\":\"https://x/a.png\"},\"url\":\"https://x/b.png\"}"}"#,
            ),
            &["/r/j/url x"],
        ),
    ] {
        assert_eq!(skipped(&body, "{}"), want, "{body}");
    }
}

#[test]
fn submitted_media_is_no_output() {
    let input =
        r#"{"image_url":"https:\/\/x/in.png?X-Amz-Signature=1","list":["https://x/b.png"]}"#;
    let body = r#"{"eventType":"completed","echo":"https://x/in.png?X-Amz-Signature=2","b":" https://x/b.png","c":"https://x/c.png"}"#;
    assert_eq!(skipped(body, input), ["/c x"]);
    assert_eq!(skipped(body, "{}").len(), 3);
}

#[test]
fn descriptions_beside_a_file_count() {
    let data = format!("data:application/octet-stream;base64,{}", "A".repeat(2_000));
    let found = find(&format!(
        r#"{{"audio":{{"data_uri":"{data}","content_type":"audio/mpeg","file_name":"my song/é.mp3"}},
            "video":{{"url":"https://h/v","expires_at":"2025-12-27T22:39:35Z"}}}}"#
    ));
    let [audio, video] = found.files.as_slice() else { panic!("two files") };
    assert_eq!(audio.name, "my_song__.mp3");
    assert!(matches!(audio.origin, FoundAt::Inline { .. }));
    assert_eq!(
        video.expires_at.map(hookvault::domain::time::Timestamp::as_millis),
        Some(1_766_875_175_000)
    );
}

#[test]
fn inline_data_gets_its_name_from_its_place() {
    let png = format!("data:image/png;base64,{}", "iVBORw0KGgoA".repeat(200));
    let quoted = format!("\"{png}\"");
    assert_eq!(names(&format!(r#"{{"image":{{"data_uri":{quoted}}}}}"#)), ["image.png"]);
    assert_eq!(names(&format!("[{quoted}]")), ["r.png"]);
}

#[test]
fn names_are_safe() {
    let urls = r#"["https://h/a%20b/..%2f..%2fetc%2fpasswd","https://h/.hidden.png","https://h/","https://h/ü.png"]"#;
    assert_eq!(names(urls), ["_.._etc_passwd", "hidden.png", "file", "_.png"]);
}

#[test]
fn signers_differ_and_files_own_queries_count() {
    let urls = r#"["https://h/get?file=a.mp4&sig=1&se=2026-01-01T00:00:00Z","https://h/get?file=b.mp4&sig=2",
        "https://h/get?sig=3&file=a.mp4"]"#;
    let counts: Vec<usize> = find(urls).files.iter().map(|file| file.places.len()).collect();
    assert_eq!(counts, [2, 1]);
}

/// Returns the URLs that are fetched.
fn urls(result: &str) -> Vec<String> {
    let url = |file: FoundFile| match file.origin {
        FoundAt::Url { url, .. } => url,
        FoundAt::Inline { .. } => "inline".to_owned(),
    };
    find(result).files.into_iter().map(url).collect()
}

#[test]
fn a_url_is_read_as_the_url_standard_reads_it() {
    for (token, url) in [
        (r#""https://h/my video.mp4""#, "https://h/my%20video.mp4"),
        (r#"" https://h/a.mp4""#, "https://h/a.mp4"),
        (r#""https://h/a\n""#, "https://h/a"),
        (r#""\ufeffHTTPS://h/a\r\n""#, "HTTPS://h/a"),
        (r#""https://h/a\n/b.mp4""#, "https://h/a/b.mp4"),
        (r#""https:\/\/h\/a\u0020b.mp4""#, "https://h/a%20b.mp4"),
        (
            r#""https://h/a?X-Amz-Signature=1&response-content-disposition=x; y=z""#,
            "https://h/a?X-Amz-Signature=1&response-content-disposition=x;%20y=z",
        ),
    ] {
        assert_eq!(urls(&format!("[{token}]")), [url]);
    }
    let found =
        find(r#"["https://h/a.mp4?sig=1&se=2026-01-01T00:00:00Z\n"," https://h/a.mp4?sig=2"]"#);
    assert_eq!((found.files.len(), found.files[0].places.len()), (1, 2));
    assert!(found.files[0].expires_at.is_some());
    let elsewhere = find("[\"https://evil.example/my video.mp4\"]").skipped;
    assert_eq!(elsewhere[0].host.as_deref(), Some("evil.example"));
    assert_eq!(urls(r#"[{"url":"https://h/my page","file_size":1}]"#), ["https://h/my%20page"]);
}

#[test]
fn a_sentence_that_begins_with_a_url_is_no_file() {
    for text in [
        "https://h/my page",
        "https://h/a.png a cat in the rain",
        "https://h/a.png and https://h/b.png",
        "https://h/a.png?X-Amz-Signature=1 is the start",
        "https://h/a.png#top is it.png",
        "https:// is how h/a.png begins",
    ] {
        assert_eq!(urls(&format!("[\"{text}\"]")), [""; 0], "{text}");
    }
}

#[test]
fn the_record_stays_small_whatever_a_stranger_writes() {
    let repeated = vec!["\"https://h/a.mp4\""; 100_000].join(",");
    let found = find(&format!("[{repeated}]"));
    assert_eq!((found.files.len(), found.files[0].pointers.len()), (1, 8));
    assert_eq!(found.files[0].places.len(), 10_001);
    let places: Vec<String> = (0..4_000).map(|i| format!("\"https://h/{}\"", i % 500)).collect();
    let found = find(&format!(r#"{{"{}":[{}]}}"#, "k".repeat(280), places.join(",")));
    let told: usize = found.files.iter().map(|f| f.pointers.concat().len()).sum();
    assert!(told < 321 * 1024, "{told}");
    let key = "k".repeat(5_000);
    let long: Vec<String> =
        (0..400).map(|i| format!("\"https://h/{i}/{}\"", "x".repeat(7_000))).collect();
    let found = find(&format!(r#"{{"{key}":[{}]}}"#, long.join(",")));
    let stored: usize = found.files.iter().map(|f| f.key.len() + f.pointers.concat().len()).sum();
    assert!(stored < 400 * 1024 && found.files.len() > 30, "{stored}");
    assert!(found.skipped.iter().all(|s| s.reason == "too many" && s.pointer.len() <= 300));
}

#[test]
fn the_number_of_files_is_limited() {
    let urls: Vec<String> = (0..MAX_FILES + 3).map(|i| format!("\"https://h/{i}.png\"")).collect();
    let found = find(&format!("[{}]", urls.join(",")));
    assert_eq!(found.files.len(), MAX_FILES);
    let reasons: Vec<_> = found.skipped.iter().map(|s| s.reason.as_str()).collect();
    assert_eq!(reasons, ["too many"; 3]);
}

#[test]
fn a_string_that_is_json_is_searched() {
    let json = |text: &str| serde_json::Value::from(text).to_string();
    let png = format!("data:image/png;base64,{}", "iVBORw0KGgoA".repeat(200));
    let inner = format!(
        r#"{{"n": 1.10,"resultUrls":["https:\/\/h\/a.mp4","https://h/b"],"x":NaN,"deep":{},"image":{}}}"#,
        json(r#"[{"url":"https://h/c","expires_at":"2025-12-27T22:39:35Z"}]"#),
        json(&png),
    );
    let result = format!(r#"{{"resultJson":{},"url":"https://h/b"}}"#, json(&inner));
    let found = find(&result);
    let told: Vec<_> =
        found.files.iter().map(|f| (f.name.as_str(), f.pointers.join(" "))).collect();
    let want = [
        ("a.mp4", "/r/resultJson/resultUrls/0"),
        ("b", "/r/resultJson/resultUrls/1 /r/url"),
        ("c", "/r/resultJson/deep/0/url"),
        ("image.png", "/r/resultJson/image"),
    ];
    assert_eq!(told, want.map(|(name, at)| (name, at.to_owned())));
    assert!(found.files[2].expires_at.is_some());
    let depths: Vec<u8> = found.files.iter().map(|file| file.places[0].depth).collect();
    assert_eq!(depths, [1, 1, 2, 1]);
}

#[test]
fn near_json_is_text() {
    let json = |text: &str| serde_json::Value::from(text).to_string();
    for text in [
        r#"["https://h/a.mp4""#,
        r#"["https://h/a.mp4"] and more"#,
        r#"see ["https://h/a.mp4"]"#,
        r#""https://h/a.mp4""#,
        &format!(r#"{}"https://h/a.mp4"{}"#, "[".repeat(200), "]".repeat(200)),
    ] {
        assert!(find(&json(text)).files.is_empty(), "{text}");
    }
    let mut nested = "[\"https://h/a.mp4\"]".to_owned();
    for depth in 1..=4 {
        nested = format!("[{}]", json(&nested));
        assert_eq!(find(&nested).files.len(), usize::from(depth <= 3), "{depth}");
    }
}
