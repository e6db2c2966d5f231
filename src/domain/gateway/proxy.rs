//! The protocol of fal.ai's server proxy, as in the core of its package
//! `@fal-ai/server-proxy`: where a call may go, and which headers it has.

use super::answer;
use super::call::{Call, Step};
use crate::domain::access::ticket::{Ticket, is_among, is_below, trimmed};
use crate::domain::file::strict_url;
use crate::domain::http::problem::{Code, Problem};
use crate::domain::job::submission::Submission;
use crate::domain::percent;
use crate::domain::upstream::queue::Queue;
use url::Url;

/// The header that names the target of a call.
pub const TARGET: &str = "x-fal-target-url";
/// The header that names the proxy to fal.ai.
pub const CLIENT: (&str, &str) = ("x-fal-client-proxy", "hookvault");
/// fal.ai's queue. A request that is submitted there becomes a job here.
const QUEUE_HOST: &str = "queue.fal.run";
/// The host and, line by line, the paths with their queries that fal's clients
/// call there. Nothing else is passed on. A test runs the clients and compares.
const REST_HOST: &str = "rest.fal.ai";
const REST: &str = include_str!("rest.txt");
/// The only media type of fal.ai's protocol, whatever the caller sends.
const JSON: &str = "application/json";

/// The error for the holder of a ticket for other applications.
pub const OTHER_APP: &str = "the application is not in the ticket's `apps`; get a ticket for it";

/// The target of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// The queue.
    Queue {
        /// The call of the queue's API.
        call: Call,
        /// The query.
        query: Vec<(String, String)>,
    },
    /// Another host of fal.ai, to which the call is passed on unchanged.
    Other(Url, Kind),
}

/// The kind of a call outside the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Runs an application at once.
    Run,
    /// Begins an upload of a file that an input names.
    Upload,
    /// Makes a token with which a page calls applications.
    Token,
    /// Makes a token for any number of uploads.
    UploadToken,
}

impl Kind {
    /// Returns the methods that the call takes; `None` for any.
    #[must_use]
    pub const fn allowed(self) -> Option<&'static str> {
        match self {
            Self::Run => None,
            Self::Upload | Self::Token | Self::UploadToken => Some("POST, OPTIONS"),
        }
    }

    /// Returns whether the call is a use of a ticket that counts.
    #[must_use]
    pub const fn is_use(self) -> bool {
        matches!(self, Self::Run | Self::Token)
    }
}

/// Reads a target; `None` if it is not one of fal.ai's.
#[must_use]
pub fn target(text: &str, queue: Queue) -> Option<Target> {
    let url = strict_url::read(text).ok()?;
    let is_plain = url.scheme() == "https" && url.port().is_none() && url.username().is_empty();
    if !is_plain || url.password().is_some() {
        return None;
    }
    match url.host_str()? {
        QUEUE_HOST => {
            let parts = segments(&url)?;
            let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
            let call = Call::parse(queue, &parts)?;
            Some(Target::Queue { call, query: url.query_pairs().into_owned().collect() })
        }
        "fal.run" if url.path().len() > 1 => {
            segments(&url)?;
            Some(Target::Other(url, Kind::Run))
        }
        REST_HOST => {
            let kind = rest_api(&url)?;
            Some(Target::Other(url, kind))
        }
        _ => None,
    }
}

/// Returns the kind of a call at `rest.fal.ai`, if fal's clients make such a
/// call.
fn rest_api(url: &Url) -> Option<Kind> {
    let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
    let asked = format!("{}{query}", url.path());
    REST.lines().find(|line| *line == asked)?;
    Some(match url.path() {
        "/tokens/" => Kind::Token,
        "/storage/auth/token" => Kind::UploadToken,
        _ => Kind::Upload,
    })
}

/// Returns the decoded parts of the path. Returns `None` if a part is not
/// UTF-8, or hides a separator, even for a server that decodes twice: such a
/// server may see other parts.
fn segments(url: &Url) -> Option<Vec<String>> {
    let hides = |part: &str| {
        part.contains(['/', '\\', '%', char::REPLACEMENT_CHARACTER])
            || part == "."
            || part.starts_with("..")
    };
    let parts = url.path().trim_matches('/').split('/').map(percent::decode);
    parts.map(|part| (!hides(&part)).then_some(part)).collect()
}

/// Returns the headers that are sent to `queue`: some of the request's
/// `headers`, and those of the protocol. fal.ai does not get the other queues'
/// headers.
#[must_use]
pub fn headers_to_send<H>(headers: H, queue: Queue) -> Vec<(String, String)>
where
    H: Iterator<Item = (String, String)>,
{
    let own = [CLIENT, ("accept", JSON), ("content-type", JSON)];
    let passes = |name: &str| {
        answer::passes(name)
            && own.iter().all(|(known, _)| name != *known)
            && (queue != Queue::FalAi || !name.starts_with("x-pipelet-"))
    };
    let along = headers.filter(|(name, _)| passes(name));
    along.chain(own.map(|(name, value)| (name.to_owned(), value.to_owned()))).collect()
}

/// Returns whether a header of a response is passed on to the caller. Headers
/// about the body's transfer are no longer true, and some others would act on
/// this vault's origin.
#[must_use]
pub fn is_passed_on(name: &str) -> bool {
    const OF_THE_WAY: [&str; 5] =
        ["content-length", "content-encoding", "transfer-encoding", "connection", "keep-alive"];
    const OF_THE_ORIGIN: [&str; 4] =
        ["set-cookie", "strict-transport-security", "alt-svc", "clear-site-data"];
    !(OF_THE_WAY.contains(&name)
        || OF_THE_ORIGIN.contains(&name)
        || name.starts_with("access-control-"))
}

/// Returns whether a response of this media type could contain the key of its
/// request.
#[must_use]
pub fn is_text(content_type: Option<&str>) -> bool {
    let kind = content_type.unwrap_or_default().to_ascii_lowercase();
    let marks = ["json", "xml", "javascript", "urlencoded"];
    kind.is_empty() || kind.starts_with("text/") || marks.iter().any(|mark| kind.contains(mark))
}

/// Returns whether a ticket for `apps` allows this step of `app`. Clients ask
/// for a request without the sub path to which it was submitted.
#[must_use]
pub fn opens(apps: &[String], app: &str, step: &Step) -> bool {
    is_among(app, apps)
        || (*step != Step::Submit && apps.iter().any(|known| is_below(trimmed(known), app)))
}

/// Checks that a ticket allows a call outside the queue. Uploads belong to no
/// application.
///
/// # Errors
/// Returns why the ticket does not allow the call. The module `token` checks
/// requests for a token.
pub fn opens_other(ticket: &Ticket, url: &Url, kind: Kind) -> Result<(), Problem> {
    let is_open =
        |apps: &Vec<String>| segments(url).is_some_and(|parts| is_among(&parts.join("/"), apps));
    match kind {
        Kind::Run if !ticket.apps.as_ref().is_none_or(is_open) => {
            Err(Problem::new(Code::WrongScope, OTHER_APP))
        }
        Kind::UploadToken => Err(Problem::new(
            Code::WrongScope,
            "a ticket makes no token for uploads, which would outlive it; begin each upload on its \
             own",
        )),
        Kind::Run | Kind::Upload | Kind::Token => Ok(()),
    }
}

impl Submission {
    /// Returns whether the holder of `ticket` may query the job and cancel it.
    /// Jobs in the batch queue are never open to tickets, because their ids can
    /// be guessed.
    #[must_use]
    pub fn is_open_to(&self, ticket: &Ticket) -> bool {
        let apps = ticket.apps.as_deref();
        self.queue != Queue::Batch && apps.map_or(self.by_ticket, |apps| is_among(&self.app, apps))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::access::ticket::Scope;
    use crate::domain::time::Timestamp;

    #[test]
    fn the_queues_paths_are_read_like_the_own_routes() {
        let found = target("https://queue.fal.run/fal-ai/flux/dev?fal_webhook=x", Queue::FalAi);
        let call = Call { queue: Queue::FalAi, app: "fal-ai/flux/dev".into(), step: Step::Submit };
        let query = vec![("fal_webhook".to_owned(), "x".to_owned())];
        assert_eq!(found, Some(Target::Queue { call, query }));
    }

    #[test]
    fn only_fal_ai_is_a_target() {
        for (good, kind) in [
            ("https://fal.run/fal-ai/flux", Kind::Run),
            ("https://rest.fal.ai/storage/upload/initiate?storage_type=fal-cdn-v3", Kind::Upload),
            ("https://rest.fal.ai/storage/auth/token?storage_type=fal-cdn-v3", Kind::UploadToken),
            ("https://rest.fal.ai/tokens/", Kind::Token),
        ] {
            let url = Url::parse(good).unwrap();
            assert_eq!(target(good, Queue::Fal), Some(Target::Other(url, kind)));
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
            "https://rest.fal.ai/storage/upload/complete-multipart?storage_type=fal-cdn-v3",
            "https://rest.fal.ai/tokens",
            "https://rest.fal.ai/tokens/?x=1",
            "https://rest.fal.ai/tokens/realtime",
            "https://rest.fal.ai/",
        ] {
            assert_eq!(target(bad, Queue::Fal), None, "{bad}");
        }
    }

    #[test]
    fn a_ticket_covers_paths_below_its_applications() {
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
    fn a_ticket_allows_uploads_but_no_other_application() {
        let (apps, scope) = (Some(vec!["a/b".to_owned()]), Scope::Proxy);
        let ticket = Ticket {
            scope,
            expires_at: Timestamp::default(),
            id: String::new(),
            apps,
            count: None,
            origin: None,
            signer: 0,
        };
        let opens = |text: &str| match target(text, Queue::Fal) {
            Some(Target::Other(url, kind)) => opens_other(&ticket, &url, kind).is_ok(),
            _ => false,
        };
        assert!(opens("https://fal.run/a/b") && opens("https://fal.run/a/b/stream?x=1"));
        assert!(opens("https://rest.fal.ai/storage/upload/initiate?storage_type=fal-cdn-v3"));
        assert!(!opens("https://rest.fal.ai/storage/auth/token?storage_type=fal-cdn-v3"));
        for bad in ["a/c", "a/b/../c", "a/b/%2E%2e/c", ""] {
            assert!(!opens(&format!("https://fal.run/{bad}")), "{bad}");
        }
    }

    #[test]
    fn no_part_of_a_path_hides_another() {
        for host in ["fal.run", "queue.fal.run"] {
            for bad in [
                "a/b/..%2Fc",
                "a/b%2F..%2Fc",
                "a%2Fb/c",
                "a/b/..%5Cc",
                "a/b/..%252Fc",
                "a/b/..;/c",
                "a/b/%C0%AE%C0%AE/c",
            ] {
                assert_eq!(target(&format!("https://{host}/{bad}"), Queue::FalAi), None, "{bad}");
            }
            let good = format!("https://{host}/a.b/.c/caf%C3%A9/d%20e");
            assert!(target(&good, Queue::FalAi).is_some());
        }
    }

    #[test]
    fn headers_are_those_of_the_protocol() {
        let given = [
            "x-fal-queue-priority",
            TARGET,
            "cookie",
            "accept",
            "x-sim",
            "x-pipelet-output",
            "x-pipelet-webhook",
            "x-user-id",
        ];
        let given = given.map(|name| (name.to_owned(), "1".to_owned()));
        let names = |queue| -> Vec<String> {
            headers_to_send(given.clone().into_iter(), queue)
                .into_iter()
                .map(|(name, _)| name)
                .collect()
        };
        let own = ["x-fal-client-proxy", "accept", "content-type"];
        assert_eq!(
            names(Queue::FalAi),
            [&["x-fal-queue-priority", "x-user-id"], &own[..]].concat()
        );
        let more = ["x-fal-queue-priority", "x-pipelet-output", "x-user-id"];
        assert_eq!(names(Queue::Fal), [&more, &own[..]].concat());
        assert!(
            is_passed_on("x-fal-request-id")
                && is_passed_on("content-type")
                && is_passed_on("vary")
        );
        assert!(!is_passed_on("access-control-allow-origin") && !is_passed_on("set-cookie"));
    }
}
