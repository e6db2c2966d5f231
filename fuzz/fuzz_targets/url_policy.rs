//! Takes any list of hosts, URL and redirect. A URL that the policy accepts
//! must lead to a listed host, as read by hand, and to the same one for the
//! runtime's parser.
#![no_main]

#[path = "../../tests/common/mod.rs"]
mod common;
#[path = "../../tests/oracle/mod.rs"]
mod oracle;

use hookvault::domain::file::expiry::{deadline, is_presigned};
use hookvault::domain::file::source_policy::SourcePolicy;
use hookvault::domain::file::strict_url::{read, repaired};
use libfuzzer_sys::fuzz_target;
use url::Url;

const LIST: &str = "*.r2.cloudflarestorage.com,fal.media,localhost,http://127.0.0.1:9603,a.b:81";

fuzz_target!(|text: &str| {
    let mut lines = text.splitn(3, '\n');
    let (Some(list), Some(url)) = (lines.next(), lines.next()) else { return check(LIST, text) };
    check(list, url);
    check(LIST, url);
    if let Ok(read) = read(url) {
        // Both parsers must agree, whatever the host.
        same_for_the_runtime(read.as_str(), None, &read);
    }
    let location = lines.next().unwrap_or(url);
    for from in [url, "https://fal.media/a/b?c#d"] {
        let led = oracle::hosts::check_redirect(LIST, from, location);
        led.inspect(|(from, hop)| same_for_the_runtime(location, Some(from.as_str()), hop));
    }
});

fn check(list: &str, url: &str) {
    oracle::hosts::check(list, url);
    for written in [url, &repaired(url)] {
        check_written(list, written);
    }
}

fn check_written(list: &str, url: &str) {
    let Ok(accepted) = SourcePolicy::parse(list).0.check(url) else { return };
    same_for_the_runtime(url, None, &accepted);
    same_for_the_runtime(accepted.as_str(), None, &accepted);
    let _ends = (deadline(&accepted), is_presigned(&accepted));
}

/// The runtime fetches nothing that its parser rejects.
fn same_for_the_runtime(written: &str, base: Option<&str>, accepted: &Url) {
    let Ok(seen) = ada_url::Url::parse(written, base) else { return };
    assert_eq!(Some(seen.hostname()), accepted.host_str(), "{written}");
    assert_eq!(seen.protocol(), format!("{}:", accepted.scheme()), "{written}");
    assert_eq!(seen.port(), accepted.port().map(|p| p.to_string()).unwrap_or_default());
    assert_eq!(seen.username(), accepted.username(), "{written}");
}
