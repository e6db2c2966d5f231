//! Any list of hosts, URL and redirect: what the policy accepts leads to a
//! listed host, read by hand, and to the same one for the runtime's parser.
#![no_main]

#[path = "../../tests/common/mod.rs"]
mod common;
#[path = "../../tests/oracle/mod.rs"]
mod oracle;

use hookvault::domain::expiry::{deadline, is_presigned};
use hookvault::domain::source::{SourcePolicy, read};
use libfuzzer_sys::fuzz_target;
use url::Url;

const LIST: &str = "*.r2.cloudflarestorage.com,fal.media,localhost,http://127.0.0.1:9603,a.b:81";

fuzz_target!(|text: &str| {
    let mut lines = text.splitn(3, '\n');
    let (Some(list), Some(url)) = (lines.next(), lines.next()) else { return check(LIST, text) };
    check(list, url);
    check(LIST, url);
    let Ok(url) = read(url) else { return };
    // Whatever the host, both must see the same.
    same_for_the_runtime(url.as_str(), &url);
    let next = lines.next().and_then(|location| url.join(location).ok());
    next.into_iter().for_each(|hop| check(LIST, hop.as_str()));
});

fn check(list: &str, url: &str) {
    oracle::hosts::check(list, url);
    let Ok(accepted) = SourcePolicy::parse(list).0.check(url) else { return };
    same_for_the_runtime(url, &accepted);
    let _ends = (deadline(&accepted), is_presigned(&accepted));
}

/// What is no URL for the runtime is not fetched.
fn same_for_the_runtime(text: &str, accepted: &Url) {
    for written in [text, accepted.as_str()] {
        let Ok(seen) = ada_url::Url::parse(written, None) else { continue };
        assert_eq!(Some(seen.hostname()), accepted.host_str(), "{written}");
        assert_eq!(seen.protocol(), format!("{}:", accepted.scheme()), "{written}");
        assert_eq!(seen.port(), accepted.port().map(|p| p.to_string()).unwrap_or_default());
        assert_eq!(seen.username(), accepted.username(), "{written}");
    }
}
