//! The protocol of fal.ai's server proxy, as the core of its package
//! `@fal-ai/server-proxy` has it: where a call may go, and what goes along.

use super::Queue;
use super::call::{Call, Step};
use crate::domain::route;
use crate::domain::source;
use url::Url;

/// The header that names where a call is to go.
pub const TARGET: &str = "x-fal-target-url";
/// The header that tells fal.ai through what a call came.
pub const CLIENT: (&str, &str) = ("x-fal-client-proxy", "hookvault");
/// fal.ai's queue: what is submitted there becomes a job here.
const QUEUE_HOST: &str = "queue.fal.run";
/// Where files are uploaded that an input names.
const UPLOAD_HOST: &str = "rest.fal.ai";
/// The one media type of fal.ai's protocol, whatever the caller writes.
const JSON: &str = "application/json";

/// Where a call goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// The queue.
    Queue {
        /// What is asked for there.
        call: Call,
        /// The query.
        query: Vec<(String, String)>,
    },
    /// Elsewhere at fal.ai, passed on as it is.
    Other(Url),
}

/// Reads a target; `None` if it is not one of fal.ai's.
#[must_use]
pub fn target(text: &str, queue: Queue) -> Option<Target> {
    let url = source::read(text).ok()?;
    let is_plain = url.scheme() == "https" && url.port().is_none() && url.username().is_empty();
    if !is_plain || url.password().is_some() {
        return None;
    }
    match url.host_str()? {
        QUEUE_HOST => {
            let parts = segments(&url);
            let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
            let call = Call::parse(queue, &parts)?;
            Some(Target::Queue { call, query: url.query_pairs().into_owned().collect() })
        }
        "fal.run" if url.path().len() > 1 => Some(Target::Other(url)),
        UPLOAD_HOST if is_upload(&url) => Some(Target::Other(url)),
        _ => None,
    }
}

fn is_upload(url: &Url) -> bool {
    if url.host_str() != Some(UPLOAD_HOST) {
        return false;
    }
    let paths = ["/storage/upload/initiate", "/storage/upload/complete-multipart"];
    paths.contains(&url.path()) && url.query() == Some("storage_type=fal-cdn-v3")
}

/// The path's parts as they read.
fn segments(url: &Url) -> Vec<String> {
    url.path().trim_matches('/').split('/').map(route::decode).collect()
}

/// What goes along of a request's `headers`, and what the protocol adds.
/// `more` is the beginning of others that go along.
#[must_use]
pub fn onward<H>(headers: H, more: Option<&str>) -> Vec<(String, String)>
where
    H: Iterator<Item = (String, String)>,
{
    let own = [CLIENT, ("accept", JSON), ("content-type", JSON)];
    let is_own = |name: &str| name == TARGET || own.iter().any(|(known, _)| name == *known);
    let passes = |name: &str| {
        name.starts_with("x-fal-")
            || name == "user-agent"
            || more.is_some_and(|start| name.starts_with(start))
    };
    let along = headers.filter(|(name, _)| passes(name) && !is_own(name));
    along.chain(own.map(|(name, value)| (name.to_owned(), value.to_owned()))).collect()
}

/// Whether a header of an answer is told to the caller. Those of the body's way
/// are not true any more; the others would speak for this vault's origin.
#[must_use]
pub fn is_told(name: &str) -> bool {
    const OF_THE_WAY: [&str; 5] =
        ["content-length", "content-encoding", "transfer-encoding", "connection", "keep-alive"];
    const OF_THE_ORIGIN: [&str; 4] =
        ["set-cookie", "strict-transport-security", "alt-svc", "clear-site-data"];
    !(OF_THE_WAY.contains(&name)
        || OF_THE_ORIGIN.contains(&name)
        || name.starts_with("access-control-"))
}

/// Whether a ticket for `apps` opens this step of `app`. Clients ask for a
/// request without the sub path that it was submitted to.
#[must_use]
pub fn opens(apps: &[String], app: &str, step: &Step) -> bool {
    is_among(app, apps)
        || (*step != Step::Submit && apps.iter().any(|known| is_below(trimmed(known), app)))
}

/// Whether a ticket for `apps` opens a call that is no queue's. Uploads are of
/// no application.
#[must_use]
pub fn opens_other(apps: &[String], url: &Url) -> bool {
    let parts = segments(url);
    // Not all servers decode before they look for dots.
    let is_plain = |part: &String| !part.contains(['/', '\\']) && part != "." && part != "..";
    is_upload(url) || (parts.iter().all(is_plain) && is_among(&parts.join("/"), apps))
}

/// Whether a call that is no queue's is counted as a use of a ticket.
#[must_use]
pub fn is_run(url: &Url) -> bool {
    url.host_str() != Some(UPLOAD_HOST)
}

/// Whether `app` is one of `apps`, or below one.
#[must_use]
pub fn is_among(app: &str, apps: &[String]) -> bool {
    apps.iter().any(|known| is_below(app, trimmed(known)))
}

fn is_below(app: &str, above: &str) -> bool {
    app.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn trimmed(app: &str) -> &str {
    app.trim_matches('/')
}

#[cfg(test)]
mod tests {
    use super::super::call::Step;
    use super::*;

    #[test]
    fn the_queue_is_read_like_our_own_routes() {
        let found = target("https://queue.fal.run/fal-ai/flux/dev?fal_webhook=x", Queue::FalAi);
        let call = Call { queue: Queue::FalAi, app: "fal-ai/flux/dev".into(), step: Step::Submit };
        let query = vec![("fal_webhook".to_owned(), "x".to_owned())];
        assert_eq!(found, Some(Target::Queue { call, query }));
    }

    #[test]
    fn only_fal_ai_is_a_target() {
        for good in [
            "https://fal.run/fal-ai/flux",
            "https://rest.fal.ai/storage/upload/initiate?storage_type=fal-cdn-v3",
        ] {
            assert!(matches!(target(good, Queue::Fal), Some(Target::Other(_))), "{good}");
        }
        for bad in [
            "",
            "fal.run/x",
            "http://fal.run/x",
            "https://fal.run:8443/x",
            "https://fal.run/",
            "https://u@fal.run/x",
            "https://evil.example/https://fal.run/x",
            "https://fal.run.evil.example/x",
            "https://xfal.run/x",
            "https://queue.fal.run@evil.example/x",
            "https://queue.fal.run/",
            "https://rest.fal.ai/storage/upload/initiate",
            "https://rest.fal.ai/storage/upload/initiate?storage_type=other",
            "https://rest.fal.ai/users/me?storage_type=fal-cdn-v3",
        ] {
            assert_eq!(target(bad, Queue::Fal), None, "{bad}");
        }
    }

    #[test]
    fn a_ticket_is_for_what_is_below_its_applications() {
        let apps = ["fal-ai/flux".to_owned()];
        assert!(is_among("fal-ai/flux", &apps) && is_among("fal-ai/flux/dev", &apps));
        assert!(!is_among("fal-ai/flux-pro", &apps) && !is_among("fal-ai", &apps));
        assert!(is_among("a/b", &["/a/b/".to_owned()]));
    }

    #[test]
    fn a_request_is_followed_without_its_sub_path() {
        let apps = ["fal-ai/flux/dev".to_owned()];
        let status = || Step::Status("1".to_owned());
        assert!(
            opens(&apps, "fal-ai/flux", &status()) && opens(&apps, "fal-ai/flux/dev", &status())
        );
        assert!(!opens(&apps, "fal-ai/flux", &Step::Submit));
        assert!(!opens(&apps, "fal-ai/other", &status()) && !opens(&apps, "fal-ai/fl", &status()));
    }

    #[test]
    fn a_ticket_opens_uploads_and_no_way_around() {
        let opens = |url: &str| opens_other(&["a/b".to_owned()], &Url::parse(url).unwrap());
        assert!(opens("https://fal.run/a/b") && opens("https://fal.run/a/b/stream?x=1"));
        assert!(opens("https://rest.fal.ai/storage/upload/initiate?storage_type=fal-cdn-v3"));
        for bad in
            ["a/c", "a/b/../c", "a/b/..%2Fc", "a/b%2F..%2Fc", "a/b/%2E%2e/c", "a/b/..%5Cc", ""]
        {
            assert!(!opens(&format!("https://fal.run/{bad}")), "{bad}");
        }
    }

    #[test]
    fn headers_are_those_of_the_protocol() {
        let given =
            ["x-fal-queue-priority", TARGET, "cookie", "accept", "x-sim", "x-pipelet-output"];
        let given = given.map(|name| (name.to_owned(), "1".to_owned()));
        let names = |more| -> Vec<String> {
            onward(given.clone().into_iter(), more).into_iter().map(|(name, _)| name).collect()
        };
        let own = ["x-fal-client-proxy", "accept", "content-type"];
        assert_eq!(names(None), [&["x-fal-queue-priority"], &own[..]].concat());
        let more = ["x-fal-queue-priority", "x-pipelet-output"];
        assert_eq!(names(Some("x-pipelet-")), [&more, &own[..]].concat());
        assert!(is_told("x-fal-request-id") && is_told("content-type") && is_told("vary"));
        assert!(!is_told("access-control-allow-origin") && !is_told("set-cookie"));
    }
}
