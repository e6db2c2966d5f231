//! Properties of the URLs that may be fetched, and of their deadlines.

use crate::generate::urls::{host, port, query, url};
use crate::generate::{cases, word};
use hookvault::domain::file::expiry::{deadline, is_presigned, is_signing_key};
use hookvault::domain::file::source_policy::SourcePolicy;
use hookvault::domain::file::strict_url::{UrlRefusal, read};
use hookvault::domain::time::Timestamp;
use proptest::collection::vec;
use proptest::prelude::*;
use url::Url;

/// Generates a list of hosts, or nearly one.
fn list() -> impl Strategy<Value = String> {
    let start = word(" https:// http:// *. http://*. ftp:// *.*. u@");
    let end = word("    / // /x #x ?x \u{1} \\");
    let entry = (start, host(), port(), end).prop_map(|(a, host, port, b)| a + &host + &port + &b);
    vec(entry, 0..5).prop_map(|entries| entries.join(", "))
}

proptest! {
    #![proptest_config(cases(1_500))]

    #[test]
    fn an_accepted_host_is_listed(list in list(), url in url()) {
        crate::oracle::hosts::check(&list, &url);
    }

    #[test]
    fn a_listed_host_is_accepted(
        (host, wild) in ("[a-z]{1,9}\\.example", any::<bool>()),
        url in query(),
    ) {
        let (list, sub) = if wild { (format!("*.{host}"), "a.") } else { (host.clone(), "") };
        let policy = SourcePolicy::parse(&list).0;
        assert!(policy.check(&format!("https://{sub}{host}/x{url}")).is_ok());
        for other in [format!("{host}.evil"), format!("evil{host}"), format!("b.a{host}")] {
            let refused = policy.check(&format!("https://{other}/x{url}"));
            assert_eq!(refused, Err(UrlRefusal::Host));
        }
    }

    #[test]
    fn a_redirects_target_is_checked_again(
        host in "fal\\.media|a\\.r2\\.cloudflarestorage\\.com|localhost:[1-9]",
        next in prop_oneof![3 => url(), 1 => "[ /.?#%\\\\@:a]{0,9}"],
    ) {
        let list = "fal.media,*.r2.cloudflarestorage.com,localhost";
        let from = format!("https://{host}/a/b?c");
        let led = crate::oracle::hosts::check_redirect(list, &from, &next);
        let is_odd = next.trim_matches(' ').contains(['\\', '\t']) || next.trim().is_empty();
        assert!(led.is_none() || !is_odd, "{next:?}");
    }

    #[test]
    fn nothing_is_repaired(text in prop_oneof![url(), any::<String>(), "https?://.{0,9}"]) {
        let Ok(url) = read(&text) else { return Ok(()) };
        assert!(matches!(url.scheme(), "http" | "https") && url.has_host());
        let lower = text.to_ascii_lowercase();
        assert!(lower.starts_with(&format!("{}://", url.scheme())));
        assert!(!text.contains(|c: char| c.is_whitespace() || c.is_control() || c == '\\'));
        let has_query = text.split('#').next().is_some_and(|bare| bare.contains('?'));
        assert_eq!(has_query, url.query().is_some());
    }

    #[test]
    fn any_query_has_a_deadline_or_none(text in query()) {
        let url = Url::parse(&format!("https://h/f{text}")).expect("a URL");
        let keys: Vec<String> = url.query_pairs().map(|(key, _)| key.into_owned()).collect();
        assert!(deadline(&url).is_none() || keys.iter().any(|key| is_signing_key(key)));
        assert!(!is_presigned(&url) || keys.iter().any(|key| is_signing_key(key)));
    }

    #[test]
    fn a_signed_date_and_a_lifetime_make_a_deadline(
        (days, second, lifetime) in (0..2_932_896_u64, 0..86_400_u64, any::<u64>()),
        key in "[xX]-(amz|AMZ|Amz|goog|Goog)-",
    ) {
        let (hour, minute) = (second / 3_600, second / 60 % 60);
        let date = format!("{}T{hour:02}{minute:02}{:02}Z", civil(days), second % 60);
        let url = Url::parse(&format!("https://h/f?{key}Date={date}&{key}Expires={lifetime}"));
        let want = (u128::from(days) * 86_400 + u128::from(second) + u128::from(lifetime)) * 1_000;
        let want = u64::try_from(want).unwrap_or(u64::MAX);
        // A lifetime saturates on its own, before the date is added.
        let got = deadline(&url.expect("a URL")).map(Timestamp::as_millis);
        assert_eq!(got, Some(want));
    }
}

/// Returns the day as `20251227`, after Howard Hinnant's `civil_from_days`.
fn civil(days: u64) -> String {
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    format!("{year:04}{month:02}{day:02}")
}
