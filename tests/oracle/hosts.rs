//! Reads the host of a URL, and whether a list allows it, by hand after RFC
//! 3986, with what the WHATWG standard adds to hosts.

use hookvault::domain::file::source_policy::SourcePolicy;
use hookvault::domain::file::strict_url;
use std::net::{Ipv4Addr, Ipv6Addr};
use url::Url;

/// The scheme, host and port that a URL leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub scheme: String,
    pub host: String,
    pub port: u16,
}

/// Checks that an accepted URL leads to a host that the list allows, read by
/// hand too. The same holds for a URL that is accepted once it is repaired.
pub fn check(list: &str, url: &str) {
    check_written(list, url);
    let repaired = strict_url::repaired(url);
    assert_eq!(strict_url::repaired(&repaired), repaired, "{url:?} is repaired");
    check_written(list, &repaired);
    if let Ok(strict) = SourcePolicy::parse(list).0.check(url) {
        assert_eq!(strict_url::read(&repaired), Ok(strict), "{url:?} needs no repair");
    }
}

/// Hosts beyond ASCII need another oracle, because reading them takes tables.
fn check_written(list: &str, url: &str) {
    let (policy, refused) = SourcePolicy::parse(list);
    let entries = list.split(',').map(str::trim).filter(|entry| !entry.is_empty());
    assert!(refused.iter().all(|entry| entries.clone().any(|written| written == entry)));
    let Ok(read) = policy.check(url) else { return };
    assert!(read.username().is_empty() && read.password().is_none(), "{read}");
    assert_eq!(policy.check(read.as_str()).as_ref(), Ok(&read), "as it is fetched");
    if !list.is_ascii() {
        return;
    }
    let Some(place) = place(url) else { return };
    assert_eq!(Some(place.host.as_str()), read.host_str(), "{url}");
    assert_eq!(Some(place.port), read.port_or_known_default(), "{url}");
    let written = url.split("://").nth(1).unwrap_or_default().to_ascii_lowercase();
    assert!(written.starts_with(&place.host), "plainly written: {url}");
    assert!(entries.clone().any(|entry| allows(entry, &place)), "{list:?} allows {place:?}");
}

/// Checks that the accepted target of a redirect is also accepted as a URL of
/// its own. Returns both URLs.
pub fn check_redirect(list: &str, from: &str, location: &str) -> Option<(Url, Url)> {
    let policy = SourcePolicy::parse(list).0;
    let from = policy.check(from).ok()?;
    let hop = policy.follow(&from, location).ok()?;
    check(list, hop.as_str());
    assert_eq!(policy.check(hop.as_str()).as_ref(), Ok(&hop), "from {from}: {location:?}");
    Some((from, hop))
}

/// Reads a URL; `None` if it has another scheme, none, or a host beyond ASCII.
pub fn place(url: &str) -> Option<Place> {
    let (scheme, rest) = url.split_once("://")?;
    let scheme = scheme.to_ascii_lowercase();
    let standard = match scheme.as_str() {
        "https" => 443,
        "http" => 80,
        _ => return None,
    };
    let authority = rest.split(['/', '?', '#']).next()?;
    let server = authority.rsplit_once('@').map_or(authority, |(_, server)| server);
    let (name, port) = match server.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') => (name, port),
        _ => (server, ""),
    };
    let port = if port.is_empty() { standard } else { port.parse().ok()? };
    Some(Place { scheme, host: host(name)?, port })
}

fn host(written: &str) -> Option<String> {
    if let Some(address) = written.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return address.parse().ok().map(bracketed);
    }
    let name = String::from_utf8(unescaped(written.as_bytes())).ok()?;
    let name = name.is_ascii().then(|| name.to_ascii_lowercase())?;
    let labels = name.strip_suffix('.').unwrap_or(&name);
    let last = labels.rsplit('.').next()?;
    let is_number = last.bytes().all(|b| b.is_ascii_digit()) || number(last).is_some();
    if is_number && !last.is_empty() { ipv4(labels) } else { Some(name) }
}

/// Writes an address as the WHATWG standard does: an embedded IPv4 address in
/// hex too.
fn bracketed(address: Ipv6Addr) -> String {
    let Some(embedded) = address.to_ipv4_mapped() else { return format!("[{address}]") };
    let [a, b, c, d] = embedded.octets();
    format!("[::ffff:{:x}:{:x}]", u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]))
}

/// Reads `127.1`, `0x7f000001` and the like as `inet_aton` does.
fn ipv4(labels: &str) -> Option<String> {
    let parts: Vec<u64> = labels.split('.').map(number).collect::<Option<_>>()?;
    let (last, first) = parts.split_last()?;
    if first.len() > 3 || first.iter().any(|part| *part > 255) {
        return None;
    }
    let room = 256_u64.pow(4 - u32::try_from(first.len()).ok()?);
    let high = first.iter().zip([24, 16, 8]).map(|(part, bits)| part << bits).sum::<u64>();
    let whole = (*last < room).then_some(high + last)?;
    u32::try_from(whole).ok().map(|bits| Ipv4Addr::from(bits).to_string())
}

fn number(text: &str) -> Option<u64> {
    let (digits, radix) = match text.strip_prefix("0x") {
        Some(hex) => (hex, 16),
        None if text.len() > 1 && text.starts_with('0') => (&text[1..], 8),
        None => (text, 10),
    };
    let is_plain = digits.bytes().all(|b| b.is_ascii_alphanumeric());
    if digits.is_empty() && !text.is_empty() {
        return Some(0);
    }
    u64::from_str_radix(digits, radix).ok().filter(|_| is_plain)
}

fn unescaped(bytes: &[u8]) -> Vec<u8> {
    let hex = |b: u8| char::from(b).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    match bytes {
        [] => Vec::new(),
        [b'%', high, low, rest @ ..] if hex(*high).is_some() && hex(*low).is_some() => {
            let byte = hex(*high).unwrap_or(0) * 16 + hex(*low).unwrap_or(0);
            [vec![byte], unescaped(rest)].concat()
        }
        [first, rest @ ..] => [vec![*first], unescaped(rest)].concat(),
    }
}

/// Returns whether an entry of the list, such as `http://*.a.example:81`,
/// allows the URL.
fn allows(entry: &str, place: &Place) -> bool {
    let (is_plain, rest) = match entry.strip_prefix("http://") {
        Some(rest) => (true, rest),
        None => (false, entry.strip_prefix("https://").unwrap_or(entry)),
    };
    let (is_wild, rest) = rest.strip_prefix("*.").map_or((false, rest), |rest| (true, rest));
    let name = rest.trim_end_matches('/');
    let odd = |c: char| c.is_ascii_control() || " /\\?#@*".contains(c);
    let Some(listed) = self::place(&format!("http://{name}")).filter(|_| !name.contains(odd))
    else {
        return false;
    };
    let suffix = format!(".{}", listed.host);
    let is_named = if is_wild {
        place.host.len() > suffix.len() && place.host.ends_with(&suffix)
    } else {
        place.host == listed.host
    };
    let is_local = listed.host == "localhost"
        || listed.host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
        || listed.host == "[::1]";
    let has_port = name.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    let is_scheme = if place.scheme == "http" { is_plain || is_local } else { !is_plain };
    let usual = if is_plain { 80 } else { 443 };
    is_named
        && is_scheme
        && if has_port { place.port == listed.port } else { is_local || place.port == usual }
}
