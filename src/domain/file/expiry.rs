//! Reads from a presigned URL's query when the URL expires.
//!
//! Nothing is verified: a deadline only says which file is copied first, and
//! when a fresh URL is asked for.
//!
//! | signer | deadline | source |
//! |---|---|---|
//! | AWS, Signature Version 4 | `X-Amz-Date` + `X-Amz-Expires` | AWS: sigv4-query-string-auth |
//! | Google, V4 | `X-Goog-Date` + `X-Goog-Expires` | Google: storage/docs/authentication/canonical-requests |
//! | TOS (Volcengine, `BytePlus`) | `X-Tos-Date` + `X-Tos-Expires` | `BytePlus`: tos/reference-including-a-signature-in-the-url |
//! | OSS (Alibaba), V4 | `x-oss-date` + `x-oss-expires` | Alibaba: oss/developer-reference/add-signatures-to-urls |
//! | Google V2, AWS V2, OSS V1 | `Expires`, Unix seconds | Google: storage/docs/access-control/signed-urls-v2 |
//! | `CloudFront` | `Expires`, or `DateLessThan` in `Policy` | AWS: private-content-creating-signed-url-custom-policy |
//! | Azure, shared access signature | `se`, ISO 8601 | Microsoft: rest/api/storageservices/create-service-sas |
//! | a JWT, such as Runway's `_jwt` | `exp` | RFC 7519 §4.1.4 |

use crate::domain::json;
use crate::domain::time::Timestamp;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use url::Url;

/// Query keys that only a presigned URL has (AWS, Google, TOS, OSS, Azure,
/// `CloudFront`, Runway).
pub const SIGNATURE_KEYS: [&str; 7] = [
    "X-Amz-Signature",
    "X-Goog-Signature",
    "X-Tos-Signature",
    "X-Oss-Signature",
    "sig",
    "Signature",
    "_jwt",
];

/// The signers that state a date and a life in seconds.
const DATED: [[&str; 2]; 4] = [
    ["X-Amz-Date", "X-Amz-Expires"],
    ["X-Goog-Date", "X-Goog-Expires"],
    ["X-Tos-Date", "X-Tos-Expires"],
    ["X-Oss-Date", "X-Oss-Expires"],
];

/// Other query keys that signers add (Azure, `CloudFront`, older AWS and Google).
const SIGNER_KEYS: [&str; 15] = [
    "sv",
    "se",
    "st",
    "sp",
    "sr",
    "spr",
    "skoid",
    "sktid",
    "skt",
    "ske",
    "sks",
    "skv",
    "Expires",
    "Policy",
    "Key-Pair-Id",
];

/// Returns whether a query key is a signer's, and not the file's own.
#[must_use]
pub fn is_signing_key(key: &str) -> bool {
    let lower = key.to_ascii_lowercase();
    let known = |list: &[&str]| list.iter().any(|known| known.eq_ignore_ascii_case(key));
    lower.starts_with("x-amz-")
        || lower.starts_with("x-goog-")
        || lower.starts_with("x-tos-")
        || lower.starts_with("x-oss-")
        || lower.ends_with("accessid")
        || lower.ends_with("accesskeyid")
        || known(&SIGNATURE_KEYS)
        || known(&SIGNER_KEYS)
}

/// Returns whether a member of this name is a secret: a signature, or what says
/// who signed. Some names are secret only in a query.
#[must_use]
pub fn is_secret_key(name: &str, in_query: bool) -> bool {
    let lower = name.to_ascii_lowercase();
    let ends = |end: &&str| lower.ends_with(*end);
    if lower.starts_with("x-") && ["-signature", "-credential", "-security-token"].iter().any(ends)
    {
        return true;
    }
    // Only CloudFront writes `Policy` so. Elsewhere a policy is no secret.
    let is_short = lower == "sig" || lower == "key-pair-id" || name == "Policy";
    in_query && (is_short || lower == "_jwt" || lower.ends_with("signature"))
}

/// Returns whether the query gives the right to fetch the URL. Then the same
/// path with another query is the same file.
#[must_use]
pub fn is_presigned(url: &Url) -> bool {
    SIGNATURE_KEYS.iter().any(|key| query(url, key).is_some())
}

/// Returns when the URL stops working, the earliest time if it states several.
/// Returns `None` if the URL does not say.
#[must_use]
pub fn deadline(url: &Url) -> Option<Timestamp> {
    let dated = DATED.iter().filter_map(|[date, life]| dated(url, date, life)).min();
    let stated = url.query_pairs().filter_map(|(key, value)| stated(&key, &value)).min();
    dated.into_iter().chain(stated).min()
}

fn dated(url: &Url, date: &str, life: &str) -> Option<Timestamp> {
    let signed = Timestamp::parse_iso8601(&query(url, date)?)?;
    let seconds: u64 = query(url, life)?.parse().ok()?;
    Some(signed.plus(seconds.saturating_mul(1_000)))
}

/// Returns the deadline that a member of the query states by itself.
fn stated(key: &str, value: &str) -> Option<Timestamp> {
    match key.to_ascii_lowercase().as_str() {
        "se" => Timestamp::parse_iso8601(value),
        "expires" => value.parse().ok().map(Timestamp::from_seconds),
        "policy" => of_policy(value),
        _ => of_jwt(value),
    }
}

/// Reads a `CloudFront` policy: JSON in base64 with `-_~` for `+=/`.
fn of_policy(value: &str) -> Option<Timestamp> {
    let base64 = value.replace('-', "+").replace('_', "=").replace('~', "/");
    let policy = checked(STANDARD.decode(base64).ok()?)?;
    let mut earliest = None;
    json::walk(&policy, |path, token, _| {
        if path.key().as_deref() == Some("AWS:EpochTime") && path.passes("DateLessThan") {
            let time = json::whole(token).map(Timestamp::from_seconds);
            earliest = earliest.into_iter().chain(time).min();
        }
    });
    earliest
}

/// Reads the expiry of a JWT: `{header}.{claims}.{signature}` in base64url.
fn of_jwt(value: &str) -> Option<Timestamp> {
    // Every header begins with `{"`.
    let (_, rest) = value.starts_with("eyJ").then(|| value.split_once('.'))??;
    let (claims, _) = rest.split_once('.')?;
    let claims = checked(URL_SAFE_NO_PAD.decode(claims).ok()?)?;
    let members = json::members(&claims);
    let exp = members.iter().rev().find(|member| member.key == "exp")?;
    json::whole(exp.value).map(Timestamp::from_seconds)
}

/// Returns the bytes as text, if that is a JSON object.
fn checked(bytes: Vec<u8>) -> Option<String> {
    String::from_utf8(bytes).ok().filter(|text| json::check(text).is_ok())
}

/// Returns the query value of `key` in any case, because AWS varies the case of
/// its keys.
fn query(url: &Url, key: &str) -> Option<String> {
    url.query_pairs()
        .find(|(name, _)| name.eq_ignore_ascii_case(key))
        .map(|(_, value)| value.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(url: &str) -> Option<u64> {
        deadline(&Url::parse(url).unwrap()).map(Timestamp::as_millis)
    }

    /// The URL in the upstream's own webhook documentation.
    const PUBLISHED: &str = "https://prod-batch-files.ae2b0858dbcfcff39cc58bac85b7c66d.r2.cloudflarestorage.com/outputs/free/437852_0_WanVideo2_2_I2V_00150.mp4?X-Amz-Expires=7200&X-Amz-Date=20251227T203935Z&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=0c9db542c165ecde3eae49725be07d03%2F20251227%2Fauto%2Fs3%2Faws4_request&X-Amz-SignedHeaders=host&X-Amz-Signature=94e8e3d507137daa9e1dc4fac8319e7c58d3a5db635faac00f35dd0dba7ebb71";

    #[test]
    fn the_published_url_expires_two_hours_after_its_date() {
        let want = Timestamp::parse_iso8601("2025-12-27T22:39:35Z").map(Timestamp::as_millis);
        assert_eq!(at(PUBLISHED), want);
        assert!(is_presigned(&Url::parse(PUBLISHED).unwrap()));
    }

    /// A URL's query, and the deadline in it in seconds.
    const DEADLINES: [(&str, u64); 14] = [
        (
            "X-Goog-Algorithm=GOOG4-RSA-SHA256&X-Goog-Date=20251227T203935Z&X-Goog-Expires=900&X-Goog-Signature=a",
            1_766_868_875,
        ),
        (
            "X-Tos-Algorithm=TOS4-HMAC-SHA256&X-Tos-Date=20220101T000000Z&X-Tos-Expires=86400&X-Tos-Signature=a",
            1_641_081_600,
        ),
        (
            "x-oss-signature-version=OSS4-HMAC-SHA256&x-oss-date=20220101T000000Z&x-oss-expires=60&x-oss-signature=a",
            1_640_995_260,
        ),
        ("x-amz-date=19700101T000000Z&x-amz-expires=60", 60),
        ("sv=2022-11-02&se=2025-12-27T22%3A39%3A35Z&sig=x", 1_766_875_175),
        ("se=2025-12-27T22%3A39Z&sig=x", 1_766_875_140),
        ("se=2025-12-27&sig=x", 1_766_793_600),
        ("Expires=1766875175&Signature=x&Key-Pair-Id=k", 1_766_875_175),
        ("GoogleAccessId=a%40b&Expires=1458238630&Signature=x", 1_458_238_630),
        ("OSSAccessKeyId=a&Expires=1458238630&Signature=x", 1_458_238_630),
        // A policy with an address, a start and an end.
        (
            "Policy=eyJTdGF0ZW1lbnQiOlt7IlJlc291cmNlIjoiaHR0cHM6Ly9oL2EubXA0IiwiQ29uZGl0aW9uIjp7IklwQWRkcmVzcyI6eyJBV1M6U291cmNlSXAiOiIxOTIuMC4yLjAvMjQifSwiRGF0ZUdyZWF0ZXJUaGFuIjp7IkFXUzpFcG9jaFRpbWUiOjE3NjY4NzUxMDB9LCJEYXRlTGVzc1RoYW4iOnsiQVdTOkVwb2NoVGltZSI6MTc2Njg3NTE3NX19fV19&Signature=x&Key-Pair-Id=k",
            1_766_875_175,
        ),
        // {"alg":"HS256"} . {"keyHash":"a","exp":1766875175}
        (
            "_jwt=eyJhbGciOiJIUzI1NiJ9.eyJrZXlIYXNoIjoiYSIsImV4cCI6MTc2Njg3NTE3NX0.c2ln",
            1_766_875_175,
        ),
        // {"exp":1.766875175e9}
        ("token=eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjEuNzY2ODc1MTc1ZTl9.c2ln", 1_766_875_175),
        ("Expires=90&X-Amz-Date=19700101T000000Z&X-Amz-Expires=120&se=1970-01-01T00:01:00Z", 60),
    ];

    #[test]
    fn every_signers_deadline_is_read() {
        for (query, seconds) in DEADLINES {
            assert_eq!(at(&format!("https://a/b?{query}")), Some(seconds * 1_000), "{query}");
        }
    }

    #[test]
    fn a_signers_keys_are_known_as_such() {
        for (query, _) in DEADLINES.iter().filter(|(query, _)| query.contains("ig")) {
            let url = Url::parse(&format!("https://a/b?{query}")).unwrap();
            assert!(is_presigned(&url) || query.starts_with("token="), "{query}");
        }
        for key in ["_jwt", "x-oss-date", "X-Tos-Expires", "OSSAccessKeyId", "Policy"] {
            assert!(is_signing_key(key), "{key}");
        }
        assert!(is_secret_key("_jwt", true) && !is_secret_key("_jwt", false));
    }

    #[test]
    fn a_hostile_text_has_no_deadline() {
        let policy = |json: &str| STANDARD.encode(json).replace('+', "-").replace('=', "_");
        let jwt = |json: &str| format!("eyJ9.{}.s", URL_SAFE_NO_PAD.encode(json));
        let deep = format!("{}{}", "[".repeat(9_000), "]".repeat(9_000));
        for query in [
            "X-Amz-Expires=60".to_owned(),
            "X-Tos-Date=20251227T203935Z&X-Amz-Expires=60".to_owned(),
            "X-Tos-Date=20251327T203935Z&X-Tos-Expires=60".to_owned(),
            "X-Tos-Date=20251227T203935Z&X-Tos-Expires=-60".to_owned(),
            "Expires=soon".to_owned(),
            "Expires=-1".to_owned(),
            "Expires=1e9".to_owned(),
            "Expires=99999999999999999999999".to_owned(),
            "se=tomorrow&se=".to_owned(),
            "Policy=&Policy=____&Policy=~~~&Policy=%00".to_owned(),
            format!("Policy={}", policy(r#"{"DateGreaterThan":{"AWS:EpochTime":9}}"#)),
            format!("Policy={}", policy(r#"{"DateLessThan":{"AWS:EpochTime":"9"}}"#)),
            format!("Policy={}", policy(r#"{"DateLessThan":{"AWS:EpochTime":-9}}"#)),
            format!("Policy={}", policy(r#"{"DateLessThan":{"AWS:EpochTime":9"#)),
            format!("Policy={}", policy(&format!(r#"{{"a":{deep}}}"#))),
            "_jwt=eyJ&_jwt=eyJ.&_jwt=eyJ..&_jwt=eyJ.%ff.&_jwt=...&_jwt=a.eyJleHAiOjl9.b".to_owned(),
            format!("_jwt={}", jwt(r#"{"exp":"9"}"#)),
            format!("_jwt={}", jwt(r#"{"exp":-9}"#)),
            format!("_jwt={}", jwt(r#"{"exp":1e99}"#)),
            format!("_jwt={}", jwt(r#"{"a":{"exp":9}}"#)),
            format!("_jwt={}", jwt("[9]")),
            format!("_jwt={}", jwt(&deep)),
        ] {
            assert_eq!(at(&format!("https://a/b?{query}")), None, "{query}");
        }
        let huge = "https://a/b?X-Amz-Date=20251227T203935Z&X-Amz-Expires=18446744073709551615";
        assert_eq!(at(huge), Some(u64::MAX));
        assert_eq!(at("https://a/b?Expires=18446744073709551615"), Some(u64::MAX));
    }
}
