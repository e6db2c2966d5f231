//! Tests who is asked for a sender's job, how often, and what the answers mean.

#![expect(clippy::expect_used, reason = "a panic is how a test fails")]

use hookvault::domain::config::Config;
use hookvault::domain::healing::by_row::read_state;
use hookvault::domain::healing::{self, AnswerMeaning};
use hookvault::domain::ingest::import::{self, Import};
use hookvault::domain::job::record::{Job, NewJob};
use hookvault::domain::names::ObjectName;
use hookvault::domain::retry::{Pace, RetryContext};
use hookvault::domain::sender::kind::EventKind;
use hookvault::domain::sender::name::SenderName;
use hookvault::domain::sender::reader::{self, Rules};
use hookvault::domain::sender::row::Row;
use hookvault::domain::sender::table::Senders;
use hookvault::domain::time::Timestamp;
use hookvault::domain::upstream::keys::SenderKeys;
use hookvault::domain::upstream::row::{self, DownloadKeys};
use hookvault::domain::upstream::template::CantAsk;
use url::Url;

const PACE: Pace = Pace::new(2_000);
const KEYS: &str = r#"{"runway":"runway-key-0123456789","xai":"xai-key-0123456789"}"#;

fn name(text: &str) -> SenderName {
    SenderName::parse(text).expect("a name")
}

fn config(set: &[(&str, &str)]) -> Config {
    Config::from_lookup(|name| {
        set.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
    })
}

/// Returns a row of this JSON.
fn row(json: &str) -> Row {
    let usual = r#"{"status":"/status","events":{"completed":["done"]},"#;
    let text = format!("[{}]", json.replacen('{', usual, 1));
    let read = reader::read("SENDERS", &text, Rules::NONE);
    assert_eq!(read.mistakes, Vec::<String>::new());
    read.rows.into_iter().next().expect("a row")
}

fn import(from: Option<&str>) -> Import {
    Import {
        at: Timestamp::from_millis(1_000),
        origin: "https://v".to_owned(),
        reference: None,
        app: None,
        tags: Vec::new(),
        keep_days: None,
        response_url: None,
        from: from.map(name),
    }
}

fn new_job() -> NewJob {
    NewJob {
        home: ObjectName::Id("task-1".to_owned()),
        at: Timestamp::from_millis(1_000),
        nonce: "00".to_owned(),
        origin: "https://v".to_owned(),
    }
}

fn imported(from: &str) -> Job {
    import::take(None, new_job(), &import(Some(from))).0
}

fn after(job: &mut Job, pace: Pace, why: Option<&str>, wish: Option<u64>) -> u64 {
    let at = healing::due_at(job, PACE).expect("it will be asked for");
    let now = at.max(Timestamp::from_millis(1_000));
    let context = RetryContext { now, pace, entropy: u32::MAX / 2, renewal: Ok(()) };
    healing::note_failure(job, why.map(str::to_owned), wish, context);
    healing::due_at(job, PACE).expect("it will be asked for").since(now)
}

#[test]
fn a_job_is_asked_for_at_the_pace_of_its_row() {
    let config = config(&[("SENDER_KEYS", KEYS)]);
    let mut job = imported("runway");
    assert_eq!(healing::due_at(&job, PACE), Some(Timestamp::default()), "at once");
    let pace = config.asking().pace(&job, PACE);
    let pauses: Vec<u64> = (0..4).map(|_| after(&mut job, pace, None, None)).collect();
    assert_eq!(pauses, [6_000, 7_200, 8_640, 10_368]);
    for _ in 0..10 {
        after(&mut job, pace, None, None);
    }
    assert_eq!(after(&mut job, pace, None, None), 30_000, "the longest pause");
    assert_eq!(after(&mut job, pace, None, Some(100_000)), 100_000, "Retry-After");
    let failed = || Some("the sender answers 503");
    let errors: Vec<u64> =
        (0..3).map(|_| (after(&mut job, pace, failed(), None) + 500) / 1_000).collect();
    assert_eq!(errors, [30, 60, 120], "failures in a row wait longer");
    assert_eq!(after(&mut job, pace, None, None), 30_000);
    assert_eq!(job.healing.failures, 0);
    // Half the base makes half the pauses.
    let pace = config.asking().pace(&job, Pace::new(1_000));
    assert_eq!(after(&mut job, pace, None, None), 15_000);
    let pace = config.asking().pace(&job, PACE);
    healing::poll(&mut job, pace, Timestamp::from_millis(7_000));
    assert_eq!(healing::due_at(&job, PACE), Some(Timestamp::from_millis(12_000)));
}

#[test]
fn a_job_is_given_up_after_a_day_with_words() {
    let mut job = imported("runway");
    let pace = config(&[("SENDER_KEYS", KEYS)]).asking().pace(&job, PACE);
    let mut entries = Vec::new();
    let mut asked = 0;
    while let Some(at) = healing::due_at(&job, PACE) {
        let now = at.max(Timestamp::from_millis(1_000));
        let context = RetryContext { now, pace, entropy: 0, renewal: Ok(()) };
        entries.extend(healing::note_failure(&mut job, None, None, context));
        asked += 1;
    }
    assert!((2_800..2_900).contains(&asked), "{asked}");
    assert!(job.healing.exhausted && entries.len() == 1);
    assert_eq!(entries[0].detail.as_deref(), Some("healExhausted: the job is not ready"));
}

#[test]
fn the_sender_is_asked_at_its_own_origin_with_its_own_key() {
    let config = config(&[("SENDER_KEYS", KEYS), ("UPSTREAM_API_KEY", "upstream-key-0123")]);
    let ask =
        |job: &Job| config.asking().question(job).map(|ask| (ask.url.to_string(), ask.headers));
    let (url, headers) = ask(&imported("runway")).expect("a question");
    assert_eq!(url, "https://api.dev.runwayml.com/v1/tasks/task-1");
    let want =
        [("authorization", "Bearer runway-key-0123456789"), ("x-runway-version", "2024-11-06")];
    assert_eq!(headers, want.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let why = ask(&imported("replicate")).expect_err("no key");
    assert_eq!(why.why(), "SENDER_KEYS has no key of the job's sender");
    for hostile in [
        "https://api.x.ai/v1/videos/task-1",
        "https://api.dev.runwayml.com.evil.example/v1/tasks/1",
        "https://user@api.dev.runwayml.com/v1/tasks/1",
        "https://api.dev.runwayml.com:8443/v1/tasks/1",
        "http://api.dev.runwayml.com/v1/tasks/1",
    ] {
        let job = Job { response_url: Some(hostile.to_owned()), ..imported("runway") };
        assert_eq!(ask(&job).expect("a question").0, url, "{hostile}");
    }
    let own = "https://api.dev.runwayml.com/v2/tasks/1".to_owned();
    let job = Job { response_url: Some(own.clone()), ..imported("runway") };
    assert_eq!(ask(&job).expect("a question").0, own);
}

#[test]
fn a_result_url_stands_in_for_a_missing_key() {
    let template = ("RESULT_URL", "https://own.example/{id}");
    let url = |set: &[(&str, &str)]| {
        let question = config(set).asking().question(&imported("runway"));
        question.expect("a question").url.to_string()
    };
    assert_eq!(url(&[template]), "https://own.example/task-1");
    assert_eq!(
        url(&[template, ("SENDER_KEYS", KEYS)]),
        "https://api.dev.runwayml.com/v1/tasks/task-1"
    );
}

#[test]
fn a_url_of_the_answer_counts_at_the_rows_hosts_alone() {
    let bfl = row(
        r#"{"name":"bfl","poll":"https://api.bfl.ai/v1/get_result?id={id}","keyHosts":["*.bfl.ai"],
            "auth":"x-key: {key}"}"#,
    );
    let (keys, _) = SenderKeys::read(r#"{"bfl":"bfl-key-0123456789"}"#, &|_| true);
    let ask = |url: Option<&str>| {
        let job = Job { response_url: url.map(str::to_owned), ..imported("bfl") };
        row::state_of(&bfl, &keys, job.lookup()).expect("a question").url.to_string()
    };
    assert_eq!(ask(None), "https://api.bfl.ai/v1/get_result?id=task-1");
    let regional = "https://api.eu1.bfl.ai/v1/get_result?id=task-1";
    assert_eq!(ask(Some(regional)), regional);
    assert_eq!(ask(Some("https://bfl.ai.evil.example/x")), ask(None));
}

#[test]
fn paths_keep_what_is_theirs() {
    let of = |poll: &str, app: Option<&str>, id: &str| {
        let row = row(&format!(r#"{{"name":"a","poll":"{poll}"}}"#));
        let job =
            Job { app: app.map(str::to_owned), id: Some(id.to_owned()), ..imported("runway") };
        let ask = row::state_of(&row, &SenderKeys::default(), job.lookup());
        ask.map(|ask| ask.url.to_string()).map_err(CantAsk::why)
    };
    let run = "https://api.runpod.ai/{app:2}/status/{id}";
    assert_eq!(
        of(run, Some("v2/abc/run"), "7"),
        Ok("https://api.runpod.ai/v2/abc/status/7".into())
    );
    assert!(of(run, None, "7").is_err());
    let list = "https://h.example/q?taskId={id}&x=1";
    assert_eq!(of(list, None, "a~26b~3Dc"), Ok("https://h.example/q?taskId=a%26b%3Dc&x=1".into()));
    assert_eq!(of(list, None, "a:1"), Ok("https://h.example/q?taskId=a:1&x=1".into()));
}

#[test]
fn answers_are_read_by_the_row() {
    let senders = Senders::built_in();
    let runway = senders.row(name("runway")).expect("the row");
    let read = |status, body: &str| read_state(status, body, Some("task-1"), runway);
    let with = |word: &str| read(200, &format!(r#"{{"id":"task-1","status":"{word}"}}"#));
    for waiting in ["PENDING", "THROTTLED", "RUNNING"] {
        assert_eq!(with(waiting), AnswerMeaning::NotReady, "{waiting}");
    }
    for (word, kind) in [
        ("SUCCEEDED", EventKind::Completed),
        ("FAILED", EventKind::Failed),
        ("CANCELLED", EventKind::Cancelled),
    ] {
        assert_eq!(with(word), AnswerMeaning::End(kind));
    }
    let refused = |answer| match answer {
        AnswerMeaning::Refused(why) => why,
        other => format!("{other:?}"),
    };
    assert!(refused(with("succeeded")).contains("\"succeeded\", which its row does not name"));
    let other = r#"{"id":"task-2","status":"SUCCEEDED","output":["https://x/y"]}"#;
    assert_eq!(refused(read(200, other)), "the sender answered for another job");
    for odd in [r#"{"id":"a/../b","status":"SUCCEEDED"}"#, r#"{"id":"","status":"SUCCEEDED"}"#] {
        assert_eq!(refused(read(200, odd)), "the sender answered for another job", "{odd}");
    }
    let unnamed = r#"{"status":"FAILED","failure":"x"}"#;
    assert_eq!(refused(read(200, unnamed)), "the sender's answer does not name the job");
    assert_eq!(refused(read(200, "{}")), "the sender's answer has no status");
    let xai = senders.row(name("xai")).expect("the row");
    let done = r#"{"status":"done","video":{"url":"https://x/y.mp4"}}"#;
    assert_eq!(read_state(200, done, Some("r"), xai), AnswerMeaning::End(EventKind::Completed));
    assert!(refused(read(200, "<html>")).contains("can't be used"));
    assert!(refused(read(302, "")).contains("redirect"));
    for (status, words) in [(401, "refuses the key"), (429, "429"), (503, "503"), (404, "404")] {
        assert!(refused(read(status, "{}")).contains(words), "{status}");
    }
}

#[test]
fn what_is_left_out_is_false_and_an_error_is_a_failure() {
    let gemini = row(
        r#"{"name":"gemini","id":["/data/id","/name"],"status":["/type","/done"],"failedIf":"/error",
            "events":{"ready":["video.generated"],"completed":["true"]},"result":"/response"}"#,
    );
    let read = |body: &str| read_state(200, body, Some("op-1"), &gemini);
    assert_eq!(read(r#"{"name":"op-1"}"#), AnswerMeaning::NotReady);
    let done = r#"{"name":"op-1","done":true,"response":{}}"#;
    assert_eq!(read(done), AnswerMeaning::End(EventKind::Completed));
    let failed = r#"{"name":"op-1","done":true,"error":{"code":13}}"#;
    assert_eq!(read(failed), AnswerMeaning::End(EventKind::Failed));
}

#[test]
fn an_import_names_the_sender_of_an_unknown_job_alone() {
    let (job, entry) = import::take(None, new_job(), &import(Some("runway")));
    assert_eq!((job.provider, job.is_of_known_provider()), (name("runway"), true));
    assert_eq!(entry.and_then(|it| it.detail).as_deref(), Some("imported; the upstream is asked"));
    let (job, entry) = import::take(Some(job), new_job(), &import(Some("xai")));
    assert_eq!(job.provider, name("runway"));
    assert!(entry.and_then(|it| it.detail).expect("words").ends_with("and is ignored"));
    let (job, _) = import::take(None, new_job(), &import(None));
    assert!(!job.is_of_known_provider());
    let why = import::parse(br#"{"id":"1","from":"Not A Name"}"#).expect_err("no name");
    assert!(why.contains("line 1") && why.contains("no known sender"), "{why}");
}

#[test]
fn a_download_gets_the_key_below_the_rows_urls_alone() {
    let open = row(r#"{"name":"openrouter","poll":"https://openrouter.ai/api/v1/videos/{id}",
            "auth":"authorization: Bearer {key}",
            "downloadNeedsKey":["https://openrouter.ai/api/v1/videos/{id}/content"]}"#);
    let (keys, _) = SenderKeys::read(r#"{"openrouter":"open-key-0123456789"}"#, &|_| true);
    let job = imported("openrouter");
    let gets = |url: &str| {
        let url = Url::parse(url).expect("a URL");
        let row = Some(&open);
        !DownloadKeys { row, keys: &keys, job: job.lookup() }.of(&url).is_empty()
    };
    assert!(gets("https://openrouter.ai/api/v1/videos/task-1/content?index=0"));
    for other in [
        "https://openrouter.ai/api/v1/videos/task-2/content?index=0",
        "https://openrouter.ai/api/v1/videos/task-1/contents",
        "https://openrouter.ai/api/v1/credits",
        "https://openrouter.ai/api/v1/videos/task-1/content/..%2f..%2fcredits",
        "https://openrouter.ai/api/v1/videos/task-1/content/%2e%2E/x",
        "https://u:p@openrouter.ai/api/v1/videos/task-1/content",
        "https://openrouter.ai:8443/api/v1/videos/task-1/content",
        "http://openrouter.ai/api/v1/videos/task-1/content",
        "https://evil.example/api/v1/videos/task-1/content",
        "https://openrouter.ai.evil.example/api/v1/videos/task-1/content",
    ] {
        assert!(!gets(other), "{other}");
    }
    let none = SenderKeys::default();
    let url = Url::parse("https://openrouter.ai/api/v1/videos/task-1/content").expect("a URL");
    let unset = DownloadKeys { row: Some(&open), keys: &none, job: job.lookup() };
    assert!(unset.of(&url).is_empty());
}

#[test]
fn keys_are_named_by_their_path_and_never_shown() {
    let config = config(&[(
        "SENDER_KEYS",
        r#"{"runway":"runway-key-0123456789","nobody":"secret-key-0123456789","xai":7,
            "replicate":"with a space 0123456789","pipelet":"x","fal":"y","Bad Name":"z"}"#,
    )]);
    assert_eq!(config.sender_keys.get(name("runway")), Some("runway-key-0123456789"));
    assert_eq!(config.sender_keys.get(name("replicate")), None);
    let all = config.mistakes.join("\n");
    for want in [
        "SENDER_KEYS.nobody: no known sender has this name",
        "SENDER_KEYS.xai: must be a text",
        "SENDER_KEYS.replicate: must be a text of visible ASCII",
        "SENDER_KEYS.pipelet: set UPSTREAM_API_KEY instead",
        "SENDER_KEYS.fal: set FAL_KEY instead",
        "SENDER_KEYS.Bad Name: no known sender has this name",
    ] {
        assert!(all.contains(want), "{want}: {all}");
    }
    assert!(!all.contains("secret-key") && !all.contains("with a space"), "{all}");
    let masked =
        config.secrets().masked("a runway-key-0123456789 b secret-key-0123456789".to_owned());
    assert_eq!(masked, "a *** b ***");
    let broken = self::config(&[("SENDER_KEYS", r#"{"runway":"runway-key-0123456789""#)]);
    assert_eq!(broken.mistakes, [r#"SENDER_KEYS: must be like {"kling":"key"}"#]);
    assert_eq!(broken.secrets().masked("runway-key-0123456789".to_owned()), "***");
    let same = self::config(&[("SENDER_KEYS", KEYS), ("API_TOKEN", "xai-key-0123456789")]);
    assert!(same.mistakes.concat().contains("API_TOKEN has the same value as SENDER_KEYS"));
}
