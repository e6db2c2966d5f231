//! Reads from a presigned URL's query when the URL expires.

use crate::domain::time::Timestamp;
use url::Url;

/// Query keys that only a presigned URL has (AWS, Google, TOS, Azure,
/// `CloudFront`).
pub const SIGNATURE_KEYS: [&str; 5] =
    ["X-Amz-Signature", "X-Goog-Signature", "X-Tos-Signature", "sig", "Signature"];

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
    in_query && (is_short || lower.ends_with("signature"))
}

/// Returns whether the query gives the right to fetch the URL. Then the same
/// path with another query is the same file.
#[must_use]
pub fn is_presigned(url: &Url) -> bool {
    SIGNATURE_KEYS.iter().any(|key| query(url, key).is_some())
}

/// Returns when the URL stops working: the signing date plus the lifetime (AWS,
/// Google, TOS), Azure's `se`, or `CloudFront`'s `Expires`. Returns `None` if
/// the URL does not say.
#[must_use]
pub fn deadline(url: &Url) -> Option<Timestamp> {
    dated(url, "X-Amz-Date", "X-Amz-Expires")
        .or_else(|| dated(url, "X-Goog-Date", "X-Goog-Expires"))
        .or_else(|| dated(url, "X-Tos-Date", "X-Tos-Expires"))
        .or_else(|| Timestamp::parse_iso8601(&query(url, "se")?))
        .or_else(|| query(url, "Expires")?.parse().ok().map(Timestamp::from_seconds))
}

fn dated(url: &Url, date: &str, lifetime: &str) -> Option<Timestamp> {
    let signed = Timestamp::parse_iso8601(&query(url, date)?)?;
    let seconds: u64 = query(url, lifetime)?.parse().ok()?;
    Some(signed.plus(seconds.saturating_mul(1_000)))
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

    #[test]
    fn other_signers_deadlines_are_read() {
        assert_eq!(at("https://a/b?X-Goog-Date=19700101T000000Z&X-Goog-Expires=60"), Some(60_000));
        assert_eq!(at("https://a/b?X-Tos-Date=19700101T000000Z&X-Tos-Expires=60"), Some(60_000));
        assert!(is_presigned(&Url::parse("https://a/b?X-Tos-Signature=00").unwrap()));
        assert_eq!(at("https://a/b?se=1970-01-01T00%3A01%3A00Z&sig=x"), Some(60_000));
        assert_eq!(at("https://a/b?Expires=60&Signature=x&Key-Pair-Id=k"), Some(60_000));
        assert_eq!(at("https://a/b?x-amz-date=19700101T000000Z&x-amz-expires=60"), Some(60_000));
    }

    #[test]
    fn urls_without_a_date_have_no_deadline() {
        for url in ["https://a/b", "https://a/b?X-Amz-Expires=60", "https://a/b?Expires=soon"] {
            assert_eq!(at(url), None, "{url}");
        }
        let huge = "https://a/b?X-Amz-Date=20251227T203935Z&X-Amz-Expires=18446744073709551615";
        assert_eq!(at(huge), Some(u64::MAX));
    }
}
