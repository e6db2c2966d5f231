//! Tests the effect of deliveries on a job, in various orders.

use crate::common::{NONCE, Vault, acquired, completed, url};
use hookvault::domain::job::file::{FileState, FileStatus, Source, StoredObject};
use hookvault::domain::job::record::Archive;
use hookvault::domain::job::status::Status;
use hookvault::domain::job::timeline::EntryOutcome;

const FAILED: &str = r#"{"eventType":"failed","jobId":"437852","error":{"code":"oom"}}"#;
const RETRIED: &str = r#"{"eventType":"retried","jobId":"437852"}"#;
const FILE: &str = "437852_0_WanVideo2_2_I2V_00150.mp4";

#[test]
fn a_job_runs_to_its_result() {
    let mut vault = Vault::new();
    assert_eq!(vault.deliver(&acquired(1_000)), EntryOutcome::Applied);
    assert_eq!(vault.job().status, Status::Acquired);
    assert_eq!(vault.deliver(&completed(FILE, "a")), EntryOutcome::Applied);
    let job = vault.job();
    assert_eq!((job.status, job.archive(), job.version), (Status::Completed, Archive::Pending, 2));
    assert_eq!((job.attempt, job.deliveries, job.duplicates), (1, 2, 0));
    assert_eq!(job.worker_name.as_deref(), Some("k8s_1"));
    let [file] = job.files.as_slice() else { panic!("one file, found twice") };
    assert_eq!(file.pointers, ["/video/data_uri", "/video/data_url"]);
    assert_eq!(file.name, "WanVideo2_2_I2V_00150.mp4");
    assert_eq!(file.key, "jobs/437852/0-WanVideo2_2_I2V_00150.mp4");
    assert_eq!(
        file.expires_at.map(hookvault::domain::time::Timestamp::as_millis),
        Some(1_766_875_175_000)
    );
    let url = format!("/files/437852/{NONCE}/0-WanVideo2_2_I2V_00150.mp4");
    let want = format!(
        r#"{{"video":{{"data_uri":"{url}","data_url":"{url}"}},"seed":196619188014358660,"cfg":1.10}}"#
    );
    assert_eq!(vault.result.as_deref(), Some(want.as_str()));
}

#[test]
fn the_result_may_come_first_and_repeatedly() {
    let mut vault = Vault::new();
    let outcomes: Vec<EntryOutcome> =
        [&completed(FILE, "a"), &acquired(1), &completed(FILE, "a"), &completed(FILE, "a")]
            .map(|body| vault.deliver(body))
            .to_vec();
    let want = [
        EntryOutcome::Applied,
        EntryOutcome::Late,
        EntryOutcome::Duplicate,
        EntryOutcome::Duplicate,
    ];
    assert_eq!(outcomes, want);
    let job = vault.job();
    assert_eq!((job.files.len(), job.version, job.duplicates), (1, 1, 2));
    assert_eq!(job.worker_name, None, "a late event changes nothing");
}

#[test]
fn files_that_are_not_stored_get_fresh_urls() {
    let mut vault = Vault::new();
    vault.deliver(&completed(FILE, "old"));
    assert_eq!(vault.deliver(&completed(FILE, "new")), EntryOutcome::Duplicate);
    let source = |vault: &Vault| vault.job().files[0].source.clone();
    let Source::Url { url, .. } = source(&vault) else { panic!("a URL") };
    assert!(url.ends_with("X-Amz-Signature=new"));
    if let Some(job) = &mut vault.job {
        job.files[0].state = FileState::Stored(StoredObject::default());
    }
    vault.deliver(&completed(FILE, "newer"));
    assert_eq!(source(&vault), Source::Url { url, host: host() });
}

fn host() -> String {
    "prod-batch-files.ae2b.r2.cloudflarestorage.com".to_owned()
}

#[test]
fn another_result_is_a_revision() {
    let mut vault = Vault::new();
    vault.deliver(&completed("437852_0_a.mp4", "a"));
    assert_eq!(vault.deliver(&completed("437852_0_b.mp4", "a")), EntryOutcome::Applied);
    assert_eq!(vault.deliver(&completed("437852_0_a.mp4", "a")), EntryOutcome::Applied);
    let job = vault.job();
    let files: Vec<_> = job.files.iter().map(|f| (f.n, f.name.as_str(), f.served)).collect();
    assert_eq!(files, [(0, "a.mp4", false), (1, "b.mp4", false), (2, "a.mp4", true)]);
    assert!(vault.result.as_ref().is_some_and(|text| text.contains("/2-a.mp4")));
}

#[test]
fn a_files_own_query_makes_another_result() {
    let get = |query: &str, by| completed("get", by).replace("get?", query);
    let mut vault = Vault::new();
    vault.deliver(&get("get?file=a&", "s"));
    assert_eq!(vault.deliver(&get("get?file=a&", "t")), EntryOutcome::Duplicate, "signed again");
    assert_eq!(vault.deliver(&get("get?file=b&", "s")), EntryOutcome::Applied);
    assert_eq!(vault.job().files.len(), 2);
    let prompt = |end| format!(r#"{{"eventType":"completed","p":"https://h/? {end}"}}"#);
    let mut vault = Vault::new();
    vault.deliver(&prompt("yes"));
    assert_eq!(vault.deliver(&prompt("no")), EntryOutcome::Applied);
}

#[test]
fn equal_bodies_without_a_time_count_when_something_came_between() {
    let mut vault = Vault::new();
    let bodies = [FAILED, RETRIED, FAILED, FAILED, RETRIED];
    let outcomes = bodies.map(|body| vault.deliver(body));
    let applied = EntryOutcome::Applied;
    assert_eq!(outcomes, [applied, applied, applied, EntryOutcome::Duplicate, applied]);
    assert_eq!((vault.job().attempt, vault.job().status), (3, Status::Retried));
    assert_eq!(vault.job().error.as_ref().map(|e| e.get().to_owned()), None);
}

#[test]
fn equal_bodies_with_a_time_never_count_twice() {
    let mut vault = Vault::new();
    vault.deliver(&acquired(1_000));
    vault.deliver(FAILED);
    assert_eq!(vault.deliver(&acquired(1_000)), EntryOutcome::Duplicate);
    assert_eq!(vault.deliver(&acquired(2_000)), EntryOutcome::Applied);
    assert_eq!((vault.job().attempt, vault.job().status), (2, Status::Acquired));
}

#[test]
fn a_failure_keeps_the_upstreams_error() {
    let mut vault = Vault::new();
    vault.deliver(FAILED);
    let error = |vault: &Vault| vault.job().error.as_ref().map(|e| e.get().to_owned());
    assert_eq!(error(&vault).as_deref(), Some(r#"{"code":"oom"}"#));
    assert!(vault.job().is_settled());
    vault.deliver(&completed(FILE, "a"));
    assert_eq!((error(&vault), vault.job().status), (None, Status::Completed));
}

#[test]
fn unknown_types_are_kept_and_change_nothing() {
    let mut vault = Vault::new();
    let unknown = r#"{"eventType":"paused","jobId":"437852"}"#;
    assert_eq!(vault.deliver(unknown), EntryOutcome::Unknown);
    assert_eq!((vault.job().status, vault.job().version), (Status::Queued, 1));
    vault.deliver(&acquired(1));
    assert_eq!(vault.deliver(r#"{"jobId":"437852"}"#), EntryOutcome::Unknown);
    assert_eq!((vault.job().status, vault.job().version), (Status::Acquired, 2));
    let numbers: Vec<u32> = vault.timeline.iter().map(|entry| entry.n).collect();
    assert_eq!(numbers, [1, 2, 3]);
}

fn results(names: &[&str], more: &str) -> String {
    let urls: Vec<_> = names.iter().map(|name| url(name, "s")).collect();
    format!(r#"{{"eventType":"completed","results":{urls:?}{more}}}"#)
}

const REMOVED: &str = r#"{"id":"437852","status":"succeeded","input":{},"urls":{},"output":null,"data_removed":true}"#;
const EMPTY: [&str; 4] = [
    r#"{"eventType":"completed","jobId":"437852"}"#,
    r#"{"eventType":"completed","results":[]}"#,
    r#"{"eventType":"completed","results":{},"video":null}"#,
    r#"{"eventType":"completed","video":{"url":""}}"#,
];

#[test]
fn a_smaller_result_never_replaces_a_larger_one() {
    let full = results(&["a", "b"], "");
    let text = r#"{"eventType":"completed","text":"a story"}"#;
    let less = [results(&["a"], ""), results(&["c"], r#","seed":7"#), text.to_owned()];
    let files = less.iter().map(String::as_str).chain(EMPTY).map(|body| (full.as_str(), body));
    let texts = EMPTY.map(|body| (text, body));
    for (more, less) in files.chain(texts) {
        let mut vault = Vault::new();
        vault.deliver(more);
        let (served, was) = (vault.result.clone(), vault.job().clone());
        assert_eq!(vault.deliver(less), EntryOutcome::Late, "{less}");
        assert_eq!((&vault.result, vault.job().archive()), (&served, was.archive()), "{less}");
        assert!(vault.job().files.iter().all(|file| file.served));
        let detail = vault.timeline.last().and_then(|entry| entry.detail.clone());
        assert!(detail.is_some_and(|words| words.starts_with("not used: it has ")), "{less}");
    }
}

#[test]
fn an_equal_or_larger_result_replaces_in_any_order() {
    let text = |of: &str| format!(r#"{{"eventType":"completed","text":"{of}"}}"#);
    let empty = EMPTY[0].to_owned();
    let taken = [
        (results(&["a", "b"], ""), results(&["a", "c"], "")),
        (results(&["a", "b"], ""), results(&["a", "b"], r#","seed":7"#)),
        (results(&["a"], ""), results(&["a", "b"], "")),
        (text("a"), text("b")),
        (empty.clone(), text("a")),
        (empty, results(&["a"], "")),
        (text("a"), results(&["a"], "")),
    ];
    for (first, second) in &taken {
        let mut vault = Vault::new();
        vault.deliver(first);
        assert_eq!(vault.deliver(second), EntryOutcome::Applied, "{first} {second}");
    }
    // An earlier result that is moved here later counts if it holds more.
    let fuller = [(EMPTY[0].to_owned(), text("a")), (text("a"), results(&["a"], ""))];
    for (served, moved) in &fuller {
        let mut vault = Vault::new();
        vault.deliver(served);
        assert_eq!(vault.deliver_moved(moved, 10), EntryOutcome::Applied, "{moved}");
        assert_eq!(vault.deliver_moved(served, 5), EntryOutcome::Late, "{served}");
    }
    let mut vault = Vault::new();
    vault.deliver(&results(&["a"], ""));
    assert_eq!(vault.deliver_moved(&results(&["b"], ""), 10), EntryOutcome::Late);
}

#[test]
fn a_prediction_whose_data_was_removed_keeps_its_result() {
    let prediction = |output: &str| REMOVED.replace("null,\"data_removed\":true", output);
    let full = prediction(&format!("[{:?},{:?}]", url("a", "s"), url("b", "s")));
    for (first, second, want) in
        [(&*full, REMOVED, EntryOutcome::Late), (REMOVED, &full, EntryOutcome::Applied)]
    {
        let mut vault = Vault::new();
        vault.deliver(first);
        assert_eq!(vault.deliver(second), want);
        assert_eq!(vault.job().files.iter().filter(|file| file.served).count(), 2);
    }
}

#[test]
fn a_smaller_result_provides_fresh_urls() {
    let mut vault = Vault::new();
    vault.deliver(&results(&["a", "b"], ""));
    let job = vault.job.as_mut().expect("a job");
    job.files[0].state = FileState::Lost;
    job.files[1].state = FileState::Stored(StoredObject::default());
    let fresh = results(&["a"], "").replace("Signature=s", "Signature=new");
    assert_eq!(vault.deliver(&fresh), EntryOutcome::Late);
    let file = &vault.job().files[0];
    assert!(matches!(&file.source, Source::Url { url, .. } if url.ends_with("new")));
    assert_eq!((file.status(), vault.job().archive()), (FileStatus::Pending, Archive::Pending));
}

#[test]
fn a_result_of_lost_files_is_replaced() {
    let mut vault = Vault::new();
    vault.deliver(&results(&["a", "b"], ""));
    vault
        .job
        .as_mut()
        .expect("a job")
        .files
        .iter_mut()
        .for_each(|file| file.state = FileState::Lost);
    assert_eq!(vault.deliver(EMPTY[0]), EntryOutcome::Late);
    assert_eq!(vault.deliver(&results(&["c"], "")), EntryOutcome::Applied);
}

#[test]
fn files_in_alternating_places_are_all_replaced() {
    let (one, two) = (url("437852_0_a.mp4", "s"), url("437852_1_b.mp4", "s"));
    let mut vault = Vault::new();
    vault.deliver(&format!(
        r#"{{"request_id":"437852","status":"OK","payload":["{one}","{two}","{one}"]}}"#
    ));
    let [a, b] = ["0-a", "1-b"].map(|name| format!("\"/files/437852/{NONCE}/{name}.mp4\""));
    assert_eq!(vault.result, Some(format!("[{a},{b},{a}]")));
}

#[test]
fn a_result_in_a_string_stays_equal_when_signed_again() {
    let body = |signature: &str| {
        let inner =
            format!(r#"{{"resultUrls":["{}"],"n":1.10}}"#, url("437852_0_a.mp4", signature));
        let inner = serde_json::Value::from(inner);
        format!(r#"{{"eventType":"completed","jobId":437852,"resultJson":{inner}}}"#)
    };
    let mut vault = Vault::new();
    assert_eq!(vault.deliver(&body("s")), EntryOutcome::Applied);
    let inner = format!(r#"{{\"resultUrls\":[\"/files/437852/{NONCE}/0-a.mp4\"],\"n\":1.10}}"#);
    assert_eq!(vault.result, Some(format!(r#"{{"resultJson":"{inner}"}}"#)));
    assert_eq!(vault.deliver(&body("t")), EntryOutcome::Duplicate);
}
