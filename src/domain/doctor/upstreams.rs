//! Judges the upstreams. The edge asks each of them, with its key, for a job
//! that does not exist.

use super::settings::put;
use super::{Finding, ProbeResult};
use crate::domain::file::strict_url;
use crate::domain::time::Timestamp;
use crate::domain::upstream::template::CantAsk;
use crate::domain::upstream::{Upstream, UpstreamQuery, Upstreams};

/// Paths with an application and an id that no queue has.
const NOT_NUMBERED: &str = "hookvault-doctor/requests/00000000-0000-0000-0000-000000000000/status";
const NUMBERED: &str = "hookvault-doctor/requests/0/status";
/// A path for fal.ai, whose applications have an owner.
const OWNED: &str = "fal-ai/hookvault-doctor/requests/00000000-0000-0000-0000-000000000000/status";

/// A query that probes an upstream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpstreamProbe {
    /// The check's name.
    pub name: &'static str,
    /// The upstream's host.
    pub host: String,
    /// The secret that contains the key.
    key_name: &'static str,
    /// The variable that contains the URL, if there is one.
    variable: Option<&'static str>,
    /// The query, or why the upstream can't be asked.
    pub ask: Result<UpstreamQuery, CantAsk>,
}

/// An upstream's response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProbeAnswer {
    /// The status code.
    pub status: u16,
    /// The time in the header `Date`.
    pub at: Option<Timestamp>,
}

/// Returns the queries to all upstreams whose URL is valid.
#[must_use]
pub fn questions(upstreams: &Upstreams) -> Vec<UpstreamProbe> {
    let all = [
        (&upstreams.queue, "upstream-queue", Some("UPSTREAM_QUEUE_URL"), NUMBERED),
        (&upstreams.fal, "upstream-fal", Some("UPSTREAM_FAL_URL"), NOT_NUMBERED),
        (&upstreams.fal_ai, "upstream-fal-ai", None, OWNED),
    ];
    let question = |(upstream, name, variable, path): (&Option<Upstream>, _, _, _)| {
        let upstream = upstream.as_ref()?;
        let mut url = upstream.base.clone();
        url.set_path(&format!("{}/{path}", url.path().trim_end_matches('/')));
        let host = strict_url::host_of(&url);
        Some(UpstreamProbe {
            name,
            host,
            key_name: upstream.key_name,
            variable,
            ask: upstream.ask(url),
        })
    };
    all.into_iter().filter_map(question).collect()
}

/// Judges the responses. A query without a key has none.
#[must_use]
pub fn checks(asked: &[(UpstreamProbe, Option<ProbeResult<ProbeAnswer>>)]) -> Vec<Finding> {
    if !asked.is_empty() && asked.iter().all(|(_, answer)| answer.is_none()) {
        return vec![Finding::warn(
            "upstreams",
            "no queue's key is set: lost webhooks and expired URLs can't be fetched again",
            put("UPSTREAM_API_KEY"),
        )];
    }
    let check =
        |(question, answer): &(UpstreamProbe, Option<ProbeResult<ProbeAnswer>>)| match answer {
            Some(tried) => of_answer(question, tried),
            None => Finding::ok(
                question.name,
                format!("{} is not set, so the queue was not asked", question.key_name),
            ),
        };
    asked.iter().map(check).collect()
}

fn of_answer(question: &UpstreamProbe, tried: &ProbeResult<ProbeAnswer>) -> Finding {
    let UpstreamProbe { name, host, key_name, .. } = question;
    let check = match &tried.end {
        Ok(ProbeAnswer { status: 401 | 403, .. }) => Finding::fail(
            *name,
            format!("{host} refuses the key in {key_name}, so no results can be fetched"),
            put(key_name),
        ),
        Ok(ProbeAnswer { status: status @ (200..=299 | 400..=428 | 430..=499), .. }) => {
            Finding::ok(
                *name,
                format!("{host} accepts the key: it answers {status} for an unknown job"),
            )
        }
        Ok(ProbeAnswer { status: status @ 300..=399, .. }) => Finding::fail(
            *name,
            format!("{host} redirects ({status}), and the key is not sent there"),
            question.fix("set it to the redirect's target, if that is the queue's own"),
        ),
        Ok(ProbeAnswer { status: 429, .. }) => Finding::warn(
            *name,
            format!("{host} answers 429: too many requests"),
            "try again later",
        ),
        Ok(ProbeAnswer { status, .. }) => Finding::fail(
            *name,
            format!("{host} answers {status}, so no results can be fetched now"),
            question.fix("try again later; if that stays, correct it"),
        ),
        Err(why) => Finding::fail(
            *name,
            format!("{host}: {why}"),
            question.fix("try again later; if that stays, correct it"),
        ),
    };
    check.took(tried.ms)
}

impl UpstreamProbe {
    fn fix(&self, what: &str) -> String {
        match self.variable {
            Some(variable) => {
                format!("{variable} in wrangler.toml: {what}, then `npx wrangler deploy`")
            }
            None => "try again later".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::config::Config;
    use crate::domain::doctor::Status;

    fn asked(set: &[(&str, &str)]) -> Vec<UpstreamProbe> {
        let lookup = |name: &str| {
            set.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        };
        questions(&Config::from_lookup(lookup).upstreams)
    }

    #[test]
    fn each_upstream_is_asked_with_its_own_key_at_its_own_url() {
        let all = asked(&[("UPSTREAM_API_KEY", "a"), ("UPSTREAM_FAL_KEY", "b"), ("FAL_KEY", "c")]);
        let told: Vec<_> = all
            .iter()
            .map(|question| {
                let ask = question.ask.as_ref().unwrap();
                (question.name, ask.url.as_str(), ask.key.as_deref().unwrap())
            })
            .collect();
        let none = "requests/00000000-0000-0000-0000-000000000000/status";
        let fal = format!("https://api.pipelet.ai/fal/queue/hookvault-doctor/{none}");
        let fal_ai = format!("https://queue.fal.run/fal-ai/hookvault-doctor/{none}");
        let queue = "https://batch.pipelet.net/queue/hookvault-doctor/requests/0/status";
        let want = [
            ("upstream-queue", queue, "a"),
            ("upstream-fal", fal.as_str(), "b"),
            ("upstream-fal-ai", fal_ai.as_str(), "c"),
        ];
        assert_eq!(told, want);
        assert_eq!(asked(&[("UPSTREAM_QUEUE_URL", "wrong")]).len(), 1);
    }

    #[test]
    fn an_answer_shows_whether_the_key_is_accepted() {
        let question = asked(&[("UPSTREAM_API_KEY", "a-secret-key")]).remove(0);
        let answered = |status| Ok(ProbeAnswer { status, at: None });
        let cases = [
            (answered(404), Status::Ok, "answers 404"),
            (answered(400), Status::Ok, "accepts the key"),
            (answered(200), Status::Ok, "accepts the key"),
            (answered(401), Status::Fail, "refuses the key in UPSTREAM_API_KEY"),
            (answered(403), Status::Fail, "refuses the key in UPSTREAM_API_KEY"),
            (answered(301), Status::Fail, "redirects (301)"),
            (answered(429), Status::Warn, "429"),
            (answered(503), Status::Fail, "answers 503"),
            (Err("no answer within 5 s".to_owned()), Status::Fail, "no answer"),
        ];
        for (end, status, words) in cases {
            let tried = ProbeResult { end, ms: 4 };
            let check = checks(&[(question.clone(), Some(tried))]).remove(0);
            assert_eq!((check.status, check.ms), (status, Some(4)), "{check:?}");
            assert!(check.detail.contains(words), "{check:?}");
            assert!(!format!("{check:?}").contains("a-secret-key"));
        }
    }

    #[test]
    fn a_queue_without_a_key_matters_only_if_no_queue_has_one() {
        let none: Vec<_> = asked(&[]).into_iter().map(|question| (question, None)).collect();
        let found = checks(&none);
        assert_eq!((found.len(), found[0].status), (1, Status::Warn));
        let mut some = none;
        some[1].1 = Some(ProbeResult { end: Ok(ProbeAnswer { status: 404, at: None }), ms: 1 });
        let found = checks(&some);
        assert!(found.iter().all(|check| check.status == Status::Ok), "{found:?}");
        assert_eq!(found[0].detail, "UPSTREAM_API_KEY is not set, so the queue was not asked");
        assert_eq!(checks(&[]), vec![]);
    }
}
