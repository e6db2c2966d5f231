//! The web pages that may read responses: the CORS protocol of the Fetch
//! standard.
//!
//! No cookie gives access here. So an allowed page can read only what its own
//! token or link gives access to.

use super::headers::Headers;
use crate::domain::file::strict_url;

/// How long a browser may cache a preflight, in seconds. No browser caches it
/// for longer.
const MAX_AGE: &str = "86400";
/// The most header names that a preflight allows, and the longest name in
/// bytes.
const MAX_NAMES: usize = 50;
const MAX_NAME_BYTES: usize = 100;

/// The response headers that pages may read, beyond those that they always may.
const EXPOSED: &str = "content-range, content-length, etag, last-modified, accept-ranges, \
                       content-disposition, retry-after, location, x-hookvault-job, \
                       x-hookvault-file, x-hookvault-source, x-fal-request-id";

/// `CORS_ORIGINS`: the pages that may read responses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Origins {
    /// No pages but the vault's own.
    #[default]
    None,
    /// All pages.
    Any,
    /// The pages of these origins: scheme, host, and port unless it is the
    /// default.
    Listed(Vec<String>),
}

impl Origins {
    /// Reads a comma-separated list of origins, or `*`. The second value
    /// contains the entries that are not origins.
    #[must_use]
    pub fn parse(list: &str) -> (Self, Vec<String>) {
        let (mut origins, mut refused) = (Vec::new(), Vec::new());
        for text in list.split(',').map(str::trim).filter(|text| !text.is_empty()) {
            match read(text) {
                Some(origin) => origins.push(origin),
                None => refused.push(text.to_owned()),
            }
        }
        if origins.iter().any(|origin| origin == "*") {
            return (Self::Any, refused);
        }
        (if origins.is_empty() { Self::None } else { Self::Listed(origins) }, refused)
    }

    /// Returns the CORS headers of every response to the page at `origin`.
    #[must_use]
    pub fn headers(&self, origin: Option<&str>) -> Headers {
        let allowed = match self {
            Self::None => return Vec::new(),
            Self::Any => Some("*"),
            Self::Listed(list) => {
                list.iter().map(String::as_str).find(|known| origin == Some(known))
            }
        };
        let mut headers = Vec::new();
        if let Self::Listed(_) = self {
            headers.push(("vary", "Origin".to_owned()));
        }
        if let Some(allowed) = allowed {
            headers.push(("access-control-allow-origin", allowed.to_owned()));
            headers.push(("access-control-expose-headers", EXPOSED.to_owned()));
        }
        headers
    }

    /// Returns further headers for a preflight: the methods of its route, and
    /// the request headers that it asks for in `names`.
    #[must_use]
    pub fn preflight(&self, origin: Option<&str>, methods: &str, names: &str) -> Headers {
        if !self.headers(origin).iter().any(|(name, _)| *name == "access-control-allow-origin") {
            return Vec::new();
        }
        let mut headers = vec![
            ("access-control-allow-methods", methods.to_owned()),
            ("access-control-max-age", MAX_AGE.to_owned()),
        ];
        let granted = granted(names);
        if !granted.is_empty() {
            headers.push(("access-control-allow-headers", granted));
        }
        headers
    }
}

/// Reads an entry as browsers write it in `Origin`; a slash at the end is
/// allowed.
fn read(text: &str) -> Option<String> {
    if text == "*" {
        return Some(text.to_owned());
    }
    let url = strict_url::read(text).ok()?;
    let origin = url.origin().ascii_serialization();
    // Browsers never send a star in `Origin`, so such an entry would match
    // nothing.
    let is_one = format!("{origin}/") == url.as_str() && !origin.contains('*');
    is_one.then_some(origin)
}

/// Returns the requested names that are valid header names. Allowing any of
/// them is safe, because the Worker ignores headers that it does not know.
fn granted(names: &str) -> String {
    let is_name = |name: &&str| {
        (1..=MAX_NAME_BYTES).contains(&name.len())
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
    };
    let names = names.split(',').map(str::trim).filter(is_name).take(MAX_NAMES);
    names.map(str::to_ascii_lowercase).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(origins: &[&str]) -> Origins {
        Origins::Listed(origins.iter().map(|origin| (*origin).to_owned()).collect())
    }

    #[test]
    fn entries_are_origins() {
        let list = "https://App.example, http://localhost:5173/,https://a.example:443,";
        let want = listed(&["https://app.example", "http://localhost:5173", "https://a.example"]);
        assert_eq!(Origins::parse(list), (want, vec![]));
        assert_eq!(Origins::parse(" , "), (Origins::None, vec![]));
        assert_eq!(Origins::parse("https://a.example, *").0, Origins::Any);
        for odd in [
            "app.example",
            "null",
            "https://a.example/x",
            "https://a.example?x",
            "https://u@a.example",
            "https://*.example",
            "ftp://a.example",
            "https:// a.example",
            "**",
        ] {
            assert_eq!(Origins::parse(odd), (Origins::None, vec![odd.to_owned()]), "{odd}");
        }
    }

    fn names(headers: &Headers) -> Vec<&'static str> {
        headers.iter().map(|(name, _)| *name).collect()
    }

    #[test]
    fn only_a_listed_page_is_allowed() {
        let some = listed(&["https://a.example", "https://b.example"]);
        let open = ["vary", "access-control-allow-origin", "access-control-expose-headers"];
        let headers = some.headers(Some("https://b.example"));
        assert_eq!(names(&headers), open);
        assert_eq!(headers.get(1).map(|(_, value)| value.as_str()), Some("https://b.example"));
        for origin in [None, Some("https://c.example"), Some("null"), Some("https://b.example.c")] {
            assert_eq!(names(&some.headers(origin)), ["vary"], "{origin:?}");
            assert_eq!(some.preflight(origin, "GET", "range"), vec![], "{origin:?}");
        }
        assert_eq!(Origins::None.headers(Some("https://a.example")), vec![]);
        for origin in [None, Some("https://c.example"), Some("null")] {
            let headers = Origins::Any.headers(origin);
            assert_eq!(names(&headers), open.get(1..).unwrap_or_default());
            assert_eq!(headers.first().map(|(_, value)| value.as_str()), Some("*"));
        }
    }

    #[test]
    fn a_preflight_is_granted_all_valid_headers() {
        let granted = |asked: &str| {
            let headers = Origins::Any.preflight(Some("https://a.example"), "GET, HEAD", asked);
            let named = |name| headers.iter().find(|(key, _)| *key == name).map(|(_, v)| v.clone());
            assert_eq!(named("access-control-allow-methods").as_deref(), Some("GET, HEAD"));
            named("access-control-allow-headers")
        };
        let asked = "Authorization,x-fal-queue-priority , range";
        assert_eq!(granted(asked).as_deref(), Some("authorization, x-fal-queue-priority, range"));
        assert_eq!(granted("a b,c:d,\"e\",é,*"), None);
        assert_eq!(granted(""), None);
        assert_eq!(granted(&"x,".repeat(1_000)).map(|names| names.matches('x').count()), Some(50));
    }
}
