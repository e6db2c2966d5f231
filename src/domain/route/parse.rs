//! Finds the route of a method and a path.

use super::{Route, RouteError};
use crate::domain::gateway::call::Call;
use crate::domain::names::ObjectName;
use crate::domain::percent::decode;
use crate::domain::upstream::queue::Queue;

/// Finds the route of a request by its path, which is still percent-encoded.
///
/// # Errors
/// Returns a [`RouteError`] that says why no route takes the request.
pub fn route(method: &str, path: &str) -> Result<Route, RouteError> {
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
        Err(RouteError::MethodNotAllowed(allowed))
    }
}

/// Finds the route of a preflight. Browsers send it without a token, so it must
/// not show which names may be a job's.
fn options(parts: &[&str]) -> Result<Route, RouteError> {
    let found = match (find(parts), parts) {
        (Err(RouteError::BadName(_)), [first, _, rest @ ..]) => {
            find(&[&[first, "x"], rest].concat())
        }
        (found, _) => found,
    };
    found.map(|route| Route::Options(allowed(&route)))
}

fn find(parts: &[&str]) -> Result<Route, RouteError> {
    Ok(match *parts {
        [""] => Route::Home,
        ["healthz"] => Route::Health,
        ["hook"] => Route::Hook { token: None, reference: None },
        ["hook", token] => Route::Hook { token: Some(token.to_owned()), reference: None },
        // A reference with slashes is invalid, but the delivery must be stored.
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
                job: ObjectName::from_public(job).ok_or(RouteError::NotFound)?,
                nonce: Some(nonce)
                    .filter(|nonce| is_nonce(nonce))
                    .ok_or(RouteError::NotFound)?
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
            let ticket = ticket.strip_prefix("t_").ok_or(RouteError::NotFound)?;
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
        _ => return Err(RouteError::NotFound),
    })
}

fn gateway(queue: Queue, rest: &[&str]) -> Result<Route, RouteError> {
    Call::parse(queue, rest).map(Route::Gateway).ok_or(RouteError::NotFound)
}

/// Returns whether a text is a nonce: 128 bits in hex. No object is asked about
/// other texts.
fn is_nonce(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// Reads a number in its only accepted spelling: no `+0`, no `00`.
fn number(text: &str) -> Result<u32, RouteError> {
    let number: u32 = text.parse().map_err(|_| RouteError::NotFound)?;
    if number.to_string() == text { Ok(number) } else { Err(RouteError::NotFound) }
}

fn name(text: &str) -> Result<ObjectName, RouteError> {
    ObjectName::from_public(text)
        .ok_or_else(|| RouteError::BadName(text.chars().take(80).collect()))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::access::hook_url::is_hook;
    use crate::domain::access::ticket::Scope;
    use crate::domain::route::{Access, is_gateway};

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
    fn a_ticket_gives_access_to_its_own_job_only() {
        let scope = |path| route("GET", path).ok().and_then(|route| route.scope());
        for path in ["/jobs/7", "/jobs/7/result", "/jobs/7/events", "/jobs/7/events/2/body"] {
            assert_eq!(scope(path), Some(Scope::Job(id("7"))), "{path}");
        }
        for path in ["/jobs", "/unmatched", "/unmatched/k", "/"] {
            assert_eq!(scope(path), None, "{path}");
        }
    }

    #[test]
    fn a_path_without_a_route_has_a_reason() {
        assert_eq!(route("GET", "/hook/t"), Err(RouteError::MethodNotAllowed("POST, OPTIONS")));
        let readable = Err(RouteError::MethodNotAllowed("GET, HEAD, DELETE, OPTIONS"));
        assert_eq!(route("POST", "/jobs/7"), readable);
        for path in ["/nothing", "/files/7/abc/0", "/jobs/7/events/x/body", "/%ff"] {
            assert_eq!(route("GET", path), Err(RouteError::NotFound), "{path}");
            assert_eq!(route("OPTIONS", path), Err(RouteError::NotFound), "{path}");
        }
        for path in ["/jobs/a%2Fb", "/jobs/..%2e", "/jobs/a%20b"] {
            assert!(matches!(route("GET", path), Err(RouteError::BadName(_))), "{path}");
        }
    }
}
