//! Properties of upstream keys: each is sent to its own upstream only, whatever
//! anyone writes.

use crate::common::{NONCE, Vault};
use crate::generate::urls::{file_url, url};
use crate::generate::{cases, word};
use hookvault::domain::config::Config;
use hookvault::domain::job::record::{Job, NewJob};
use hookvault::domain::names::ObjectName;
use hookvault::domain::upstream::{UpstreamQuery, Upstreams};
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

/// Returns a job with these statements of the caller.
fn job(id: &str, app: Option<String>, response_url: Option<String>) -> Job {
    let new_job = NewJob {
        home: ObjectName::Id(id.to_owned()),
        at: Vault::new().now(),
        nonce: NONCE.to_owned(),
        origin: "https://vault.example".to_owned(),
    };
    let mut job = Job::new(new_job);
    (job.app, job.response_url) = (app, response_url);
    job
}

/// Checks that a key goes to its own origin only, and that the URL's authority,
/// read by hand, is exactly that one's.
fn is_at_home(ask: &UpstreamQuery) {
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
    fn a_key_goes_to_its_own_origin_only(
        id in prop_oneof!["[0-9]{1,9}", "[A-Za-z0-9._:-]{1,12}"],
        app in proptest::option::of(prop_oneof!["[a-z0-9/._-]{0,12}", any::<String>()]),
        response_url in response_url(),
        template in word(" https://own.example/{id}?m={app} https://api.pipelet.ai/r/{id}"),
    ) {
        let (upstreams, job) = (upstreams(&template), job(&id, app, response_url));
        let Ok(ask) = upstreams.result_of(job.lookup()) else { return Ok(()) };
        is_at_home(&ask);
        let status = Upstreams::status_of(&ask);
        is_at_home(&status);
        assert!(status.url.path().ends_with("/status"));
    }

    #[test]
    fn an_application_stays_a_part_of_the_path(
        id in prop_oneof!["[0-9]{1,9}", "[A-Za-z0-9_:-][A-Za-z0-9._:-]{0,12}"],
        app in prop_oneof!["[a-z0-9/._-]{0,12}", "[a.]{1,3}/[.%2e]{1,6}", "[a?#@:é/ ]{1,6}", ".{0,9}"],
    ) {
        let job = job(&id, Some(app.clone()), None);
        let Ok(ask) = upstreams("").result_of(job.lookup()) else { return Ok(()) };
        assert!(ask.url.query().is_none() && ask.url.fragment().is_none(), "{}", ask.url);
        let queue = if id.bytes().all(|b| b.is_ascii_digit()) { "/queue/" } else { "/fal/queue/" };
        let path = ask.url.path().strip_prefix(queue).expect("below the queue");
        let encoded = path.strip_suffix(&format!("/requests/{id}")).expect("the job's");
        let decoded: String = url::form_urlencoded::parse(encoded.replace('+', "%2B").as_bytes())
            .map(|(key, _)| key.into_owned())
            .collect();
        assert_eq!(decoded, app.trim_matches('/'));
    }

    #[test]
    fn a_download_stays_in_its_bucket(source in prop_oneof![
        url(),
        file_url(),
        "https://[a-z.]{1,5}\\.r2\\.cloudflarestorage\\.com/outputs/[a-z./%2eF]{0,20}",
        "https://[a-z]{1,3}\\.example/[a-z.]{1,3}/outputs/[a-z./%2eF\\\\]{0,20}(\\?.{0,9})?",
    ]) {
        let Ok(ask) = upstreams("").download_of(job("1", None, None).lookup(), &source) else { return Ok(()) };
        is_at_home(&ask);
        assert!(ask.url.path().starts_with("/fal/download/"));
        assert!(ask.url.path().contains("/outputs/") && ask.url.query().is_none(), "{}", ask.url);
        assert!(ask.url.path_segments().expect("a path").all(|part| part != ".."));
    }
}
