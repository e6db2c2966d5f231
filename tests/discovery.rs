//! Which strings of a result are files.

use hookvault::domain::discover::{Discovery, MAX_FILES, Origin, discover};
use hookvault::domain::source::SourcePolicy;

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

#[test]
fn descriptions_beside_a_file_count() {
    let data = format!("data:application/octet-stream;base64,{}", "A".repeat(2_000));
    let found = find(&format!(
        r#"{{"audio":{{"data_uri":"{data}","content_type":"audio/mpeg","file_name":"my song/é.mp3"}},
            "video":{{"url":"https://h/v","expires_at":"2025-12-27T22:39:35Z"}}}}"#
    ));
    let [audio, video] = found.files.as_slice() else { panic!("two files") };
    assert_eq!(audio.name, "my_song__.mp3");
    assert!(matches!(audio.origin, Origin::Inline { .. }));
    assert_eq!(
        video.expires_at.map(hookvault::domain::time::Timestamp::as_millis),
        Some(1_766_875_175_000)
    );
}

#[test]
fn inline_data_is_named_by_its_place() {
    let png = format!("data:image/png;base64,{}", "iVBORw0KGgoA".repeat(200));
    let quoted = format!("\"{png}\"");
    assert_eq!(names(&format!(r#"{{"image":{{"data_uri":{quoted}}}}}"#)), ["image.png"]);
    assert_eq!(names(&format!("[{quoted}]")), ["r.png"]);
}

#[test]
fn names_are_safe() {
    let urls = r#"["https://h/a%20b/..%2f..%2fetc%2fpasswd","https://h/.hidden.png","https://h/","https://h/ü.png"]"#;
    assert_eq!(
        names(urls),
        [
            "..%2f..%2fetc%2fpasswd".replace('%', "_").trim_start_matches('.'),
            "hidden.png",
            "file",
            "_.png"
        ]
    );
}

#[test]
fn there_is_an_end_to_files() {
    let urls: Vec<String> = (0..MAX_FILES + 3).map(|i| format!("\"https://h/{i}.png\"")).collect();
    let found = find(&format!("[{}]", urls.join(",")));
    assert_eq!(found.files.len(), MAX_FILES);
    let reasons: Vec<_> = found.skipped.iter().map(|s| s.reason.as_str()).collect();
    assert_eq!(reasons, ["too many"; 3]);
}
