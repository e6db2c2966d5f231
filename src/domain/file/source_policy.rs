//! Decides which URLs the Worker may fetch.
//!
//! A stranger writes a delivery, so every URL in it, and every redirect hop, is
//! checked here before a socket is opened. The `url` crate parses them. It
//! follows the same standard as the runtime's `fetch`, so both see the same
//! host.

use super::source_entry::Entry;
use super::strict_url::{
    UrlRefusal, authority, host_of, in_ascii, is_address, is_odd, is_plain, read,
};
use url::Url;

/// The hosts of `ALLOWED_SOURCE_HOSTS`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourcePolicy(Vec<Entry>);

impl SourcePolicy {
    /// Reads a comma list. The second value holds the invalid entries.
    #[must_use]
    pub fn parse(list: &str) -> (Self, Vec<String>) {
        let (mut entries, mut refused) = (Vec::new(), Vec::new());
        for text in list.split(',').map(str::trim).filter(|text| !text.is_empty()) {
            match Entry::parse(text) {
                Some(entry) => entries.push(entry),
                None => refused.push(text.to_owned()),
            }
        }
        (Self(entries), refused)
    }

    /// Returns the policy that also allows these entries. Entries that are
    /// addresses or loopback hosts count only if they are listed already. Also
    /// returns the entries that do not count.
    #[must_use]
    pub fn with(&self, list: &[String]) -> (Self, Vec<String>) {
        let (mut all, mut refused) = (self.clone(), Vec::new());
        for text in list {
            match Entry::parse(text.trim()) {
                Some(entry) if !entry.is_local() => all.0.push(entry),
                Some(entry) if self.0.contains(&entry) => {}
                _ => refused.push(text.clone()),
            }
        }
        (all, refused)
    }

    /// Returns whether the policy allows nothing.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the entries as the setting spells them.
    #[must_use]
    pub fn entries(&self) -> Vec<String> {
        self.0.iter().map(ToString::to_string).collect()
    }

    /// Reads `text` as a URL that may be fetched.
    ///
    /// # Errors
    /// Returns the first [`UrlRefusal`] that applies.
    pub fn check(&self, text: &str) -> Result<Url, UrlRefusal> {
        let url = read(text)?;
        let host = url.host().ok_or(UrlRefusal::Malformed)?;
        let written = authority(text);
        // An empty user name counts too, which the parser drops.
        if written.contains('@') {
            return Err(UrlRefusal::Userinfo);
        }
        let listed: Vec<&Entry> = self.0.iter().filter(|entry| entry.names(&host)).collect();
        if listed.is_empty() {
            return Err(if is_address(&host) { UrlRefusal::Address } else { UrlRefusal::Host });
        }
        if !listed.iter().any(|entry| entry.allows_scheme(&url)) {
            return Err(UrlRefusal::NotHttps);
        }
        if !listed.iter().any(|entry| entry.allows_scheme(&url) && entry.allows_port(&url)) {
            return Err(UrlRefusal::Port);
        }
        if is_plain(written, &host) { Ok(url) } else { Err(UrlRefusal::Disguised) }
    }

    /// Returns the URL to which a redirect from `from` to `location` leads. A
    /// host in `location` is checked as written. Only spaces are accepted,
    /// because servers send them.
    ///
    /// # Errors
    /// Returns the first [`UrlRefusal`] that applies.
    pub fn follow(&self, from: &Url, location: &str) -> Result<Url, UrlRefusal> {
        self.check(&target(from, location)?)
    }

    /// Returns the entry that would allow a refused redirect, if one would.
    #[must_use]
    pub fn missing(&self, from: &Url, location: &str) -> Option<String> {
        self.entry_for(&target(from, location).ok()?)
    }

    /// Returns the entry that would allow a refused URL, if one would.
    #[must_use]
    pub fn entry_for(&self, text: &str) -> Option<String> {
        let url = read(text).ok()?;
        let scheme = if url.scheme() == "http" { "http://" } else { "" };
        let entry = format!("{scheme}{}", host_of(&url));
        // Users paste the entry into a settings file, where a quote or a `$`
        // has a meaning. No host name in DNS contains one.
        let is_plain = entry.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._:[]/".contains(&b));
        let (alone, _) = Self::parse(&entry);
        (is_plain && self.check(text).is_err() && alone.check(text).is_ok()).then_some(entry)
    }

    /// Returns whether the policy allows the entry's host already, so that
    /// adding it would change nothing.
    #[must_use]
    pub fn has(&self, entry: &str) -> bool {
        let scheme = if entry.contains("://") { "" } else { "https://" };
        self.check(&format!("{scheme}{entry}/")).is_ok()
    }
}

/// Returns the URL to which a redirect leads, as text that still has to be
/// checked.
fn target(from: &Url, location: &str) -> Result<String, UrlRefusal> {
    let text = location.trim_matches(' ').replace(' ', "%20");
    if text.is_empty() || text.contains(is_odd) {
        return Err(UrlRefusal::Malformed);
    }
    if text.starts_with("//") {
        return Ok(format!("{}:{text}", from.scheme()));
    }
    if in_ascii(&text).is_ok_and(|text| Url::parse(&text).is_ok()) {
        return Ok(text);
    }
    Ok(from.join(&text).map_err(|_| UrlRefusal::Malformed)?.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(list: &str) -> SourcePolicy {
        let (policy, refused) = SourcePolicy::parse(list);
        assert_eq!(refused, Vec::<String>::new());
        policy
    }

    #[test]
    fn entries_are_shown_as_they_were_written() {
        let list = "*.fal.media,a.example:8443,http://127.0.0.1:9603,[::1]";
        assert_eq!(policy(list).entries().join(","), list);
        assert_eq!(policy(&policy(list).entries().join(",")), policy(list));
    }

    #[test]
    fn whole_labels_match_and_nothing_else() {
        let policy = policy("*.r2.cloudflarestorage.com, fal.media");
        for good in [
            "https://a.b.r2.cloudflarestorage.com/x?y",
            "https://fal.media/x",
            "https://FAL.media:443/x",
        ] {
            assert!(policy.check(good).is_ok(), "{good}");
        }
        let bad = [
            ("https://r2.cloudflarestorage.com/", UrlRefusal::Host),
            ("https://evilr2.cloudflarestorage.com/", UrlRefusal::Host),
            ("https://a.r2.cloudflarestorage.com.evil.example/", UrlRefusal::Host),
            ("https://a.r2.cloudflarestorage.com./", UrlRefusal::Host),
            ("https://.r2.cloudflarestorage.com/", UrlRefusal::Host),
            ("https://a..r2.cloudflarestorage.com/", UrlRefusal::Host),
            ("https://..a.r2.cloudflarestorage.com/", UrlRefusal::Host),
            ("https://sub.fal.media/", UrlRefusal::Host),
            ("http://fal.media/", UrlRefusal::NotHttps),
            ("ftp://fal.media/", UrlRefusal::NotHttps),
            ("https://fal.media:8443/", UrlRefusal::Port),
            ("https://u@fal.media/", UrlRefusal::Userinfo),
            ("https://fal.media@evil.example/", UrlRefusal::Userinfo),
            ("https://127.0.0.1/", UrlRefusal::Address),
            ("https://0x7f.1/", UrlRefusal::Address),
            ("https://[::ffff:127.0.0.1]/", UrlRefusal::Address),
            ("https://fal.media\\@evil.example/", UrlRefusal::Malformed),
            ("https://fal.me\tdia/", UrlRefusal::Malformed),
            ("https:/fal.media/", UrlRefusal::Malformed),
            ("https:///fal.media/", UrlRefusal::Malformed),
            ("//fal.media/", UrlRefusal::Malformed),
        ];
        for (url, refusal) in bad {
            assert_eq!(policy.check(url), Err(refusal), "{url}");
        }
    }

    #[test]
    fn a_host_that_is_not_written_plainly_is_refused() {
        let policy = policy("*.fal.media, fal.media, bücher.example, [::1], 127.0.0.1");
        let plain = [
            "https://V3.Fal.Media/x",
            "https://bücher.example/x",
            "https://BÜCHER.example:443/x",
            "https://xn--bcher-kva.example/x",
            "https://ü.fal.media/x",
            "https://[::1]:9/x",
            "https://127.0.0.1/x?a@b",
        ];
        for url in plain {
            assert!(policy.check(url).is_ok(), "{url}");
        }
        let disguised = [
            "https://fal%2Emedia/",
            "https://f%61l.media/",
            "https://0x7f.1/",
            "https://0177.0.0.1/",
            "https://2130706433/",
            "https://[0:0:0:0:0:0:0:1]/",
        ];
        for url in disguised {
            assert_eq!(policy.check(url), Err(UrlRefusal::Disguised), "{url}");
        }
        assert_eq!(policy.check("https://ｆａｌ.media/"), Err(UrlRefusal::Host));
        for host in ["evil。fal.media", "fal\u{ad}.media", "xn--a.fal.media", "xn--abc-.fal.media"]
        {
            assert_eq!(
                policy.check(&format!("https://{host}/")),
                Err(UrlRefusal::Malformed),
                "{host}"
            );
        }
        for url in ["https://@fal.media/", "https://:@fal.media/", "https://a%40b@fal.media/"] {
            assert_eq!(policy.check(url), Err(UrlRefusal::Userinfo), "{url}");
        }
    }

    #[test]
    fn a_redirect_is_checked_by_the_same_rules() {
        let policy = policy("*.fal.media");
        let from = policy.check("https://a.fal.media/b/c?d").unwrap();
        let leads = [
            ("/x", "https://a.fal.media/x"),
            ("x/../y?z#f", "https://a.fal.media/b/y?z#f"),
            ("?e", "https://a.fal.media/b/c?e"),
            ("//B.fal.media/x", "https://b.fal.media/x"),
            ("HTTPS://b.fal.media:443/an x", "https://b.fal.media/an%20x"),
            ("/ü", "https://a.fal.media/%C3%BC"),
        ];
        for (location, to) in leads {
            assert_eq!(policy.follow(&from, location).map(String::from).as_deref(), Ok(to));
        }
        let astray = [
            ("", UrlRefusal::Malformed),
            ("http://b.fal.media/", UrlRefusal::NotHttps),
            ("data:video/mp4,x", UrlRefusal::NotHttps),
            ("//evil.example/", UrlRefusal::Host),
            ("///evil.example/", UrlRefusal::Malformed),
            ("///b.fal.media/", UrlRefusal::Malformed),
            ("/\t/b.fal.media/", UrlRefusal::Malformed),
            ("\\\\b.fal.media/", UrlRefusal::Malformed),
            ("https:/b.fal.media/", UrlRefusal::Malformed),
            ("https:x", UrlRefusal::Malformed),
            ("https://", UrlRefusal::Malformed),
            ("https://b.fal.media:8443/", UrlRefusal::Port),
            ("//@b.fal.media/", UrlRefusal::Userinfo),
            ("https://b.fal%2Emedia/", UrlRefusal::Disguised),
            (" //evil.example/ ", UrlRefusal::Host),
            ("https://169.254.169.254/", UrlRefusal::Address),
        ];
        for (location, refusal) in astray {
            assert_eq!(policy.follow(&from, location), Err(refusal), "{location}");
        }
    }

    #[test]
    fn a_refused_redirect_names_the_entry_that_would_allow_it() {
        let from = Url::parse("https://a.fal.media/x").unwrap();
        for (location, entry) in [
            ("https://CDN.other.example/x?token=s", Some("cdn.other.example")),
            ("//cdn.other.example:8443/x", Some("cdn.other.example:8443")),
            ("http://cdn.other.example/x", Some("http://cdn.other.example")),
            ("https://a.fal.media:8443/x", Some("a.fal.media:8443")),
            ("https://203.0.113.9/x", Some("203.0.113.9")),
            ("https://bücher.example/x", Some("xn--bcher-kva.example")),
            ("https://u:p@cdn.other.example/x", None),
            ("https://fal%2Emedia/x", None),
            ("https://a\"b.example/x", None),
            ("https://$API_TOKEN.example/x", None),
            ("https://a'b.example/x", None),
            ("data:video/mp4,x", None),
            ("https://", None),
            ("/y", None),
        ] {
            let allowed = policy("*.fal.media, fal.media");
            assert_eq!(allowed.missing(&from, location).as_deref(), entry, "{location}");
            let Some(entry) = entry else { continue };
            let mended = policy(&format!("*.fal.media,{entry}"));
            assert!(mended.follow(&from, location).is_ok(), "{location}");
            assert!(mended.has(entry) && !allowed.has(entry), "{location}");
        }
    }

    #[test]
    fn development_hosts_are_listed_by_name() {
        let exact = policy("http://127.0.0.1:9603");
        assert!(exact.check("http://127.0.0.1:9603/b/k?q").is_ok());
        assert_eq!(exact.check("http://127.0.0.1:9604/"), Err(UrlRefusal::Port));
        assert_eq!(exact.check("http://localhost:9603/"), Err(UrlRefusal::Host));
        let loose = policy("localhost, 127.0.0.1:9603");
        assert!(loose.check("http://localhost:1/").is_ok());
        assert!(loose.check("http://127.0.0.1:9603/").is_ok());
        let other = policy("http://files.internal:8080, cdn.example:8443");
        assert!(other.check("http://files.internal:8080/").is_ok());
        assert!(other.check("https://cdn.example:8443/").is_ok());
        assert_eq!(other.check("https://cdn.example/"), Err(UrlRefusal::Port));
        assert_eq!(other.check("http://cdn.example:8443/"), Err(UrlRefusal::NotHttps));
    }

    #[test]
    fn invalid_entries_are_returned() {
        let (_, refused) =
            SourcePolicy::parse("a.example,,*.*.b, https://c/d, *.127.0.0.1, ftp://e");
        assert_eq!(refused, ["*.*.b", "https://c/d", "*.127.0.0.1", "ftp://e"]);
    }

    /// A parser would drop the odd characters, and with them a port that ends
    /// in one.
    #[test]
    fn an_entry_is_a_host_and_nothing_more() {
        for odd in ["a#b", "a?b", "a:81#", ":p@a", "localhost:81\u{1}", "a\tb", "a\\"] {
            assert_eq!(SourcePolicy::parse(odd), (SourcePolicy(vec![]), vec![odd.to_owned()]));
        }
        let (_, refused) = SourcePolicy::parse("https://a:81/, *.b/, [::1]:81");
        assert_eq!(refused, Vec::<String>::new());
    }
}
