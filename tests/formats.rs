//! Checks stored formats byte for byte. Stored data outlives the code, so a
//! change to one of these strings needs a new `format` number and a reader of
//! the old format.

use crate::common::{Vault, acquired, completed};
use hookvault::domain::file::discover::found::Skipped;
use hookvault::domain::job::file::{File, Source};
use hookvault::domain::job::record::Job;
use hookvault::domain::job::submission::Submission;
use hookvault::domain::job::tasks::{KvCopy, LastTry, Work};
use hookvault::domain::job::value::{self, Framed, Frames};

const RECORD: &str = concat!(
    r#"{"format":1,"home":"id:437852","id":"437852","reference":null,"unlinkedId":null,"#,
    r#""provider":"pipelet","app":null,"tags":[],"status":"completed","version":2,"attempt":1,"#,
    r#""queueName":"free","workerName":"k8s_1","createdAt":1766867820001,"acquiredAt":1000,"#,
    r#""leaseExpiry":46000,"updatedAt":1766867820002,"completedAt":1766867820002,"#,
    r#""storedAt":null,"heardAt":1766867820002,"senderTime":1000,"nonce":"0123456789abcdef0123456789abcdef","#,
    r#""origin":"https://vault.example","error":null,"result":{"delivery":2,"fingerprint":"#,
    r#""FINGERPRINT","key":null},"files":[{"n":0,"served":true,"#,
    r#""pointers":["/video/data_uri","/video/data_url"],"state":"pending","name":"a.mp4","#,
    r#""key":"jobs/437852/0-a.mp4","source":{"kind":"url","url":"URL","#,
    r#""host":"prod-batch-files.ae2b.r2.cloudflarestorage.com"},"identity":"#,
    r#""ac4ebfa40c2dd2a3ec0aee7c1c3afef9","#,
    r#""contentType":null,"size":null,"etag":null,"verified":null,"expiresAt":1766875175000,"#,
    r#""slackMs":null,"foundAt":1766867820002,"attempts":0,"md5Refusals":0,"actualMd5":null,"#,
    r#""notBefore":1766867820002,"error":null}],"skipped":[],"deliveries":2,"duplicates":0,"#,
    r#""heals":0,"tally":{"acquired/token/applied":1,"completed/token/applied":1},"events":2,"lastApplied":2,"work":{"runs":0,"copying":[],"#,
    r#""link":CHORE,"publish":CHORE,"record":CHORE,"list":CHORE,"offload":CHORE,"#,
    r#""offloaded":0,"movedEvents":0}}"#,
);

const ENTRY: &str = concat!(
    r#"{"n":1,"eventType":"acquired","receivedAt":1766867820001,"trust":"token","#,
    r#""outcome":"applied","detail":null,"bytes":198,"sha256":"SHA","body":"object"}"#,
);

fn played() -> Vault {
    let mut vault = Vault::new();
    vault.deliver(&acquired(1_000));
    vault.deliver(&completed("437852_0_a.mp4", "s"));
    vault
}

#[test]
fn the_record() {
    let vault = played();
    let fingerprint =
        vault.job().result.as_ref().map(|r| r.fingerprint.clone()).unwrap_or_default();
    assert_eq!(fingerprint.len(), 64);
    let want = RECORD
        .replace("FINGERPRINT", &fingerprint)
        .replace("CHORE", r#"{"version":0,"attempts":0,"at":0}"#)
        .replace("URL", &crate::common::url("437852_0_a.mp4", "s"));
    assert_eq!(serde_json::to_string(vault.job()).expect("JSON"), want);
    let read: Job = serde_json::from_str(&want).expect("a record");
    assert_eq!(serde_json::to_string(&read).expect("JSON"), want);
}

#[test]
fn a_cost() {
    let mut vault = played();
    let without = serde_json::to_string(vault.job()).expect("JSON");
    vault.deliver_costing(r#"{"eventType":"failed"}"#, "1.10");
    let with = serde_json::to_string(vault.job()).expect("JSON");
    let cost = r#""cost":"1.10 usd 1766867820003","#;
    assert!(with.contains(cost) && !without.contains("cost"), "{with}");
    let read: Job = serde_json::from_str(&with).expect("a record");
    assert_eq!(serde_json::to_string(&read).expect("JSON"), with);
}

#[test]
fn a_name_that_differs_from_the_sources() {
    let mut vault = Vault::new();
    vault.deliver(&completed("437852_0_gr%C3%B6%C3%9Fe%201.mp4", "s"));
    let text = serde_json::to_string(vault.job()).expect("JSON");
    let want = concat!(
        r#""name":"gr__e_1.mp4","title":"gr%C3%B6%C3%9Fe%201.mp4","#,
        r#""key":"jobs/437852/0-gr__e_1.mp4","#,
    );
    assert!(text.contains(want), "{text}");
}

/// A file within a delivery is stored by the span of its whole token, and was
/// formerly stored by that of its data alone.
#[test]
fn a_file_that_came_in_a_delivery() {
    for encoding in ["token", "base64", "percent"] {
        let written = format!(
            r#"{{"kind":"inline","delivery":2,"start":30,"end":4030,"encoding":"{encoding}"}}"#
        );
        let source: Source = serde_json::from_str(&written).expect("a source");
        assert_eq!(serde_json::to_string(&source).expect("JSON"), written);
    }
}

/// Checks a file in a delivery that is only read in pieces.
#[test]
fn a_file_in_a_part_of_a_delivery() {
    for data in [
        r#"{"start":22,"end":4022,"bytes":3000,"contentType":"image/png","isBase64":true}"#,
        r#"{"start":0,"end":4000,"bytes":3000,"contentType":"image/png","isBare":true,"isBase64":true}"#,
        r#"{"start":6,"end":4006,"bytes":4000}"#,
    ] {
        let written = format!(
            r#"{{"kind":"inline","delivery":2,"start":30,"end":4060,"encoding":"token","data":{data}}}"#
        );
        let source: Source = serde_json::from_str(&written).expect("a source");
        assert_eq!(serde_json::to_string(&source).expect("JSON"), written);
    }
}

#[test]
fn a_host_that_a_redirect_led_to() {
    let mut file: File = played().job().files[0].clone();
    let without = serde_json::to_string(&file).expect("JSON");
    assert!(!without.contains("redirectHost"));
    file.redirect_host = Some("cdn.example".to_owned());
    let with = serde_json::to_string(&file).expect("JSON");
    let told = r#","redirectHost":"cdn.example""#;
    assert_eq!(with.replace(told, ""), without);
    assert_eq!(serde_json::from_str::<File>(&without).expect("a file").redirect_host, None);
}

#[test]
fn a_skipped_output_without_an_allow_entry() {
    let written = r#"{"pointer":"/a","host":"cdn.example","reason":"host not allowed"}"#;
    let skipped: Skipped = serde_json::from_str(written).expect("what was skipped");
    assert_eq!(serde_json::to_string(&skipped).expect("JSON"), written);
}

#[test]
fn the_timeline() {
    let vault = played();
    let mut entry = vault.timeline.into_iter().next().expect("an entry");
    entry.sha256 = Some("SHA".to_owned());
    assert_eq!(serde_json::to_string(&entry).expect("JSON"), ENTRY);
}

/// Checks the record with the latest data behind it, as an object stores them.
#[test]
fn the_value() {
    let entry = |n, body: Option<&str>, seen: &[&str]| Framed {
        n,
        entry: format!("{{\"n\":{n}}}"),
        body: body.map(str::to_owned),
        seen: seen.iter().map(|&seen| seen.to_owned()).collect(),
    };
    let entries = vec![entry(1, Some("{\"é\":1}"), &["ab", "ref:a/1"]), entry(2, None, &[])];
    let frames = Frames { entries, result: Some("{}".to_owned()) };
    let written = "#12\n{\"format\":1}e1 7 8 ab ref:a/1\n{\"n\":1}{\"é\":1}e2 7 -\n{\"n\":2}r2\n{}";
    assert_eq!(value::join("{\"format\":1}", &frames), written);
    assert_eq!(value::split(written), Ok(("{\"format\":1}", frames)));
}

#[test]
fn the_submission() {
    let old = r#"{"queue":"falAi","app":"fal-ai/flux","at":1766867820000,"answer":null}"#;
    let mut submission: Submission = serde_json::from_str(old).expect("a submission");
    assert!(!submission.by_ticket);
    assert_eq!(serde_json::to_string(&submission).expect("JSON"), old);
    submission.by_ticket = true;
    let new = old.replace("null}", r#"null,"byTicket":true}"#);
    assert_eq!(serde_json::to_string(&submission).expect("JSON"), new);
}

/// Checks the copy in KV, which is one state in memory and several older
/// members in the record.
#[test]
fn the_copy_in_kv() {
    let rest = r#""attempts":0,"at":0}"#;
    for (record, more, is_there) in [
        (r#"{"version":0,"#, "", false),
        (r#"{"version":0,"#, r#","recordBegun":true"#, true),
        (r#"{"version":0,"#, r#","recordBegun":true,"recordById":true"#, true),
        (r#"{"version":2,"#, r#","recordedEvents":3"#, true),
        (r#"{"version":2,"#, r#","recordedEvents":3,"recordById":true"#, true),
    ] {
        let record = format!("{record}{rest}{more}");
        let old = serde_json::to_string(&Work::default()).expect("JSON");
        let old = old.replace(
            r#""record":{"version":0,"attempts":0,"at":0}"#,
            &format!(r#""record":{record}"#),
        );
        let mut work: Work = serde_json::from_str(&old).expect("what the loop has done");
        let copy = work.kv_copy();
        assert_eq!(copy.last().is_some(), is_there, "{record}");
        work.set_kv_copy(KvCopy::None);
        work.set_kv_copy(copy);
        assert_eq!(serde_json::to_string(&work).expect("JSON"), old);
    }
    let failed = r#"{"record":{"version":0,"attempts":1,"at":5}}"#;
    let work: Work = serde_json::from_str(failed).expect("what the loop has done");
    assert!(matches!(work.kv_copy(), KvCopy::Begun(LastTry { attempts: 1, .. })));
}
