//! The HTTP surface on one screen.

pub mod parse;

use crate::domain::access::ticket::Scope;
use crate::domain::gateway::call::Call;
use crate::domain::names::ObjectName;
use crate::domain::percent::first_segment;

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
    /// `GET /doctor`: what is wrong, and the command that fixes it.
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
            Self::Export => &["tag", "since", "cursor", "format"],
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
pub enum RouteError {
    /// No such path.
    NotFound,
    /// The path has other methods.
    MethodNotAllowed(&'static str),
    /// `/jobs/{x}` where `x` can be no id.
    BadName(String),
}

/// Whether a path is the gateway's, whose callers are clients of the queues.
#[must_use]
pub fn is_gateway(path: &str) -> bool {
    matches!(first_segment(path).as_str(), "queue" | "fal")
}
