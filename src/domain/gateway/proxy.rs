//! The protocol of fal.ai's server proxy, as the core of its package
//! `@fal-ai/server-proxy` has it: where a call may go, and what goes along.

use super::Queue;
use super::call::Call;
use crate::domain::source;
use url::Url;

/// The header that names where a call is to go.
pub const TARGET: &str = "x-fal-target-url";
/// fal.ai's queue: what is submitted there becomes a job here.
const QUEUE_HOST: &str = "queue.fal.run";

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
            let parts: Vec<&str> = url.path().trim_matches('/').split('/').collect();
            let call = Call::parse(queue, &parts)?;
            Some(Target::Queue { call, query: url.query_pairs().into_owned().collect() })
        }
        "fal.run" if url.path().len() > 1 => Some(Target::Other(url)),
        "rest.fal.ai" if is_upload(&url) => Some(Target::Other(url)),
        _ => None,
    }
}

fn is_upload(url: &Url) -> bool {
    let paths = ["/storage/upload/initiate", "/storage/upload/complete-multipart"];
    paths.contains(&url.path()) && url.query() == Some("storage_type=fal-cdn-v3")
}

/// Whether `app` is one of those that a ticket is for: itself or below it.
#[must_use]
pub fn is_among(app: &str, apps: &[String]) -> bool {
    apps.iter().any(|known| {
        app.strip_prefix(known.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
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
    }
}
