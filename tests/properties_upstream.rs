//! The upstream's key goes where it belongs, whatever anyone writes; any answer
//! is read.

mod common;
mod generate;

use common::{NONCE, Vault};
use generate::text::{body, broken};
use generate::urls::{file_url, url};
use generate::{cases, word};
use hookvault::domain::config::Config;
use hookvault::domain::heal::{Answer, read_download, read_result, read_status};
use hookvault::domain::import;
use hookvault::domain::job::{Birth, Job};
use hookvault::domain::names::{ObjectName, is_valid_name};
use hookvault::domain::source::SourcePolicy;
use hookvault::domain::upstream::{Ask, Upstreams};
use proptest::prelude::*;

const QUEUE: &str = "https://batch.pipelet.net";
const FAL: &str = "https://api.pipelet.ai";

fn upstreams(result_url: &str) -> Upstreams {
    let set = [
        ("UPSTREAM_API_KEY", "the-queues-key"),
        ("UPSTREAM_FAL_KEY", "the-other-key"),
        ("RESULT_URL", result_url),
    ];
    let find = |name: &str| set.iter().find(|(key, _)| *key == name).map(|(_, v)| (*v).to_owned());
    Config::from_lookup(find).upstreams
}

/// A job with whatever the caller says of it.
fn job(id: &str, app: Option<String>, response_url: Option<String>) -> Job {
    let birth = Birth {
        home: ObjectName::Id(id.to_owned()),
        at: Vault::new().now(),
        nonce: NONCE.to_owned(),
        origin: "https://vault.example".to_owned(),
    };
    let mut job = Job::new(birth);
    (job.app, job.response_url) = (app, response_url);
    job
}

/// A key goes to its own origin alone, and inside of what is given.
fn is_at_home(ask: &Ask) {
    let origin = ask.url.origin().ascii_serialization();
    let want = match ask.key.as_deref() {
        Some("the-queues-key") => QUEUE,
        Some("the-other-key") => FAL,
        _ => return assert_eq!(origin, "https://own.example"),
    };
    assert_eq!(origin, want, "{}", ask.url);
    let authority = ask.url.as_str().split('/').nth(2);
    assert_eq!(authority, want.strip_prefix("https://"), "by hand: {}", ask.url);
}

fn response_url() -> impl Strategy<Value = Option<String>> {
    let near = word(
        "https://batch.pipelet.net@evil.example/ https://batch.pipelet.net.evil.example/x \
         https://u:p@batch.pipelet.net/x https://batch.pipelet.net:8443/ http://api.pipelet.ai/ \
         https://api.pipelet.ai/fal/queue/x/requests/9 https://api.pipelet.ai\\@evil.example/ \
         https://batch.pipelet.net/queue/../../x HTTPS://BATCH.pipelet.net:443/queue/m",
    );
    proptest::option::of(prop_oneof![near, url()])
}

proptest! {
    #![proptest_config(cases(600))]

    #[test]
    fn a_key_goes_to_its_own_origin_alone(
        id in prop_oneof!["[0-9]{1,9}", "[A-Za-z0-9._:-]{1,12}"],
        app in proptest::option::of(prop_oneof!["[a-z0-9/._-]{0,12}", any::<String>()]),
        response_url in response_url(),
        template in word(" https://own.example/{id}?m={app} https://api.pipelet.ai/r/{id}"),
    ) {
        let (upstreams, job) = (upstreams(&template), job(&id, app, response_url));
        let Ok(ask) = upstreams.result_of(&job) else { return Ok(()) };
        is_at_home(&ask);
        let status = Upstreams::status_of(&ask);
        is_at_home(&status);
        assert!(status.url.path().ends_with("/status"));
        let is_ours = job.response_url.as_deref() != Some(ask.url.as_str()) && template.is_empty();
        let is_plain = !ask.url.path().contains("requests/9");
        if is_ours && is_plain && ask.url.path().contains("/requests/") {
            assert!(ask.url.path().ends_with(&format!("/requests/{id}")), "{}", ask.url);
        }
    }

    #[test]
    fn a_download_stays_in_its_bucket(source in prop_oneof![
        url(),
        file_url(),
        "https://[a-z.]{1,5}\\.r2\\.cloudflarestorage\\.com/outputs/[a-z./%2eF]{0,20}",
        "https://[a-z]{1,3}\\.example/[a-z.]{1,3}/outputs/[a-z./%2eF\\\\]{0,20}(\\?.{0,9})?",
    ]) {
        let Ok(ask) = upstreams("").download_of(&source) else { return Ok(()) };
        is_at_home(&ask);
        assert!(ask.url.path().starts_with("/fal/download/"));
        assert!(ask.url.path().contains("/outputs/") && ask.url.query().is_none(), "{}", ask.url);
        assert!(ask.url.path_segments().expect("a path").all(|part| part != ".."));
    }

    #[test]
    fn any_answer_is_read(status in 100..600_u16, body in prop_oneof![body(), broken(), ".{0,9}"]) {
        let is_ok = (200..300).contains(&status);
        let result = read_result(status, &body);
        assert!(is_ok || !matches!(result, Answer::End(_) | Answer::NotReady));
        let told = read_status(status, &body);
        assert!(is_ok || matches!(told, Answer::Unclear(_)));
    }

    #[test]
    fn a_fresh_url_is_an_allowed_one_of_the_same_file(
        (old, new) in (prop_oneof![url(), file_url()], prop_oneof![url(), file_url()]),
        status in prop_oneof![Just(200_u16), 100..600_u16],
    ) {
        let policy = SourcePolicy::parse("*.r2.cloudflarestorage.com").0;
        let body = serde_json::json!({ "url": new }).to_string();
        let Ok(source) = read_download(status, &body, &old, &policy) else { return Ok(()) };
        assert!((200..300).contains(&status) && policy.check(&new).is_ok());
        assert!(format!("{source:?}").contains("r2.cloudflarestorage.com"));
    }

    #[test]
    fn an_import_is_taken_whole_or_not(
        lines in proptest::collection::vec(
            prop_oneof![
                6 => r#"\{"(id|request_id)":("[a-z.:]{0,4}"|[0-9]{1,21})(,"ref":"[a-z.]{1,3}")?\}"#,
                1 => body(),
                1 => "[ \r]{0,2}",
            ],
            0..4,
        ),
    ) {
        let text = lines.join("\n");
        let Ok(read) = import::parse(&text) else { return Ok(()) };
        assert!(!read.is_empty() && read.len() <= text.lines().count());
        for line in read {
            let id = line.id.text();
            assert!(is_valid_name(&id) && text.contains(&id) && line.name() == ObjectName::Id(id));
            assert!(line.reference.as_deref().is_none_or(is_valid_name));
        }
    }
}
