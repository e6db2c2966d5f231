//! The HTTP surface on one screen.

use crate::domain::access::ticket::Scope;
use crate::domain::gateway::Queue;
use crate::domain::gateway::call::Call;
use crate::domain::names::ObjectName;

/// The query parameters that take a list: with commas, given again, or both.
pub const LISTS: [&str; 2] = ["status", "archive"];

/// Where a request goes. Job names in paths are decoded and valid; the token
/// and the reference of a hook are not checked here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// `POST /hook[/{token}[/{ref}]]`: a delivery.
    Hook {
        /// The token in the path; in the `Authorization` header if `None`.
        token: Option<String>,
        /// The caller's reference.
        reference: Option<String>,
    },
    /// `GET /jobs`: the newest jobs.
    Jobs,
    /// `POST /jobs`: imports jobs.
    Import,
    /// `GET /jobs/{id}`: the record.
    Job(ObjectName),
    /// `DELETE /jobs/{id}`: deletes the job.
    Delete(ObjectName),
    /// `POST /jobs/{id}/archive`: copies again.
    Archive(ObjectName),
    /// `POST /jobs/{id}/links`: makes new links to the files.
    Links(ObjectName),
    /// `POST /jobs/{id}/handoff`: hands on again.
    HandOff(ObjectName),
    /// `GET /jobs/{id}/result`: the upstream's result.
    Result(ObjectName),
    /// `GET /jobs/{id}/events`: the timeline.
    Events(ObjectName),
    /// `GET /jobs/{id}/events/{n}/body`: a delivery as it came.
    EventBody(ObjectName, u32),
    /// `GET|HEAD /files/{id}/{nonce}/{n}[-{name}]`: a file.
    File {
        /// The job.
        job: ObjectName,
        /// The right to read its files.
        nonce: String,
        /// The file's number.
        n: u32,
        /// Its name, unless the link is the short form.
        name: Option<String>,
    },
    /// `GET /unmatched`: deliveries of no known job.
    Unmatched,
    /// `GET /unmatched/{key}`: such a delivery as it came.
    UnmatchedBody(String),
    /// `POST /unmatched/{key}?job={id}`: delivers it to a job.
    Assign(String),
    /// `DELETE /unmatched/{key}`: drops it.
    DropUnmatched(String),
    /// `GET /live`: the live feed.
    Live,
    /// `POST /archive`: copies again for many jobs.
    ArchiveMany,
    /// `GET /metrics`: for Prometheus.
    Metrics,
    /// `GET /stats`: how many jobs there are.
    Stats,
    /// `GET /export`: all records.
    Export,
    /// `GET /refused`: deliveries that were refused.
    Refused,
    /// `GET /doctor`: what is wrong, and what mends it.
    Doctor,
    /// `POST /restore`: rebuilds everything from the bucket.
    Restore,
    /// `POST /tickets`: makes a short-lived right.
    Tickets,
    /// `GET /whoami`: what the caller's token may do.
    WhoAmI,
    /// `ANY /queue/…`, `/fal/queue/…`: the upstream's own routes.
    Gateway(Call),
    /// `ANY /fal/proxy[/t_{ticket}]`: fal.ai's server proxy.
    Proxy {
        /// The ticket in the path.
        ticket: Option<String>,
    },
    /// `GET /healthz`: the Worker runs.
    Health,
    /// `GET /`: what this is, where no dashboard is deployed that answers first.
    Home,
    /// `OPTIONS` of any path above, which has these methods.
    Options(&'static str),
}

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everyone.
    Open,
    /// Who knows a hook token; the delivery itself is looked at for it.
    Hook,
    /// Who knows the link, whose nonce is the right.
    Link,
    /// Who may read: the API token, the read token, a ticket of its scope.
    Read,
    /// Who holds the API token or a ticket for the proxy, which is looked at
    /// there: it says more than yes.
    Proxy,
    /// Who holds the API token.
    Api,
}

impl Route {
    /// Who may use it.
    #[must_use]
    pub const fn access(&self) -> Access {
        match self {
            Self::Health | Self::Home | Self::Options(_) => Access::Open,
            Self::Hook { .. } => Access::Hook,
            Self::File { .. } => Access::Link,
            Self::Proxy { .. } => Access::Proxy,
            Self::Import
            | Self::Gateway(_)
            | Self::Delete(_)
            | Self::Archive(_)
            | Self::HandOff(_)
            | Self::Links(_)
            | Self::Assign(_)
            | Self::DropUnmatched(_)
            | Self::ArchiveMany
            | Self::Tickets
            | Self::Restore => Access::Api,
            Self::Jobs
            | Self::Job(_)
            | Self::Result(_)
            | Self::Events(_)
            | Self::EventBody(..)
            | Self::Live
            | Self::Metrics
            | Self::Stats
            | Self::Export
            | Self::Refused
            | Self::Doctor
            | Self::WhoAmI
            | Self::Unmatched
            | Self::UnmatchedBody(_) => Access::Read,
        }
    }

    /// The scope of the tickets that open it, if any do.
    #[must_use]
    pub fn scope(&self) -> Option<Scope> {
        match self {
            Self::Job(name)
            | Self::Result(name)
            | Self::Events(name)
            | Self::EventBody(name, _) => Some(Scope::Job(name.clone())),
            Self::Live => Some(Scope::Live),
            _ => None,
        }
    }

    /// The query parameters that it takes beside a ticket; `None` where others
    /// do no harm: no delivery and no file is refused for its query.
    #[must_use]
    pub const fn parameters(&self) -> Option<&'static [&'static str]> {
        Some(match self {
            Self::Hook { .. }
            | Self::File { .. }
            | Self::Gateway(_)
            | Self::Proxy { .. }
            | Self::Health
            | Self::Home
            | Self::Options(_) => return None,
            Self::Jobs => &[
                "status", "archive", "queue", "app", "tag", "q", "since", "until", "limit",
                "cursor",
            ],
            Self::Job(_) | Self::Result(_) => &["wait", "version", "for"],
            Self::Events(_) => &["after", "limit"],
            Self::Unmatched | Self::Restore => &["limit", "cursor"],
            Self::Assign(_) => &["job", "create"],
            Self::Live => &["after"],
            Self::ArchiveMany => &["archive", "since", "until", "tag", "app", "limit", "cursor"],
            Self::Export => &["tag", "since", "format"],
            Self::Import
            | Self::Delete(_)
            | Self::Archive(_)
            | Self::Links(_)
            | Self::HandOff(_)
            | Self::EventBody(..)
            | Self::UnmatchedBody(_)
            | Self::DropUnmatched(_)
            | Self::Metrics
            | Self::Stats
            | Self::Refused
            | Self::Doctor
            | Self::WhoAmI
            | Self::Tickets => &[],
        })
    }
}

/// Why a path is no route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// No such path.
    NotFound,
    /// The path has other methods.
    MethodNotAllowed(&'static str),
    /// `/jobs/{x}` where `x` can be no id.
    BadName(String),
}

/// Finds the route of a request by its path, still percent-encoded.
///
/// # Errors
/// [`Refused`] says why there is none.
pub fn route(method: &str, path: &str) -> Result<Route, Refused> {
    let parts: Vec<String> = path.trim_start_matches('/').split('/').map(decode).collect();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let parts = match parts.as_slice() {
        [rest @ .., ""] if !rest.is_empty() => rest,
        all => all,
    };
    if method == "OPTIONS" {
        return options(parts);
    }
    let route = match (find(parts)?, method) {
        (Route::Jobs, "POST") => Route::Import,
        (Route::Job(name), "DELETE") => Route::Delete(name),
        (Route::UnmatchedBody(key), "POST") => Route::Assign(key),
        (Route::UnmatchedBody(key), "DELETE") => Route::DropUnmatched(key),
        (route, _) => route,
    };
    let allowed = allowed(&route);
    if allowed.split(", ").any(|known| known == method) {
        Ok(route)
    } else {
        Err(Refused::MethodNotAllowed(allowed))
    }
}

/// A browser asks without a token before it asks with one: which names can be
/// a job's is not told here.
fn options(parts: &[&str]) -> Result<Route, Refused> {
    let found = match (find(parts), parts) {
        (Err(Refused::BadName(_)), [first, _, rest @ ..]) => find(&[&[first, "x"], rest].concat()),
        (found, _) => found,
    };
    found.map(|route| Route::Options(allowed(&route)))
}

fn find(parts: &[&str]) -> Result<Route, Refused> {
    Ok(match *parts {
        [""] => Route::Home,
        ["healthz"] => Route::Health,
        ["hook"] => Route::Hook { token: None, reference: None },
        ["hook", token] => Route::Hook { token: Some(token.to_owned()), reference: None },
        // More parts are no valid reference, but the delivery must be kept.
        ["hook", token, ref reference @ ..] => {
            Route::Hook { token: Some(token.to_owned()), reference: Some(reference.join("/")) }
        }
        ["jobs"] => Route::Jobs,
        ["jobs", job] => Route::Job(name(job)?),
        ["jobs", job, "archive"] => Route::Archive(name(job)?),
        ["jobs", job, "handoff"] => Route::HandOff(name(job)?),
        ["jobs", job, "links"] => Route::Links(name(job)?),
        ["jobs", job, "result"] => Route::Result(name(job)?),
        ["jobs", job, "events"] => Route::Events(name(job)?),
        ["jobs", job, "events", n, "body"] => Route::EventBody(name(job)?, number(n)?),
        ["files", job, nonce, file] => {
            let (n, name) = match file.split_once('-') {
                Some((n, name)) => (n, Some(name.to_owned())),
                None => (file, None),
            };
            Route::File {
                job: ObjectName::from_public(job).ok_or(Refused::NotFound)?,
                nonce: Some(nonce)
                    .filter(|nonce| is_nonce(nonce))
                    .ok_or(Refused::NotFound)?
                    .to_owned(),
                n: number(n)?,
                name,
            }
        }
        ["unmatched"] => Route::Unmatched,
        ["unmatched", key] => Route::UnmatchedBody(key.to_owned()),
        ["queue", ref rest @ ..] => gateway(Queue::Batch, rest)?,
        ["fal", "queue", ref rest @ ..] => gateway(Queue::Fal, rest)?,
        ["fal", "proxy"] => Route::Proxy { ticket: None },
        ["fal", "proxy", ticket] => {
            let ticket = ticket.strip_prefix("t_").ok_or(Refused::NotFound)?;
            Route::Proxy { ticket: Some(ticket.to_owned()) }
        }
        ["tickets"] => Route::Tickets,
        ["whoami"] => Route::WhoAmI,
        ["live"] => Route::Live,
        ["archive"] => Route::ArchiveMany,
        ["metrics"] => Route::Metrics,
        ["stats"] => Route::Stats,
        ["export"] => Route::Export,
        ["refused"] => Route::Refused,
        ["doctor"] => Route::Doctor,
        ["restore"] => Route::Restore,
        _ => return Err(Refused::NotFound),
    })
}

/// Whether a path is the gateway's, whose callers are clients of the queues.
#[must_use]
pub fn is_gateway(path: &str) -> bool {
    matches!(first(path).as_str(), "queue" | "fal")
}

/// Whether a path is the hook's, in any spelling: senders put a slash too many
/// between the origin and the path, and encode what needs no encoding.
#[must_use]
pub fn is_hook(path: &str) -> bool {
    first(path) == "hook"
}

fn first(path: &str) -> String {
    decode(path.trim_start_matches('/').split('/').next().unwrap_or_default())
}

fn gateway(queue: Queue, rest: &[&str]) -> Result<Route, Refused> {
    Call::parse(queue, rest).map(Route::Gateway).ok_or(Refused::NotFound)
}

/// 128 bits in hex; what is none reaches no object.
fn is_nonce(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// A number in its one way of writing: no `+0`, no `00`.
fn number(text: &str) -> Result<u32, Refused> {
    let number: u32 = text.parse().map_err(|_| Refused::NotFound)?;
    if number.to_string() == text { Ok(number) } else { Err(Refused::NotFound) }
}

fn name(text: &str) -> Result<ObjectName, Refused> {
    ObjectName::from_public(text).ok_or_else(|| Refused::BadName(text.chars().take(80).collect()))
}

fn allowed(route: &Route) -> &'static str {
    match route {
        Route::Hook { .. }
        | Route::Archive(_)
        | Route::Links(_)
        | Route::HandOff(_)
        | Route::ArchiveMany
        | Route::Tickets
        | Route::Restore => "POST, OPTIONS",
        Route::Gateway(call) => call.allowed(),
        Route::Proxy { .. } => "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS",
        Route::Jobs | Route::Import => "GET, HEAD, POST, OPTIONS",
        Route::Job(_) | Route::Delete(_) => "GET, HEAD, DELETE, OPTIONS",
        Route::UnmatchedBody(_) | Route::Assign(_) | Route::DropUnmatched(_) => {
            "GET, HEAD, POST, DELETE, OPTIONS"
        }
        _ => "GET, HEAD, OPTIONS",
    }
}

/// Percent-decodes one path segment. What is no UTF-8 becomes U+FFFD, which no
/// name may hold, but which keeps a delivery with such a reference.
#[must_use]
pub fn decode(segment: &str) -> String {
    let bytes = crate::domain::file::inline::percent_decode(segment.as_bytes());
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONCE: &str = "0123456789abcdef0123456789abcdef";

    fn id(text: &str) -> ObjectName {
        ObjectName::Id(text.into())
    }

    #[test]
    fn every_route_is_found() {
        let hook = |token: Option<&str>, reference: Option<&str>| Route::Hook {
            token: token.map(str::to_owned),
            reference: reference.map(str::to_owned),
        };
        let file = |name: Option<&str>| Route::File {
            job: id("7"),
            nonce: NONCE.into(),
            n: 0,
            name: name.map(str::to_owned),
        };
        let cases = [
            ("POST", "/hook", hook(None, None)),
            ("POST", "/hook/", hook(None, None)),
            ("POST", "/hook/t/caf%E9", hook(Some("t"), Some("caf\u{fffd}"))),
            ("POST", "/hook/t/a/b", hook(Some("t"), Some("a/b"))),
            ("POST", "/hook/t", hook(Some("t"), None)),
            ("POST", "/hook/t/", hook(Some("t"), None)),
            ("POST", "/hook/t/order-7", hook(Some("t"), Some("order-7"))),
            ("GET", "/jobs", Route::Jobs),
            ("POST", "/jobs", Route::Import),
            ("GET", "/jobs/437852", Route::Job(id("437852"))),
            ("HEAD", "/jobs/ref:order-7", Route::Job(ObjectName::Reference("order-7".into()))),
            ("GET", "/jobs/ref%3Aorder-7", Route::Job(ObjectName::Reference("order-7".into()))),
            ("DELETE", "/jobs/7", Route::Delete(id("7"))),
            ("POST", "/jobs/7/archive", Route::Archive(id("7"))),
            ("POST", "/jobs/7/links", Route::Links(id("7"))),
            ("POST", "/jobs/7/handoff", Route::HandOff(id("7"))),
            ("GET", "/jobs/7/result", Route::Result(id("7"))),
            ("GET", "/jobs/7/events", Route::Events(id("7"))),
            ("GET", "/jobs/7/events/2/body", Route::EventBody(id("7"), 2)),
            ("GET", "/files/7/0123456789abcdef0123456789abcdef/0", file(None)),
            ("HEAD", "/files/7/0123456789abcdef0123456789abcdef/0-a-b.mp4", file(Some("a-b.mp4"))),
            ("GET", "/unmatched", Route::Unmatched),
            ("GET", "/unmatched/k", Route::UnmatchedBody("k".into())),
            ("POST", "/unmatched/k", Route::Assign("k".into())),
            ("DELETE", "/unmatched/k", Route::DropUnmatched("k".into())),
            ("POST", "/tickets", Route::Tickets),
            ("GET", "/whoami", Route::WhoAmI),
            ("POST", "/restore", Route::Restore),
            ("GET", "/refused", Route::Refused),
            ("GET", "/doctor", Route::Doctor),
            ("POST", "/archive", Route::ArchiveMany),
            ("GET", "/metrics", Route::Metrics),
            ("GET", "/stats", Route::Stats),
            ("GET", "/live", Route::Live),
            ("GET", "/export", Route::Export),
            ("GET", "/healthz", Route::Health),
            ("GET", "/", Route::Home),
            ("OPTIONS", "/jobs", Route::Options("GET, HEAD, POST, OPTIONS")),
            ("OPTIONS", "/hook/t/order-7", Route::Options("POST, OPTIONS")),
            ("OPTIONS", "/jobs/a%20b/events/2/body", Route::Options("GET, HEAD, OPTIONS")),
        ];
        for (method, path, want) in cases {
            assert_eq!(route(method, path), Ok(want), "{method} {path}");
        }
    }

    #[test]
    fn each_spelling_of_the_hook_is_the_hook() {
        for path in ["/hook", "/hook/", "/hook/t/a/b", "//hook/t", "///hook", "/%68o%6Fk/t"] {
            assert!(is_hook(path) && route("POST", path).is_ok(), "{path}");
        }
        for path in ["/", "/hooks", "/hook.php", "/Hook/t", "/%2Fhook/t", "/%2568ook", "/x/hook"] {
            assert!(!is_hook(path), "{path}");
            assert_ne!(route("POST", path).map(|route| route.access()), Ok(Access::Hook), "{path}");
        }
        assert!(is_gateway("/queue/a") && is_gateway("//fal/proxy") && !is_gateway("/falx"));
    }

    #[test]
    fn a_ticket_opens_its_own_job_only() {
        let scope = |path| route("GET", path).ok().and_then(|route| route.scope());
        for path in ["/jobs/7", "/jobs/7/result", "/jobs/7/events", "/jobs/7/events/2/body"] {
            assert_eq!(scope(path), Some(Scope::Job(id("7"))), "{path}");
        }
        for path in ["/jobs", "/unmatched", "/unmatched/k", "/"] {
            assert_eq!(scope(path), None, "{path}");
        }
    }

    #[test]
    fn what_is_none_says_why() {
        assert_eq!(route("GET", "/hook/t"), Err(Refused::MethodNotAllowed("POST, OPTIONS")));
        let readable = Err(Refused::MethodNotAllowed("GET, HEAD, DELETE, OPTIONS"));
        assert_eq!(route("POST", "/jobs/7"), readable);
        for path in ["/nothing", "/files/7/abc/0", "/jobs/7/events/x/body", "/%ff"] {
            assert_eq!(route("GET", path), Err(Refused::NotFound), "{path}");
            assert_eq!(route("OPTIONS", path), Err(Refused::NotFound), "{path}");
        }
        for path in ["/jobs/a%2Fb", "/jobs/..%2e", "/jobs/a%20b"] {
            assert!(matches!(route("GET", path), Err(Refused::BadName(_))), "{path}");
        }
    }
}
