//! Where a client's own webhook may be: any public https host.

use crate::domain::source::{self, SourcePolicy};
use url::{Host, Url};

/// Longest URL, in bytes.
const MAX_BYTES: usize = 2_048;
/// Names that are never public (RFC 6761, RFC 6762, RFC 8375, and what private
/// networks use).
const PRIVATE: [&str; 9] =
    ["localhost", "local", "internal", "lan", "home", "corp", "test", "invalid", "home.arpa"];

/// Reads the URL of a webhook. A loopback host that is listed among the sources
/// is allowed, too: so it is on a developer's machine.
///
/// # Errors
/// Why nothing is sent there, without the URL: its query may be a secret.
pub fn check(text: &str, listed: &SourcePolicy) -> Result<Url, &'static str> {
    if text.len() > MAX_BYTES {
        return Err("is longer than 2,048 bytes");
    }
    let url = source::read(text).map_err(|_| "is no URL")?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("holds a user name");
    }
    // Only its host is looked at: the list is not one of files here.
    if is_loopback(&url) {
        return listed.check(text).map_err(|_| "is not a public host");
    }
    if url.scheme() != "https" {
        return Err("is not https");
    }
    match url.host() {
        Some(Host::Domain(name)) if is_public(name) => Ok(url),
        _ => Err("is not a public host"),
    }
}

/// Whether a webhook is a hook of this vault, which has these origins: what is
/// handed on there would come back.
#[must_use]
pub fn is_own_hook(webhook: &str, origins: &[&str]) -> bool {
    source::read(webhook).is_ok_and(|url| {
        let origin = url.origin().ascii_serialization();
        origins.contains(&origin.as_str()) && url.path().starts_with("/hook")
    })
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn is_public(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    let is_below = |end: &str| name == end || name.ends_with(&format!(".{end}"));
    name.contains('.') && !PRIVATE.iter().any(|end| is_below(end))
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
            "http://127.0.0.1:8080/hook",
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
    }

    #[test]
    fn nothing_else_is() {
        for (bad, why) in [
            ("http://app.example/", "is not https"),
            ("https://u:p@app.example/", "holds a user name"),
            ("ftp://app.example/", "is no URL"),
            ("/hook", "is no URL"),
            ("https://localhost/", "is not a public host"),
            ("http://127.0.0.1:9090/", "is not a public host"),
            ("https://10.0.0.1/", "is not a public host"),
            ("https://169.254.169.254/latest", "is not a public host"),
            ("https://[::1]/", "is not a public host"),
            ("https://[fd00::1]/", "is not a public host"),
            ("https://0x7f000001/", "is not a public host"),
            ("https://8.8.8.8/", "is not a public host"),
            ("https://intranet/", "is not a public host"),
            ("https://db.internal/", "is not a public host"),
            ("https://db.INTERNAL./", "is not a public host"),
            ("https://printer.local/", "is not a public host"),
        ] {
            assert_eq!(check(bad), Err(why), "{bad}");
        }
        assert_eq!(
            check(&format!("https://a.example/{}", "x".repeat(2_048))),
            Err("is longer than 2,048 bytes")
        );
    }
}
