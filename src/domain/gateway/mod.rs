//! The gateway: the upstream's own routes in front of the upstream, so that
//! clients switch by changing one URL.
//!
//! - `answer`: reads the upstream's answer to a submission.
//! - `call`: reads which call a path means.
//! - `dialect`: writes answers in the form that the caller's client
//!   understands.
//! - `idempotency`: decides which submissions are one job.
//! - `links`: replaces the upstream's URLs by this vault's.
//! - `proxy`: speaks the protocol of fal.ai's server proxy.
//! - `submission`: changes the job that is submitted.
//! - `token`: limits the tokens of fal.ai.

pub mod answer;
pub mod call;
pub mod dialect;
pub mod idempotency;
pub mod links;
pub mod proxy;
pub mod submission;
pub mod token;

use crate::domain::job::record::Job;
use crate::domain::upstream::queue::{Queue, Scheme};
use crate::domain::upstream::template::{CantAsk, encode_app};
use crate::domain::upstream::{Upstream, UpstreamQuery, Upstreams};

impl Upstreams {
    /// Returns the upstream of a queue.
    ///
    /// # Errors
    /// Returns a [`CantAsk`] if its URL or its key is not set.
    pub fn of_queue(&self, queue: Queue) -> Result<&Upstream, CantAsk> {
        match queue {
            Queue::Batch => self.queue.as_ref().ok_or(CantAsk::BadUrl("UPSTREAM_QUEUE_URL")),
            Queue::Fal => self.fal.as_ref().ok_or(CantAsk::BadUrl("UPSTREAM_FAL_URL")),
            Queue::FalAi => self.fal_ai.as_ref().ok_or(CantAsk::NoKey("FAL_KEY")),
        }
    }

    /// Returns the query about a request. It goes to the URL that the upstream
    /// has named if the job is known, else to the path of the call.
    ///
    /// # Errors
    /// The same as [`Self::at_queue`].
    pub fn follow(
        &self,
        call: &call::Call,
        id: &str,
        end: &str,
        job: Option<&Job>,
        scheme: Scheme,
    ) -> Result<UpstreamQuery, CantAsk> {
        let named = job.and_then(|job| self.at_response_url(job.response_url.as_deref()?));
        let Some(ask) = named else {
            let submission = job.and_then(|job| job.submission.as_ref());
            return self.at_queue(
                submission.map_or(call.queue, |submission| submission.queue),
                &format!("{}/requests/{id}{end}", call.app),
                &[],
                scheme,
            );
        };
        let mut ask = ask?;
        let path = format!("{}{end}", ask.url.path().trim_end_matches('/'));
        ask.url.set_path(&path);
        let is_fal_ai =
            self.fal_ai.as_ref().is_some_and(|own| own.base.origin() == ask.url.origin());
        Ok(if is_fal_ai { ask } else { UpstreamQuery { scheme, ..ask } })
    }

    /// Returns the query at `path` (not encoded) and `query` of a queue. It has
    /// the queue's key in the caller's scheme; fal.ai accepts only its own.
    ///
    /// # Errors
    /// Returns a [`CantAsk`] if there is no such URL, or no key.
    pub fn at_queue(
        &self,
        queue: Queue,
        path: &str,
        query: &[(String, String)],
        scheme: Scheme,
    ) -> Result<UpstreamQuery, CantAsk> {
        let upstream = self.of_queue(queue)?;
        let path = encode_app(path).ok_or(CantAsk::BadApp)?;
        let mut url = upstream.base.clone();
        let base = url.path().trim_end_matches('/').to_owned();
        url.set_path(&format!("{base}/{path}"));
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let ask = upstream.ask(url)?;
        Ok(if queue == Queue::FalAi { ask } else { UpstreamQuery { scheme, ..ask } })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use url::Url;

    fn upstreams() -> Upstreams {
        let upstream = |base: &str, key_name| {
            let (base, key) = (Url::parse(base).unwrap(), Some("k".to_owned()));
            Some(Upstream { base, key, key_name, scheme: Scheme::Bearer })
        };
        Upstreams {
            queue: upstream("https://b.example/queue", "UPSTREAM_API_KEY"),
            fal: None,
            fal_ai: None,
            result_url: None,
        }
    }

    #[test]
    fn a_path_stays_below_its_queue() {
        let query = [("a".to_owned(), "b&c".to_owned())];
        let at = |path| upstreams().at_queue(Queue::Batch, path, &query, Scheme::Key);
        let ask = at("owner/mo del/requests/1").unwrap();
        assert_eq!(ask.url.as_str(), "https://b.example/queue/owner/mo%20del/requests/1?a=b%26c");
        assert_eq!(ask.scheme, Scheme::Key);
        for bad in ["..", "a/../../b", "", "a//b"] {
            assert_eq!(at(bad), Err(CantAsk::BadApp), "{bad}");
        }
        let fal = upstreams().at_queue(Queue::Fal, "a", &[], Scheme::Key);
        assert_eq!(fal, Err(CantAsk::BadUrl("UPSTREAM_FAL_URL")));
        let fal_ai = upstreams().at_queue(Queue::FalAi, "a", &[], Scheme::Key);
        assert_eq!(fal_ai, Err(CantAsk::NoKey("FAL_KEY")));
    }
}
