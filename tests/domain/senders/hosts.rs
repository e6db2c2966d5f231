//! The hosts of each sender's outputs, and how long the outputs live.

#![allow(clippy::expect_used, reason = "a panic is how a test fails")]

use crate::common::Vault;
use hookvault::domain::config::Config;
use hookvault::domain::ingest::document::Document;
use hookvault::domain::sender::name::SenderName;

/// Bodies of one sender that name a file of another, which allows it.
const HOSTILE: [(&str, &str); 10] = [
    (
        "bfldeliveryprod.blob.core.windows.net",
        r#"{"id":"k","status":"succeeded","create_time":1,"outputs":[{"url":"URL"}]}"#,
    ),
    ("h1.inkwai.com", r#"{"id":"b","status":"Ready","result":{"sample":"URL"}}"#),
    ("storage.cdn-luma.com", r#"{"id":"w","status":"completed","outputs":["URL"]}"#),
    ("d1q70pf5vjeyhc.cloudfront.net", r#"{"id":"l","state":"completed","assets":{"video":"URL"}}"#),
    (
        "openrouter.ai",
        r#"{"code":200,"msg":"","data":{"taskId":"t","state":"success","resultJson":"{\"resultUrls\":[\"URL\"]}"}}"#,
    ),
    (
        "tempfile.aiquickdraw.com",
        r#"{"type":"video.generation.completed","data":{"id":"o","unsigned_urls":["URL"]}}"#,
    ),
    (
        "generativelanguage.googleapis.com",
        r#"{"id":"y","status":"SUCCEEDED","createdAt":"","output":["URL"]}"#,
    ),
    ("dnznrvs05pmza.cloudfront.net", r#"{"name":"g","done":true,"response":{"uri":"URL"}}"#),
    ("storage.cdn-luma.com", r#"{"request_id":"f","status":"OK","payload":{"url":"URL"}}"#),
    ("h1.inkwai.com", r#"{"eventType":"completed","jobId":"1","url":"URL"}"#),
];

fn config(set: &[(&str, &str)]) -> Config {
    let value = |name: &str| set.iter().find(|(known, _)| *known == name).map(|(_, v)| (*v).into());
    Config::from_lookup(value)
}

fn read(config: &Config, body: &str, from: Option<&str>) -> (usize, Vec<Option<String>>) {
    let rules = config.read_rules().for_sender(from.and_then(SenderName::parse));
    let (document, _) = Document::read(body.as_bytes(), rules).expect("a document");
    let found = document.result.expect("a result").found;
    (found.files.len(), found.skipped.into_iter().map(|one| one.host).collect())
}

#[test]
fn a_sender_does_not_reach_the_hosts_of_another() {
    for (host, body) in HOSTILE {
        let body = body.replace("URL", &format!("https://{host}/a.png"));
        assert_eq!(read(&config(&[]), &body, None), (0, vec![Some(host.to_owned())]), "{body}");
        let set = [("ALLOWED_SOURCE_HOSTS", host)];
        assert_eq!(read(&config(&set), &body, None), (1, vec![]), "{body}");
    }
}

#[test]
fn the_variable_replaces_the_default_list_only() {
    let body = |url: &str| {
        format!(
            r#"{{"id":"k","status":"succeeded","create_time":1,"outputs":[{{"url":"{url}"}}]}}"#
        )
    };
    let (own, default) = (body("https://h1.inkwai.com/a"), body("https://fal.media/a"));
    let set = [("ALLOWED_SOURCE_HOSTS", "cdn.example")];
    for (body, set, files) in
        [(&own, &[][..], 1), (&own, &set, 1), (&default, &[], 1), (&default, &set, 0)]
    {
        assert_eq!(read(&config(set), body, None).0, files, "{body}");
    }
}

#[test]
fn the_hooks_url_alone_gives_no_host() {
    let bare = r#"{"id":"b","status":"Ready","url":"https://x.bfl.ai/a.png","result":{"sample":"https://x.bfl.ai/a.png"}}"#;
    let formless = bare.replace("\"result\"", "\"results\"").replace("\"url\"", "\"link\"");
    assert_eq!(read(&config(&[]), bare, Some("bfl")).0, 1);
    let (files, _) = read(&config(&[]), &formless, Some("bfl"));
    assert_eq!(files, 0, "no form of BFL's");
}

#[test]
fn a_file_lives_as_long_as_its_sender_says() {
    let prediction = |url: &str| {
        format!(r#"{{"id":"x7","version":"v","input":{{}},"status":"succeeded","output":"{url}"}}"#)
    };
    let host = "https://a.r2.cloudflarestorage.com/a.png";
    let mut vault = Vault::new();
    vault.deliver(&prediction(host));
    let file = vault.job().files.first().expect("a file");
    assert_eq!(file.expires_at, Some(vault.now().plus(3_600_000)), "Replicate's hour");
    let dated = format!("{host}?X-Amz-Date=20251227T203935Z&X-Amz-Expires=60&X-Amz-Signature=x");
    let mut vault = Vault::new();
    vault.deliver(&prediction(&dated));
    let told = vault.job().files.first().and_then(|file| file.expires_at).expect("a time");
    assert_eq!(told.day(), "2025-12-27");
}
