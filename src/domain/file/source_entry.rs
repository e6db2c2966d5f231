//! One entry of a list of hosts.

use super::strict_url::{in_ascii, is_address, is_loopback};
use std::fmt;
use url::{Host, Url};

/// One entry: `host`, `*.host`, `host:port`, or one of these after `http://`.
///
/// A listed loopback host may be fetched by plain http, and on any port if the
/// entry has none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    host: String,
    any_subdomain: bool,
    port: Option<u16>,
    plain_http: bool,
    loopback: bool,
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
    pub(super) fn parse(text: &str) -> Option<Self> {
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
        // The port is read from the text, because a URL drops the default port.
        let port = name.rsplit_once(':').and_then(|(_, port)| port.parse().ok());
        (!(any_subdomain && is_address(&host))).then(|| Self {
            loopback: is_loopback(&host),
            host: host.to_string(),
            any_subdomain,
            port,
            plain_http,
        })
    }

    /// Returns whether the entry is an address or a loopback host, or allows
    /// plain http.
    pub(super) fn is_local(&self) -> bool {
        let is_address = Host::parse(&self.host).is_ok_and(|host| match &host {
            Host::Domain(name) => is_address(&Host::Domain(name.as_str())),
            Host::Ipv4(_) | Host::Ipv6(_) => true,
        });
        self.loopback || self.plain_http || is_address
    }

    pub(super) fn names(&self, host: &Host<&str>) -> bool {
        let host = host.to_string();
        if !self.any_subdomain {
            return host == self.host;
        }
        host.strip_suffix(&self.host)
            .and_then(|labels| labels.strip_suffix('.'))
            .is_some_and(|labels| labels.split('.').all(|label| !label.is_empty()))
    }

    pub(super) fn allows_scheme(&self, url: &Url) -> bool {
        if url.scheme() == "https" {
            return !self.plain_http;
        }
        self.plain_http || self.loopback
    }

    pub(super) fn allows_port(&self, url: &Url) -> bool {
        match (self.port, url.port_or_known_default()) {
            (Some(listed), actual) => actual == Some(listed),
            (None, _) if self.loopback => true,
            (None, actual) => actual == Some(if self.plain_http { 80 } else { 443 }),
        }
    }
}
