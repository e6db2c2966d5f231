//! All routes of the HTTP API on one screen.

pub mod parse;

use crate::domain::access::ticket::Scope;
use crate::domain::gateway::call::Call;
use crate::domain::names::ObjectName;
use crate::domain::percent::first_segment;

/// The query parameters that take a list: separated by commas, repeated, or
/// both.
pub const LISTS: [&str; 2] = ["status", "archive"];

/// The route of a request. Job names in paths are decoded and valid. The token
/// and the reference of a hook are not checked here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// `POST /hook[/{token}[/{ref}]]`: a delivery.
    Hook {
        /// The token in the path. If `None`, the token is in the
        /// `Authorization` header.
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
    /// `POST /jobs/{id}/archive`: copies the job's files again.
    Archive(ObjectName),
    /// `POST /jobs/{id}/links`: makes new links to the files.
    Links(ObjectName),
    /// `POST /jobs/{id}/handoff`: sends the messages again.
    HandOff(ObjectName),
    /// `GET /jobs/{id}/result`: the upstream's result.
    Result(ObjectName),
    /// `GET /jobs/{id}/events`: the timeline.
    Events(ObjectName),
    /// `GET /jobs/{id}/events/{n}/body`: a delivery's body as it was received.
    EventBody(ObjectName, u32),
    /// `GET|HEAD /files/{id}/{nonce}/{n}[-{name}]`: a file.
    File {
        /// The job.
        job: ObjectName,
        /// The nonce, which is the right to read the job's files.
        nonce: String,
        /// The file's number.
        n: u32,
        /// The file's name, unless the link is the short form.
        name: Option<String>,
    },
    /// `GET /unmatched`: deliveries that belong to no known job.
    Unmatched,
    /// `GET /unmatched/{key}`: the body of such a delivery as it was received.
    UnmatchedBody(String),
    /// `POST /unmatched/{key}?job={id}`: delivers it to a job.
    Assign(String),
    /// `DELETE /unmatched/{key}`: deletes it.
    DropUnmatched(String),
    /// `GET /live`: the live feed.
    Live,
    /// `POST /archive`: copies the files of many jobs again.
    ArchiveMany,
    /// `GET /metrics`: metrics for Prometheus.
    Metrics,
    /// `GET /stats`: how many jobs there are.
    Stats,
    /// `GET /export`: all records.
    Export,
    /// `GET /refused`: deliveries that were refused.
    Refused,
    /// `GET /doctor`: problems, and the commands that fix them.
    Doctor,
    /// `POST /restore`: rebuilds everything from the bucket.
    Restore,
    /// `POST /tickets`: makes a ticket.
    Tickets,
    /// `GET /whoami`: the rights of the caller's token.
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
    /// `GET /`: a description of the service, if no deployed dashboard answers
    /// first.
    Home,
    /// `OPTIONS` of any path above; the text lists the path's methods.
    Options(&'static str),
}

/// The right that a route requires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// None: everyone may use the route.
    Open,
    /// A hook token. The delivery's handler checks it.
    Hook,
    /// The link, whose nonce is the right.
    Link,
    /// The API token, the read token, or a ticket of the route's scope.
    Read,
    /// The API token or a ticket for the proxy. The proxy's handler checks it,
    /// because a ticket also limits the call.
    Proxy,
    /// The API token.
    Api,
}

impl Route {
    /// Returns the right that the route requires.
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

    /// Returns the scope of the tickets that give access to the route, if any
    /// do.
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

    /// Returns the query parameters of the route, besides a ticket. `None`
    /// means that others are ignored: no delivery and no file is refused
    /// because of its query.
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
            Self::Assign(_) => &["job", "create", "from"],
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

/// Why a path has no route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RouteError {
    /// The path does not exist.
    NotFound,
    /// The path has other methods.
    MethodNotAllowed(&'static str),
    /// `/jobs/{x}`, where `x` is no valid name of a job.
    BadName(String),
}

/// Returns whether a path belongs to the gateway, whose callers are clients of
/// the queues.
#[must_use]
pub fn is_gateway(path: &str) -> bool {
    matches!(first_segment(path).as_str(), "queue" | "fal")
}
