//! Reads URLs as the runtime's `fetch` would read them.
//!
//! A stranger writes a delivery, so a URL that could be read in two ways is
//! refused.

use idna::punycode;
use std::borrow::Cow;
use std::fmt;
use url::{Host, Url};

/// The longest URL that is considered, in bytes. Presigned ones have about
/// 1,000.
const MAX_URL_BYTES: usize = 8 * 1024;

/// The longest host name, in bytes (RFC 1035).
const MAX_HOST_BYTES: usize = 253;

/// The longest label of a host name, in bytes (RFC 1035).
const MAX_LABEL_BYTES: usize = 63;

/// Why a URL may not be fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UrlRefusal {
    /// Not an absolute URL that can be read without guessing.
    Malformed,
    /// A scheme other than https, for a host that is not listed with it.
    NotHttps,
    /// A name or password before the host.
    Userinfo,
    /// A port that is not listed.
    Port,
    /// An IP address that is not listed.
    Address,
    /// A host that is not in `ALLOWED_SOURCE_HOSTS`.
    Host,
    /// A host that becomes an allowed one only by decoding or mapping.
    Disguised,
}

impl fmt::Display for UrlRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "not a URL",
            Self::NotHttps => "not https",
            Self::Userinfo => "user name in URL",
            Self::Port => "port not allowed",
            Self::Address => "IP address not allowed",
            Self::Host => "host not allowed",
            Self::Disguised => "host not written plainly",
        })
    }
}

/// Repairs a text so that [`read`] accepts what the URL standard accepts. Trims
/// what surrounds the URL. In the path and query, drops tabs and line breaks
/// and encodes other white space. Repairs nothing in the scheme or the host.
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

/// Reads an absolute http or https URL. Refuses anything that a parser would
/// have to repair (spaces, tabs, backslashes, a missing slash).
///
/// # Errors
/// Returns [`UrlRefusal::Malformed`] or, for another scheme,
/// [`UrlRefusal::NotHttps`].
pub fn read(text: &str) -> Result<Url, UrlRefusal> {
    if text.len() > MAX_URL_BYTES || text.contains(is_odd) {
        return Err(UrlRefusal::Malformed);
    }
    let url = Url::parse(&in_ascii(text)?).map_err(|_| UrlRefusal::Malformed)?;
    let prefix = match url.scheme() {
        "https" => "https://",
        "http" => "http://",
        _ => return Err(UrlRefusal::NotHttps),
    };
    let written = text.get(..prefix.len()).unwrap_or_default();
    let exact = written.eq_ignore_ascii_case(prefix)
        && !text.get(prefix.len()..).unwrap_or_default().starts_with('/');
    if exact { Ok(url) } else { Err(UrlRefusal::Malformed) }
}

/// Returns the text with its host as DNS looks it up: each label that is not
/// ASCII is in lower case and Punycode (RFC 3492).
///
/// IDNA's other mappings (full-width letters, invisible ones, other dots) are
/// not applied: nobody's name needs them, and their tables are a tenth of the
/// Worker. A host that is too long is refused first, because Punycode takes
/// quadratic time.
pub(super) fn in_ascii(text: &str) -> Result<Cow<'_, str>, UrlRefusal> {
    let written = authority(text);
    if !is_short(written) {
        return Err(UrlRefusal::Malformed);
    }
    let is_punycode = |label: &str| label.get(..4).is_some_and(|p| p.eq_ignore_ascii_case("xn--"));
    if written.is_ascii() && !written.split('.').any(is_punycode) {
        return Ok(Cow::Borrowed(text));
    }
    let labels: Option<Vec<_>> = written.split('.').map(label_in_ascii).collect();
    let written_in_ascii = labels.ok_or(UrlRefusal::Malformed)?.join(".");
    if !is_short(&written_in_ascii) {
        return Err(UrlRefusal::Malformed);
    }
    Ok(Cow::Owned(text.replacen(written, &written_in_ascii, 1)))
}

/// Returns whether the host of an authority and each of its labels are short
/// enough for DNS. Counts characters, because an encoded name never has fewer
/// bytes.
fn is_short(authority: &str) -> bool {
    let host = authority.rsplit('@').next().unwrap_or_default();
    let name = host.split_once(':').map_or(host, |(name, _)| name);
    let name = name.strip_suffix('.').unwrap_or(name);
    let is_within = |text: &str, most: usize| text.chars().nth(most).is_none();
    is_within(name, MAX_HOST_BYTES)
        && name.split('.').all(|label| is_within(label, MAX_LABEL_BYTES))
}

/// Returns a label in ASCII; the last one keeps its port. Returns `None` if the
/// label is no name.
fn label_in_ascii(label: &str) -> Option<String> {
    let (name, port) = label.split_at(label.find(':').unwrap_or(label.len()));
    let name: String = name.chars().flat_map(char::to_lowercase).collect();
    let spelled = match name.strip_prefix("xn--") {
        Some(encoded) => punycode::decode_to_string(encoded)?,
        None if name.is_ascii() => return Some(label.to_owned()),
        None => name.clone(),
    };
    let encoded = format!("xn--{}", punycode::encode_str(&spelled)?);
    let is_name =
        !spelled.is_ascii() && spelled.chars().all(|c| c.is_ascii() || c.is_alphanumeric());
    // Punycode is accepted in its one canonical spelling only.
    let was_honest = !name.is_ascii() || name == encoded;
    (is_name && was_honest).then(|| encoded + port)
}

/// Returns a URL's host, with the port unless it is the scheme's default.
#[must_use]
pub fn host_of(url: &Url) -> String {
    match (url.host_str().unwrap_or_default(), url.port()) {
        (host, Some(port)) => format!("{host}:{port}"),
        (host, None) => host.to_owned(),
    }
}

/// Returns whether parsers drop or repair the character, and not all in the
/// same way.
pub(super) fn is_odd(c: char) -> bool {
    c.is_control() || c.is_whitespace() || c == '\\'
}

/// Returns the authority of a URL: what is between the slashes and the path.
pub(super) fn authority(text: &str) -> &str {
    let (_, rest) = text.split_once("://").unwrap_or_default();
    rest.split(['/', '?', '#']).next().unwrap_or_default()
}

/// Returns whether `written`, which may end with a port, is `host` except for
/// upper case and for labels in another script.
pub(super) fn is_plain(written: &str, host: &Host<&str>) -> bool {
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

pub(super) fn is_address<S>(host: &Host<S>) -> bool {
    !matches!(host, Host::Domain(_))
}

pub(super) fn is_loopback<S: AsRef<str>>(host: &Host<S>) -> bool {
    match host {
        Host::Domain(name) => name.as_ref() == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::file::source_policy::SourcePolicy;

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
    fn white_space_around_a_url_and_in_its_path_is_repaired() {
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
            assert_eq!(read(&repaired(odd)), Err(UrlRefusal::Malformed), "{odd}");
        }
    }

    #[test]
    fn a_host_that_is_too_long_for_dns_is_refused() {
        let (label, other) = ("a".repeat(63), "ü".repeat(50));
        let long_host = [label.as_str(); 4].join(".");
        let longest: String = long_host.chars().take(253).collect();
        for good in [&label, &other, &longest, "xn--bcher-kva.example"] {
            assert!(read(&format!("https://{good}/x?{}", "y".repeat(500))).is_ok(), "{good}");
        }
        for bad in ["a".repeat(64), "ü".repeat(60), "猫".repeat(2_700), long_host, "ü.".repeat(126)]
        {
            let url = format!("https://{bad}/x");
            assert_eq!(read(&url), Err(UrlRefusal::Malformed), "{bad}");
            assert_eq!(
                read(&format!("https://u:p@{bad}:8443/x")),
                Err(UrlRefusal::Malformed),
                "{bad}"
            );
            assert_eq!(SourcePolicy::parse(&bad).1, [bad]);
        }
    }
}
