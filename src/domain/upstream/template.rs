//! The URL of a job's result, and the reasons why the upstream can't be asked.

use crate::domain::access::redact::secrets::SENDER_KEYS;
use crate::domain::file::strict_url;
use crate::domain::names;
use std::borrow::Cow;
use std::fmt;
use url::{Host, Url};

/// A URL with the placeholders `{app}` and `{id}`. `{app:2}` is the first
/// two segments of the application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(pub(super) String);

/// Why the upstream can't be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CantAsk {
    /// Only the reference of the job is known.
    NoId,
    /// The URL needs the application, which is unknown.
    NoApp,
    /// The application can't be part of a URL.
    BadApp,
    /// The id can't be part of a URL.
    BadId,
    /// The secret of this name is not set.
    NoKey(&'static str),
    /// The variable of this name is invalid.
    BadUrl(&'static str),
    /// The provider has no URL to ask.
    NoUpstream,
    /// The file is not one of this upstream.
    OtherFile,
    /// The upstream was asked for too long without success.
    Exhausted,
}

impl CantAsk {
    /// Returns the reason in words, for the record.
    #[must_use]
    pub fn why(self) -> &'static str {
        match self {
            Self::NoId => "the job's id is unknown",
            Self::NoApp => {
                "the job's application is unknown; add ?app=… to the webhook's URL, or import the \
                 job with POST /jobs"
            }
            Self::BadApp => "the job's application can't be part of a URL",
            Self::BadId => "the job's id can't be part of a URL",
            Self::NoKey("UPSTREAM_FAL_KEY") => {
                "neither UPSTREAM_FAL_KEY nor UPSTREAM_API_KEY is set"
            }
            Self::NoKey(SENDER_KEYS) => "SENDER_KEYS has no key of the job's sender",
            Self::NoKey("FAL_KEY") => "FAL_KEY is not set",
            Self::NoKey(_) => "UPSTREAM_API_KEY is not set",
            Self::BadUrl("UPSTREAM_FAL_URL") => "UPSTREAM_FAL_URL is invalid",
            Self::BadUrl(_) => "UPSTREAM_QUEUE_URL is invalid",
            Self::NoUpstream => "RESULT_URL is not set, and the job's provider has no queue",
            Self::OtherFile => "the file is not in the upstream's bucket",
            Self::Exhausted => "the upstream was asked for a day without success",
        }
    }
}

impl fmt::Display for CantAsk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.why())
    }
}

impl Template {
    /// Reads a template: a URL that may be asked, with `{id}` in it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::of_row(text).filter(|_| text.contains("{id}"))
    }

    /// Reads a template that may be without `{id}`.
    #[must_use]
    pub fn of_row(text: &str) -> Option<Self> {
        let template = Self(text.to_owned());
        let [one, other] = ["a", "b"].map(|probe| template.fill(Some(probe), probe).ok());
        let (one, other) = (one?, other?);
        // The placeholders must not decide the origin that is asked.
        (one.origin() == other.origin() && is_askable(&one)).then_some(template)
    }

    pub(super) fn fill(&self, app: Option<&str>, id: &str) -> Result<Url, CantAsk> {
        let app = match app {
            Some(app) => encode_app(app).ok_or(CantAsk::BadApp)?,
            None if self.0.contains("{app") => return Err(CantAsk::NoApp),
            None => String::new(),
        };
        let id = in_path(id)?;
        let two = app.match_indices('/').nth(1).and_then(|(end, _)| app.get(..end));
        let text = self.0.replace("{app:2}", two.unwrap_or(&app));
        let text = text.replace("{app}", &app).replace("{id}", &id);
        strict_url::read(&text).map_err(|_| CantAsk::BadApp)
    }

    /// Returns the URL without placeholders, whose origin alone is of use.
    pub(super) fn probe(&self) -> Option<Url> {
        self.fill(Some("a"), "a").ok()
    }
}

/// Returns whether a key may be sent to an operator's URL: `https`, or any
/// scheme on this machine for development.
#[must_use]
pub fn is_askable(url: &Url) -> bool {
    let is_local = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    let is_bare = url.username().is_empty() && url.password().is_none();
    is_bare && (url.scheme() == "https" || is_local)
}

pub(super) fn bare(url: &Url) -> &str {
    url.as_str().trim_end_matches('/')
}

/// Returns the id as its sender writes it, as a part of a path. Its slashes
/// stay, and no segment leads out of the path.
fn in_path(id: &str) -> Result<Cow<'_, str>, CantAsk> {
    let written = match names::sender_id(id) {
        Cow::Borrowed(plain) => return Ok(Cow::Borrowed(plain)),
        Cow::Owned(written) => written,
    };
    let is_inside = !written.starts_with('/') && !written.ends_with('/');
    let encoded = encode_app(&written).filter(|_| is_inside);
    encoded.map(Cow::Owned).ok_or(CantAsk::BadId)
}

/// Returns the application as a part of a path. `owner/model` stays two
/// segments, and no character in it can end the path or leave it.
pub(crate) fn encode_app(app: &str) -> Option<String> {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'~');
    let encode = |b: u8| if is_plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") };
    let mut segments = Vec::new();
    for segment in app.trim_matches('/').split('/') {
        if segment.is_empty() || segment.bytes().all(|b| b == b'.') {
            return None;
        }
        segments.push(segment.bytes().map(encode).collect::<String>());
    }
    Some(segments.join("/"))
}

/// Returns fal.ai's application without the endpoint to which a job was
/// submitted. Requests in fal.ai's queue are below the owner and the
/// application alone; for two namespaces, the namespace comes first.
pub(super) fn without_endpoint(app: &str) -> &str {
    let app = app.trim_matches('/');
    let parts =
        if ["workflows/", "comfy/"].iter().any(|name| app.starts_with(name)) { 3 } else { 2 };
    let end = app.match_indices('/').nth(parts - 1).map(|(at, _)| at);
    end.and_then(|at| app.get(..at)).unwrap_or(app)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_is_as_its_sender_writes_it() {
        let template = Template::parse("https://r.example/v1/{id}?x=1").unwrap();
        let at = |id: &str| template.fill(None, id).map(|url| url.to_string());
        for (id, path) in [
            ("437852", "437852"),
            ("a:b", "a:b"),
            ("models~2Fveo-3.1~2Foperations~2Fa~3F", "models/veo-3.1/operations/a%3F"),
            ("a~7Eb", "a~b"),
            ("a~252Fb", "a%252Fb"),
        ] {
            assert_eq!(at(id), Ok(format!("https://r.example/v1/{path}?x=1")), "{id}");
        }
        for id in ["..~2Fx", "a~2F..~2F..~2Fb", "a~2F~2Fb", "~2Fa", "a~2F", "a~2F."] {
            assert_eq!(at(id), Err(CantAsk::BadId), "{id}");
        }
    }
}
