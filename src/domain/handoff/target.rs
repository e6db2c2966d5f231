//! Decides where a client's own webhook may be: at any public https host.

use crate::domain::access::hook_url;
use crate::domain::file::source_policy::SourcePolicy;
use crate::domain::file::strict_url;
use url::{Host, Url};

/// The longest URL, in bytes.
const MAX_BYTES: usize = 2_048;
/// The longest name and the longest label in it, in bytes (RFC 1035).
const MAX_NAME_BYTES: usize = 253;
const MAX_LABEL_BYTES: usize = 63;
/// Top-level names that the public DNS does not have: those of RFC 6761, 6762,
/// 7686 and 9476, `internal` by ICANN, and names that private networks use. The
/// public DNS has `arpa`, but no web servers below it.
const PRIVATE: [&str; 15] = [
    "alt",
    "arpa",
    "corp",
    "home",
    "internal",
    "intranet",
    "invalid",
    "lan",
    "local",
    "localdomain",
    "localhost",
    "mail",
    "onion",
    "private",
    "test",
];

/// The error for a local address. Developers can list it.
const UNLISTED: &str = "is a local address and not in ALLOWED_SOURCE_HOSTS";

/// Reads the URL of a webhook. A loopback host is allowed if it is listed among
/// the sources, which a developer can do.
///
/// # Errors
/// Returns why nothing is sent there. The text omits the URL, because its query
/// may be a secret.
pub fn check(text: &str, listed: &SourcePolicy) -> Result<Url, &'static str> {
    if text.len() > MAX_BYTES {
        return Err("is longer than 2,048 bytes");
    }
    let url = strict_url::read(text).map_err(|_| "is not a URL")?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("has a user name");
    }
    // Only the URL's host is checked: the list's rules for files do not apply
    // here.
    if is_loopback(&url) {
        return listed.check(text).map_err(|_| UNLISTED);
    }
    if url.scheme() != "https" {
        return Err("is not https");
    }
    match url.host() {
        Some(Host::Domain(name)) if is_public(name) => Ok(url),
        _ => Err("is not a public host"),
    }
}

/// Returns whether a webhook is a hook of this vault, which has these origins.
/// Messages to it would come back.
#[must_use]
pub fn is_own_hook(webhook: &str, origins: &[&str]) -> bool {
    strict_url::read(webhook).is_ok_and(|url| {
        let is_at = |own: &&str| Url::parse(own).is_ok_and(|own| place(&own) == place(&url));
        hook_url::is_hook(url.path()) && origins.iter().any(is_at)
    })
}

/// Returns the host and the port. One Worker serves both schemes, and a dot at
/// the end of a name changes nothing.
fn place(url: &Url) -> (&str, Option<u16>) {
    let host = url.host_str().unwrap_or_default();
    (host.trim_end_matches('.'), url.port().filter(|port| !matches!(port, 80 | 443)))
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Returns whether the public DNS can contain this name. It must have at least
/// two labels, the last of letters alone or encoded.
fn is_public(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
    let Some((_, top)) = name.rsplit_once('.') else { return false };
    let is_top = top.bytes().all(|b| b.is_ascii_alphabetic()) || top.starts_with("xn--");
    name.len() <= MAX_NAME_BYTES
        && name.split('.').all(is_label)
        && is_top
        && !PRIVATE.contains(&top)
}

/// Returns whether a label is valid by RFC 1123. The underscore is allowed too,
/// because existing names contain it.
fn is_label(label: &str) -> bool {
    let is_part = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    (1..=MAX_LABEL_BYTES).contains(&label.len()) && label.bytes().all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> Result<(), &'static str> {
        let listed = SourcePolicy::parse("http://127.0.0.1:8080").0;
        super::check(text, &listed).map(drop)
    }

    #[test]
    fn any_public_https_host_is_a_target() {
        for good in [
            "https://app.example/hooks?token=1",
            "https://app.example:8443/",
            "https://a.b.trycloudflare.com/x",
            "https://app.example./x",
            "https://my_app.a-b.example/",
            "https://xn--bcher-kva.example/",
            "https://app.xn--p1ai/",
            "http://127.0.0.1:8080/hook",
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
    }

    #[test]
    fn any_other_url_is_refused() {
        for (bad, why) in [
            ("http://app.example/", "is not https"),
            ("https://u:p@app.example/", "has a user name"),
            ("ftp://app.example/", "is not a URL"),
            ("/hook", "is not a URL"),
            ("https://localhost/", UNLISTED),
            ("http://127.0.0.1:9090/", UNLISTED),
            ("https://10.0.0.1/", "is not a public host"),
            ("https://169.254.169.254/latest", "is not a public host"),
            ("https://[::1]/", UNLISTED),
            ("https://[fd00::1]/", "is not a public host"),
            ("https://0x7f000001/", UNLISTED),
            ("https://8.8.8.8/", "is not a public host"),
            ("https://intranet/", "is not a public host"),
            ("https://db.internal/", "is not a public host"),
            ("https://db.INTERNAL./", "is not a public host"),
            ("https://printer.local/", "is not a public host"),
            ("https://a..b/", "is not a public host"),
            ("https://a..example/", "is not a public host"),
            ("https://.a.example/", "is not a public host"),
            ("https://app.example../", "is not a public host"),
            ("https://localhost.localdomain/", "is not a public host"),
            ("https://localhost4.localdomain4/", "is not a public host"),
            ("https://localhost./", "is not a public host"),
            ("https://router.home.arpa/", "is not a public host"),
            ("https://ipv4only.arpa/", "is not a public host"),
            ("https://a.onion/", "is not a public host"),
            ("https://wiki.intranet/", "is not a public host"),
            ("https://a.b-c/", "is not a public host"),
            ("https://a!b.example/", "is not a public host"),
        ] {
            assert_eq!(check(bad), Err(why), "{bad}");
        }
        assert_eq!(
            check(&format!("https://a.example/{}", "x".repeat(2_048))),
            Err("is longer than 2,048 bytes")
        );
    }

    #[test]
    fn a_name_is_as_long_as_the_dns_allows() {
        let is_public = |name: &str| check(&format!("https://{name}/")).is_ok();
        let label = "a".repeat(63);
        assert!(is_public(&format!("{label}.example")));
        assert!(!is_public(&format!("{label}a.example")));
        let long = |last: usize| format!("{label}.{label}.{label}.{}.example", "b".repeat(last));
        assert_eq!(long(53).len(), 253);
        assert!(is_public(&long(53)) && is_public(&format!("{}.", long(53))));
        assert!(!is_public(&long(54)));
    }

    #[test]
    fn the_own_hook_is_recognized_in_each_spelling() {
        let own = ["https://vault.example", "http://127.0.0.1:8787"];
        for hook in [
            "https://vault.example/hook/t",
            "https://vault.example/hook",
            "https://VAULT.example:443/hook/t/ref?a=b",
            "https://vault.example./hook/t",
            "http://vault.example/hook/t",
            "https://u:p@vault.example/hook/t",
            "https://vault.example//hook/t",
            "https://vault.example/%68%6F%6f%6B/t",
            "https://vault.example/./hook/t",
            "https://vault.example/x/%2e%2E/hook/t",
            "https://%76ault.example/hook/t",
            "http://127.1:8787/hook/t",
        ] {
            assert!(is_own_hook(hook, &own), "{hook}");
        }
        for other in [
            "https://app.example/hook/t",
            "https://sub.vault.example/hook/t",
            "https://vault.example/hooks",
            "https://vault.example:8443/hook/t",
            "http://127.0.0.1:9090/hook/t",
            "/hook/t",
        ] {
            assert!(!is_own_hook(other, &own), "{other}");
        }
        assert!(is_own_hook("https://vault.example./hook", &["https://vault.example."]));
    }
}
