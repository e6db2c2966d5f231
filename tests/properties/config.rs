//! Properties of settings, well formed or not: none stops ingest, and each
//! mistake is named.

use crate::generate::urls::url;
use crate::generate::{cases, word};
use hookvault::domain::config::Config;
use hookvault::domain::file::source_policy::SourcePolicy;
use hookvault::domain::retry::Pace;
use hookvault::domain::upstream::Upstreams;
use hookvault::domain::upstream::template::is_askable;
use proptest::prelude::*;

/// Returns the configuration with one setting.
fn with(name: &str, value: &str) -> Config {
    Config::from_lookup(|asked| (asked == name).then(|| value.to_owned()))
}

/// Returns the configuration without its mistakes.
fn head(config: &Config) -> String {
    let text = format!("{config:?}");
    text.split("mistakes").next().unwrap_or_default().to_owned()
}

/// Generates a value, right or wrong, of some setting.
fn setting() -> impl Strategy<Value = String> {
    let some = "0 1 44 45 10000 10001 60000 60001 -1 +1 1.5 32MB 18446744073709551615 18446744073709551616 \
                https://v.example/ \
                https://v.example/x v.example *.a,b:81 *.*.a,u@b ftp://c short-token";
    prop_oneof![word(some), "[0-9]{0,21}", "[a-z_,-]{0,40}", any::<String>()]
}

proptest! {
    #![proptest_config(cases(600))]

    #[test]
    fn a_number_is_accepted_or_reported(
        name in word("MAX_BODY_BYTES MAX_FILE_BYTES MAX_SUBREQUESTS FILES_MAX_AGE RETRY_BASE_MS"),
        text in setting(),
    ) {
        let config = with(&name, &text);
        let is_taken = |number: u64| match name.as_str() {
            "MAX_BODY_BYTES" => config.max_body_bytes == number,
            "MAX_FILE_BYTES" => config.max_file_bytes == number,
            "MAX_SUBREQUESTS" => u64::from(config.max_subrequests) == number,
            "FILES_MAX_AGE" => config.files_max_age == number,
            _ => config.pace == Pace::new(number),
        };
        let range = match name.as_str() {
            "FILES_MAX_AGE" => 0..=u64::MAX,
            "MAX_SUBREQUESTS" => 45..=10_000,
            "RETRY_BASE_MS" => 1..=60_000,
            _ => 1..=u64::MAX,
        };
        let read = text.trim().parse::<u64>().ok().filter(|number| range.contains(number));
        assert!(read.is_none_or(is_taken));
        assert!(read.is_some() || head(&config) == head(&with("", "")));
        let is_wrong = read.is_none() && !text.trim().is_empty();
        assert_eq!(config.mistakes.len(), usize::from(is_wrong));
        assert!(config.mistakes.iter().all(|mistake| mistake.contains(&name)));
    }

    #[test]
    fn a_wrong_token_closes_its_routes(
        name in word("HOOK_TOKEN API_TOKEN READ_TOKEN"),
        text in prop_oneof![setting(), "[a-zA-Z0-9_-]{14,18}"],
    ) {
        let config = with(&name, &text);
        let bad = [config.hook.clone().err(), config.api.clone().err()];
        assert!(bad.iter().flatten().all(|bad| bad.why == "is not set" || bad.name == name));
        let is_read = config.read.is_some();
        assert!(!is_read || text.split(',').any(|token| token.trim().len() >= 16));
        let sets = [config.hook.as_ref().ok(), config.api.as_ref().ok(), config.read.as_ref()];
        let taken = sets.iter().flatten().map(|tokens| tokens.values().len()).max().unwrap_or(0);
        let given = text.split(',').filter(|entry| !entry.trim().is_empty()).count();
        let is_none = name == "READ_TOKEN" && !is_read && !text.trim().is_empty();
        let is_wrong = is_none || (taken > 0 && taken < given);
        let named = config.mistakes.iter().filter(|mistake| mistake.contains(&name));
        assert_eq!(named.count(), usize::from(is_wrong));
    }

    #[test]
    fn a_wrong_list_or_origin_is_reported(
        name in word("ALLOWED_SOURCE_HOSTS PUBLIC_URL"),
        text in setting(),
    ) {
        let config = with(&name, &text);
        assert!(config.mistakes.iter().all(|mistake| mistake.contains(&name)));
        assert!(!config.sources.is_empty(), "what is listed wrong must not skip every file");
        if name == "PUBLIC_URL" {
            let origin = config.base_url("http://seen").to_owned();
            let is_wrong = config.public_url.is_none() && !text.trim().is_empty();
            assert_eq!(config.mistakes.len(), usize::from(is_wrong));
            assert!(origin == "http://seen" || text.trim().trim_end_matches('/') == origin);
            assert!(!origin.ends_with('/'));
        } else {
            assert_eq!(config.mistakes.len(), SourcePolicy::parse(&text).1.len());
        }
    }

    #[test]
    fn a_wrong_upstream_is_reported(
        name in word("UPSTREAM_QUEUE_URL UPSTREAM_FAL_URL RESULT_URL UPSTREAM_API_KEY"),
        text in prop_oneof![setting(), url(), word("https://h/{id} http://h/{id} https://{app}/{id}")],
    ) {
        let (config, is_set) = (with(&name, &text), !text.trim().is_empty());
        assert!(config.mistakes.iter().all(|mistake| mistake.contains(&name)));
        let Upstreams { queue, fal, result_url, .. } = &config.upstreams;
        let is_wrong = match name.as_str() {
            "UPSTREAM_QUEUE_URL" => queue.is_none(),
            "UPSTREAM_FAL_URL" => fal.is_none(),
            "RESULT_URL" => is_set && result_url.is_none(),
            _ => is_set && queue.as_ref().is_some_and(|queue| queue.key.is_none()),
        };
        assert_eq!(config.mistakes.len(), usize::from(is_wrong));
        assert!(result_url.is_none() || text.trim() == "https://h/{id}", "{text}");
        for upstream in [queue, fal].into_iter().flatten() {
            assert!(is_askable(&upstream.base) && upstream.base.query().is_none());
        }
    }
}
