//! Which URLs the Worker may fetch.
//!
//! A delivery is written by a stranger: every URL in it, and every redirect
//! hop, is checked here before a socket is opened. Parsing is the `url`
//! crate's, which follows the same standard as the runtime's `fetch`, so that
//! both see the same host.

use idna::punycode;
use std::borrow::Cow;
use std::fmt;
use url::{Host, Url};

/// Longest URL that is considered, in bytes; presigned ones have about 1,000.
const MAX_URL_BYTES: usize = 8 * 1024;
/// Longest host name and longest label of it, in bytes (RFC 1035).
const MAX_HOST_BYTES: usize = 253;
const MAX_LABEL_BYTES: usize = 63;

/// Why a URL may not be fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Not an absolute URL that can be read without guessing.
    Malformed,
    /// Another scheme than https, for a host that is not listed with it.
    NotHttps,
    /// A name or password before the host.
    Userinfo,
    /// A port that is not listed.
    Port,
    /// An IP address that is not listed.
    Address,
    /// A host that is not in `ALLOWED_SOURCE_HOSTS`.
    Host,
    /// A host that only becomes an allowed one by decoding or mapping.
    Disguised,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "not a URL",
            Self::NotHttps => "not https",
            Self::Userinfo => "user name in URL",
            Self::Port => "port not allowed",
            Self::Address => "IP address not allowed",
            Self::Host => "host not allowed",
            Self::Disguised => "host in disguise",
        })
    }
}

/// The hosts of `ALLOWED_SOURCE_HOSTS`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourcePolicy(Vec<Entry>);

/// One entry: `host`, `*.host`, `host:port`, or with `http://` before it.
///
/// A loopback host that is listed may be fetched by plain http; without a
/// port, on any.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    host: String,
    any_subdomain: bool,
    port: Option<u16>,
    plain_http: bool,
    loopback: bool,
}

impl SourcePolicy {
    /// Reads a comma list; the second value names the entries that are none.
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

    /// Whether it allows nothing.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The entries, as they may be written.
    #[must_use]
    pub fn entries(&self) -> Vec<String> {
        self.0.iter().map(ToString::to_string).collect()
    }

    /// Reads `text` as a URL that may be fetched.
    ///
    /// # Errors
    /// The first [`Refusal`] that applies.
    pub fn check(&self, text: &str) -> Result<Url, Refusal> {
        let url = read(text)?;
        let host = url.host().ok_or(Refusal::Malformed)?;
        let written = authority(text);
        // Also an empty one, which the parser drops.
        if written.contains('@') {
            return Err(Refusal::Userinfo);
        }
        let listed: Vec<&Entry> = self.0.iter().filter(|entry| entry.names(&host)).collect();
        if listed.is_empty() {
            return Err(if is_address(&host) { Refusal::Address } else { Refusal::Host });
        }
        if !listed.iter().any(|entry| entry.allows_scheme(&url)) {
            return Err(Refusal::NotHttps);
        }
        if !listed.iter().any(|entry| entry.allows_scheme(&url) && entry.allows_port(&url)) {
            return Err(Refusal::Port);
        }
        if is_plain(written, &host) { Ok(url) } else { Err(Refusal::Disguised) }
    }

    /// Where the redirect of `from` to `location` leads. A host that it names
    /// is checked as written; only spaces are forgiven, which servers send.
    ///
    /// # Errors
    /// The first [`Refusal`] that applies.
    pub fn follow(&self, from: &Url, location: &str) -> Result<Url, Refusal> {
        self.check(&target(from, location)?)
    }

    /// The entry that would allow a redirect which is refused, if one would.
    #[must_use]
    pub fn missing(&self, from: &Url, location: &str) -> Option<String> {
        self.entry_for(&target(from, location).ok()?)
    }

    /// The entry that would allow a URL which is refused, if one would.
    #[must_use]
    pub fn entry_for(&self, text: &str) -> Option<String> {
        let url = read(text).ok()?;
        let scheme = if url.scheme() == "http" { "http://" } else { "" };
        let entry = format!("{scheme}{}", host_of(&url));
        // It is pasted into a settings file, where a quote or a `$` is more than a
        // letter. No name is looked up with one.
        let is_plain = entry.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._:[]/".contains(&b));
        let (alone, _) = Self::parse(&entry);
        (is_plain && self.check(text).is_err() && alone.check(text).is_ok()).then_some(entry)
    }

    /// Whether this entry would change nothing.
    #[must_use]
    pub fn has(&self, entry: &str) -> bool {
        let scheme = if entry.contains("://") { "" } else { "https://" };
        self.check(&format!("{scheme}{entry}/")).is_ok()
    }
}

/// Where a redirect leads, as text that is still to be checked.
fn target(from: &Url, location: &str) -> Result<String, Refusal> {
    let text = location.trim_matches(' ').replace(' ', "%20");
    if text.is_empty() || text.contains(is_odd) {
        return Err(Refusal::Malformed);
    }
    if text.starts_with("//") {
        return Ok(format!("{}:{text}", from.scheme()));
    }
    if in_ascii(&text).is_ok_and(|text| Url::parse(&text).is_ok()) {
        return Ok(text);
    }
    Ok(from.join(&text).map_err(|_| Refusal::Malformed)?.into())
}

/// Returns a text as one that [`read`] takes if the URL standard takes it: what
/// stands around a URL is gone, and white space in its path and query is
/// encoded. Nothing in the scheme or the host is repaired.
#[must_use]
pub fn repaired(text: &str) -> Cow<'_, str> {
    let is_around = |c: char| c.is_control() || c.is_whitespace() || c == '\u{feff}';
    let text = text.trim_matches(is_around);
    if text.len() > MAX_URL_BYTES {
        return Cow::Borrowed(text);
    }
    let host = text.find("://").map_or(text.len(), |colon| colon + 3);
    let path = text.get(host..).and_then(|rest| rest.find(['/', '?', '#']));
    let (start, rest) = text.split_at(path.map_or(text.len(), |path| host + path));
    if !rest.contains(is_odd) {
        return Cow::Borrowed(text);
    }
    let mut whole = start.to_owned();
    let mut is_path = true;
    for c in rest.chars() {
        is_path &= !matches!(c, '?' | '#');
        match c {
            '\t' | '\n' | '\r' => {}
            '\\' if is_path => whole.push('/'),
            c if is_odd(c) => c.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| {
                whole.push('%');
                whole.push_str(&hex::encode_upper([byte]));
            }),
            c => whole.push(c),
        }
    }
    Cow::Owned(whole)
}

/// Reads an absolute http or https URL; anything that a parser would have to
/// repair (spaces, tabs, backslashes, a missing slash) is refused instead.
///
/// # Errors
/// [`Refusal::Malformed`] or, for another scheme, [`Refusal::NotHttps`].
pub fn read(text: &str) -> Result<Url, Refusal> {
    if text.len() > MAX_URL_BYTES || text.contains(is_odd) {
        return Err(Refusal::Malformed);
    }
    let url = Url::parse(&in_ascii(text)?).map_err(|_| Refusal::Malformed)?;
    let prefix = match url.scheme() {
        "https" => "https://",
        "http" => "http://",
        _ => return Err(Refusal::NotHttps),
    };
    let written = text.get(..prefix.len()).unwrap_or_default();
    let exact = written.eq_ignore_ascii_case(prefix)
        && !text.get(prefix.len()..).unwrap_or_default().starts_with('/');
    if exact { Ok(url) } else { Err(Refusal::Malformed) }
}

/// The text with its host as names are looked up: lower case and, label by
/// label, Punycode (RFC 3492).
///
/// What IDNA maps beyond that (full-width letters, invisible ones, other dots)
/// is no part of anyone's name, and the tables for it are a tenth of the Worker.
/// What is too long for a name is refused first: Punycode's work is quadratic.
fn in_ascii(text: &str) -> Result<Cow<'_, str>, Refusal> {
    let written = authority(text);
    if !is_short(written) {
        return Err(Refusal::Malformed);
    }
    let is_punycode = |label: &str| label.get(..4).is_some_and(|p| p.eq_ignore_ascii_case("xn--"));
    if written.is_ascii() && !written.split('.').any(is_punycode) {
        return Ok(Cow::Borrowed(text));
    }
    let labels: Option<Vec<_>> = written.split('.').map(label_in_ascii).collect();
    let written_in_ascii = labels.ok_or(Refusal::Malformed)?.join(".");
    if !is_short(&written_in_ascii) {
        return Err(Refusal::Malformed);
    }
    Ok(Cow::Owned(text.replacen(written, &written_in_ascii, 1)))
}

/// Whether the host of an authority and each label of it are short enough to
/// be looked up. Encoded, a name never has fewer bytes than it has characters.
fn is_short(authority: &str) -> bool {
    let host = authority.rsplit('@').next().unwrap_or_default();
    let name = host.split_once(':').map_or(host, |(name, _)| name);
    let name = name.strip_suffix('.').unwrap_or(name);
    let is_within = |text: &str, most: usize| text.chars().nth(most).is_none();
    is_within(name, MAX_HOST_BYTES)
        && name.split('.').all(|label| is_within(label, MAX_LABEL_BYTES))
}

/// A label, the last one with its port.
fn label_in_ascii(label: &str) -> Option<String> {
    let (name, port) = label.split_at(label.find(':').unwrap_or(label.len()));
    let name = name.to_lowercase();
    let spelled = match name.strip_prefix("xn--") {
        Some(encoded) => punycode::decode_to_string(encoded)?,
        None if name.is_ascii() => return Some(label.to_owned()),
        None => name.clone(),
    };
    let encoded = format!("xn--{}", punycode::encode_str(&spelled)?);
    let is_name =
        !spelled.is_ascii() && spelled.chars().all(|c| c.is_ascii() || c.is_alphanumeric());
    // What is Punycode already is written in one way only.
    let was_honest = !name.is_ascii() || name == encoded;
    (is_name && was_honest).then(|| encoded + port)
}

/// A URL's host, with the port if it is not the scheme's own.
#[must_use]
pub fn host_of(url: &Url) -> String {
    match (url.host_str().unwrap_or_default(), url.port()) {
        (host, Some(port)) => format!("{host}:{port}"),
        (host, None) => host.to_owned(),
    }
}

/// Whether parsers drop or repair it, not all of them alike.
fn is_odd(c: char) -> bool {
    c.is_control() || c.is_whitespace() || c == '\\'
}

/// What stands between the slashes and the path.
fn authority(text: &str) -> &str {
    let (_, rest) = text.split_once("://").unwrap_or_default();
    rest.split(['/', '?', '#']).next().unwrap_or_default()
}

/// Whether `written`, which may end with a port, is `host` but for upper case
/// and for labels in another script.
fn is_plain(written: &str, host: &Host<&str>) -> bool {
    let host = host.to_string();
    let written = match written.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => name,
        _ => written,
    };
    let is_same = |(written, meant): (&str, &str)| {
        written.eq_ignore_ascii_case(meant) || (!written.is_ascii() && meant.starts_with("xn--"))
    };
    written.split('.').count() == host.split('.').count()
        && written.split('.').zip(host.split('.')).all(is_same)
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.plain_http { "http://" } else { "" })?;
        f.write_str(if self.any_subdomain { "*." } else { "" })?;
        f.write_str(&self.host)?;
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

impl Entry {
    fn parse(text: &str) -> Option<Self> {
        let (plain_http, rest) = match text.split_once("://") {
            Some(("http", rest)) => (true, rest),
            Some(("https", rest)) => (false, rest),
            Some(_) => return None,
            None => (false, text),
        };
        let (any_subdomain, rest) = match rest.strip_prefix("*.") {
            Some(rest) => (true, rest),
            None => (false, rest),
        };
        let name = rest.trim_end_matches('/');
        // A parser would drop some of these and go on with the rest.
        let odd = |c: char| c.is_control() || c.is_whitespace() || "/\\?#@*".contains(c);
        if name.contains(odd) {
            return None;
        }
        let url = Url::parse(&in_ascii(&format!("https://{name}")).ok()?).ok()?;
        let host = url.host()?;
        // Read from the text: a URL forgets the usual port.
        let port = name.rsplit_once(':').and_then(|(_, port)| port.parse().ok());
        (!(any_subdomain && is_address(&host))).then(|| Self {
            loopback: is_loopback(&host),
            host: host.to_string(),
            any_subdomain,
            port,
            plain_http,
        })
    }

    fn names(&self, host: &Host<&str>) -> bool {
        let host = host.to_string();
        if !self.any_subdomain {
            return host == self.host;
        }
        host.strip_suffix(&self.host)
            .and_then(|labels| labels.strip_suffix('.'))
            .is_some_and(|labels| labels.split('.').all(|label| !label.is_empty()))
    }

    fn allows_scheme(&self, url: &Url) -> bool {
        if url.scheme() == "https" {
            return !self.plain_http;
        }
        self.plain_http || self.loopback
    }

    fn allows_port(&self, url: &Url) -> bool {
        match (self.port, url.port_or_known_default()) {
            (Some(listed), actual) => actual == Some(listed),
            (None, _) if self.loopback => true,
            (None, actual) => actual == Some(if self.plain_http { 80 } else { 443 }),
        }
    }
}

fn is_address<S>(host: &Host<S>) -> bool {
    !matches!(host, Host::Domain(_))
}

fn is_loopback<S: AsRef<str>>(host: &Host<S>) -> bool {
    match host {
        Host::Domain(name) => name.as_ref() == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
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
    fn entries_are_told_as_they_are_read() {
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
            ("https://r2.cloudflarestorage.com/", Refusal::Host),
            ("https://evilr2.cloudflarestorage.com/", Refusal::Host),
            ("https://a.r2.cloudflarestorage.com.evil.example/", Refusal::Host),
            ("https://a.r2.cloudflarestorage.com./", Refusal::Host),
            ("https://.r2.cloudflarestorage.com/", Refusal::Host),
            ("https://a..r2.cloudflarestorage.com/", Refusal::Host),
            ("https://..a.r2.cloudflarestorage.com/", Refusal::Host),
            ("https://sub.fal.media/", Refusal::Host),
            ("http://fal.media/", Refusal::NotHttps),
            ("ftp://fal.media/", Refusal::NotHttps),
            ("https://fal.media:8443/", Refusal::Port),
            ("https://u@fal.media/", Refusal::Userinfo),
            ("https://fal.media@evil.example/", Refusal::Userinfo),
            ("https://127.0.0.1/", Refusal::Address),
            ("https://0x7f.1/", Refusal::Address),
            ("https://[::ffff:127.0.0.1]/", Refusal::Address),
            ("https://fal.media\\@evil.example/", Refusal::Malformed),
            ("https://fal.me\tdia/", Refusal::Malformed),
            ("https:/fal.media/", Refusal::Malformed),
            ("https:///fal.media/", Refusal::Malformed),
            ("//fal.media/", Refusal::Malformed),
        ];
        for (url, refusal) in bad {
            assert_eq!(policy.check(url), Err(refusal), "{url}");
        }
    }

    #[test]
    fn a_label_in_another_script_is_looked_up_as_punycode() {
        let pairs = [
            (
                "https://BÜCHER.例え.fal.media:8443/ü?ü",
                "https://xn--bcher-kva.xn--r8jz45g.fal.media:8443/%C3%BC?%C3%BC",
            ),
            ("https://fal.例え:8443/", "https://fal.xn--r8jz45g:8443/"),
        ];
        for (written, sent) in pairs {
            assert_eq!(read(written).map(String::from).as_deref(), Ok(sent));
        }
    }

    #[test]
    fn a_name_that_is_too_long_to_be_looked_up_is_none() {
        let (label, other) = ("a".repeat(63), "ü".repeat(50));
        let long_host = [label.as_str(); 4].join(".");
        let longest: String = long_host.chars().take(253).collect();
        for good in [&label, &other, &longest, "xn--bcher-kva.example"] {
            assert!(read(&format!("https://{good}/x?{}", "y".repeat(500))).is_ok(), "{good}");
        }
        for bad in ["a".repeat(64), "ü".repeat(60), "猫".repeat(2_700), long_host, "ü.".repeat(126)]
        {
            let url = format!("https://{bad}/x");
            assert_eq!(read(&url), Err(Refusal::Malformed), "{bad}");
            assert_eq!(
                read(&format!("https://u:p@{bad}:8443/x")),
                Err(Refusal::Malformed),
                "{bad}"
            );
            assert_eq!(SourcePolicy::parse(&bad).1, [bad]);
        }
    }

    #[test]
    fn a_host_is_written_as_it_is_meant() {
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
            assert_eq!(policy.check(url), Err(Refusal::Disguised), "{url}");
        }
        assert_eq!(policy.check("https://ｆａｌ.media/"), Err(Refusal::Host));
        for host in ["evil。fal.media", "fal\u{ad}.media", "xn--a.fal.media", "xn--abc-.fal.media"]
        {
            assert_eq!(
                policy.check(&format!("https://{host}/")),
                Err(Refusal::Malformed),
                "{host}"
            );
        }
        for url in ["https://@fal.media/", "https://:@fal.media/", "https://a%40b@fal.media/"] {
            assert_eq!(policy.check(url), Err(Refusal::Userinfo), "{url}");
        }
    }

    #[test]
    fn what_stands_around_a_url_and_in_its_path_is_repaired() {
        let pairs = [
            (" https://h/a.mp4\n", "https://h/a.mp4"),
            ("\u{feff}https://h/a\r\n", "https://h/a"),
            ("\u{0}\u{a0}https://h/a?b \t", "https://h/a?b"),
            ("https://h/my clip.mp4?a=b c#d e", "https://h/my%20clip.mp4?a=b%20c#d%20e"),
            ("https://h/a\n\tb\r.mp4", "https://h/ab.mp4"),
            ("https://h/a\u{a0}b\u{1}", "https://h/a%C2%A0b"),
            ("https://h/a\u{7f}\u{3000}b", "https://h/a%7F%E3%80%80b"),
            ("https://h/a\\b.mp4?c\\d", "https://h/a/b.mp4?c%5Cd"),
            ("https://h?a b", "https://h?a%20b"),
        ];
        for (written, meant) in pairs {
            assert_eq!(repaired(written), meant);
            let standard = Url::parse(written.trim_matches(['\u{feff}', '\u{a0}', '\u{0}']));
            let read = read(meant).unwrap();
            assert_eq!(standard.map(|url| url.path().to_owned()).as_deref(), Ok(read.path()));
        }
        for kept in ["https://h/a%20b?c+d", "https://h", "see https://h/a", ""] {
            assert!(matches!(repaired(kept), Cow::Borrowed(text) if text == kept));
        }
        for odd in [
            "https://fal.media\\@evil.example/ a",
            "https://fal.me\tdia/ a",
            "https://fal.media /a",
            "https://\nfal.media/a",
            "ht\ntps://fal.media/a",
            "https:/\t/fal.media/ a",
            "https:\\\\fal.media/ a",
        ] {
            assert_eq!(read(&repaired(odd)), Err(Refusal::Malformed), "{odd}");
        }
    }

    #[test]
    fn a_redirect_is_held_to_the_same_rules() {
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
            ("", Refusal::Malformed),
            ("http://b.fal.media/", Refusal::NotHttps),
            ("data:video/mp4,x", Refusal::NotHttps),
            ("//evil.example/", Refusal::Host),
            ("///evil.example/", Refusal::Malformed),
            ("///b.fal.media/", Refusal::Malformed),
            ("/\t/b.fal.media/", Refusal::Malformed),
            ("\\\\b.fal.media/", Refusal::Malformed),
            ("https:/b.fal.media/", Refusal::Malformed),
            ("https:x", Refusal::Malformed),
            ("https://", Refusal::Malformed),
            ("https://b.fal.media:8443/", Refusal::Port),
            ("//@b.fal.media/", Refusal::Userinfo),
            ("https://b.fal%2Emedia/", Refusal::Disguised),
            (" //evil.example/ ", Refusal::Host),
            ("https://169.254.169.254/", Refusal::Address),
        ];
        for (location, refusal) in astray {
            assert_eq!(policy.follow(&from, location), Err(refusal), "{location}");
        }
    }

    #[test]
    fn what_a_redirect_lacks_is_an_entry_that_allows_it() {
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
        assert_eq!(exact.check("http://127.0.0.1:9604/"), Err(Refusal::Port));
        assert_eq!(exact.check("http://localhost:9603/"), Err(Refusal::Host));
        let loose = policy("localhost, 127.0.0.1:9603");
        assert!(loose.check("http://localhost:1/").is_ok());
        assert!(loose.check("http://127.0.0.1:9603/").is_ok());
        let other = policy("http://files.internal:8080, cdn.example:8443");
        assert!(other.check("http://files.internal:8080/").is_ok());
        assert!(other.check("https://cdn.example:8443/").is_ok());
        assert_eq!(other.check("https://cdn.example/"), Err(Refusal::Port));
        assert_eq!(other.check("http://cdn.example:8443/"), Err(Refusal::NotHttps));
    }

    #[test]
    fn entries_that_are_none_are_named() {
        let (_, refused) =
            SourcePolicy::parse("a.example,,*.*.b, https://c/d, *.127.0.0.1, ftp://e");
        assert_eq!(refused, ["*.*.b", "https://c/d", "*.127.0.0.1", "ftp://e"]);
    }

    /// A parser would drop what is odd, and the port that ends in it with it.
    #[test]
    fn an_entry_is_a_host_and_nothing_more() {
        for odd in ["a#b", "a?b", "a:81#", ":p@a", "localhost:81\u{1}", "a\tb", "a\\"] {
            assert_eq!(SourcePolicy::parse(odd), (SourcePolicy(vec![]), vec![odd.to_owned()]));
        }
        let (_, refused) = SourcePolicy::parse("https://a:81/, *.b/, [::1]:81");
        assert_eq!(refused, Vec::<String>::new());
    }
}
