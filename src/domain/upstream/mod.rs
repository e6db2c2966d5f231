//! Decides where the upstream is asked for a job's result and for fresh URLs,
//! and with which key.
//!
//! A key is sent only to the origin that it belongs to. It is never sent to an
//! origin that a delivery or a caller names, or to the target of a redirect.

pub mod keys;
pub mod queue;
pub mod row;
pub mod template;

pub use self::keys::UpstreamQuery;
use self::queue::Scheme;
use self::template::{CantAsk, Template, bare, without_endpoint};
use crate::domain::file::strict_url;
use crate::domain::names::is_valid_name;
use crate::domain::percent;
use crate::domain::sender::name::SenderName;
use crate::domain::webhook::correlate;
use url::Url;

/// The suffix that turns a result's URL into the URL of the job's status.
const STATUS: &str = "/status";
/// The suffix of R2's hosts, where the first label of a file's host is its
/// bucket.
const R2_SUFFIX: &str = ".r2.cloudflarestorage.com";

/// One of the upstream's queues.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream {
    /// The URL up to the model.
    pub base: Url,
    /// The key for this URL's origin.
    pub key: Option<String>,
    /// The name of the secret that contains the key.
    pub key_name: &'static str,
    /// How the key is sent.
    pub scheme: Scheme,
}

/// All queues and templates that are configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstreams {
    /// `UPSTREAM_QUEUE_URL`, whose ids are numbers; `None` if the variable is
    /// invalid.
    pub queue: Option<Upstream>,
    /// `UPSTREAM_FAL_URL`; `None` if the variable is invalid.
    pub fal: Option<Upstream>,
    /// fal.ai's own queue; `None` without `FAL_KEY`.
    pub fal_ai: Option<Upstream>,
    /// `RESULT_URL`. Without it, the id of a job decides which queue is asked.
    pub result_url: Option<Template>,
}

/// The properties of a job that decide where its result is.
#[derive(Debug, Clone, Copy)]
pub struct Lookup<'a> {
    /// The job's id at the upstream.
    pub id: Option<&'a str>,
    /// The application.
    pub app: Option<&'a str>,
    /// The sender.
    pub provider: SenderName,
    /// The URL at which the upstream has announced the result.
    pub response_url: Option<&'a str>,
    /// Whether the job was submitted here.
    pub is_submitted: bool,
}

impl Upstreams {
    /// Returns the query for the result of `job`. It uses the `response_url` of
    /// the submission if that is at this upstream, else the template.
    ///
    /// # Errors
    /// Returns a [`CantAsk`] if there is no such URL, or no key for it.
    pub fn result_of(&self, job: Lookup<'_>) -> Result<UpstreamQuery, CantAsk> {
        if let Some(ask) = job.response_url.and_then(|url| self.at_response_url(url)) {
            return ask;
        }
        let id = job.id.ok_or(CantAsk::NoId)?;
        if let Some(template) = &self.result_url {
            let url = template.fill(job.app, id)?;
            let owner = self.owner(&url);
            let key = owner.and_then(|upstream| upstream.key.clone());
            let scheme = owner.map_or(Scheme::Bearer, |upstream| upstream.scheme);
            return Ok(UpstreamQuery { url, key, scheme, headers: Vec::new() });
        }
        // The queues give no other ids than plain ones.
        let id = Some(id).filter(|id| is_valid_name(id)).ok_or(CantAsk::BadId)?;
        let (upstream, app) = match (job.provider, &self.fal_ai) {
            (SenderName::PIPELET, _) => (self.of_id(id)?, job.app),
            (SenderName::FAL, Some(own)) => (own, job.app.map(without_endpoint)),
            (SenderName::FAL, None) => (self.fal()?, job.app),
            _ => return Err(CantAsk::NoUpstream),
        };
        let template = Template(format!("{}/{{app}}/requests/{{id}}", bare(&upstream.base)));
        upstream.ask(template.fill(app, id)?)
    }

    /// Returns the query for the status of the job whose result `ask` queries.
    #[must_use]
    pub fn status_of(ask: &UpstreamQuery) -> UpstreamQuery {
        let mut url = ask.url.clone();
        let path = format!("{}{STATUS}", url.path().trim_end_matches('/'));
        url.set_path(&path);
        UpstreamQuery { url, ..ask.clone() }
    }

    /// Returns the query for a fresh URL of the file of `job` that was at
    /// `source`.
    ///
    /// # Errors
    /// Returns a [`CantAsk`] if the file is not the upstream's, if it belongs to
    /// another job, or if there is no key.
    pub fn download_of(&self, job: Lookup<'_>, source: &str) -> Result<UpstreamQuery, CantAsk> {
        let upstream = self.fal.as_ref().ok_or(CantAsk::BadUrl("UPSTREAM_FAL_URL"))?;
        let found = bucket_and_key(source).filter(|(_, key)| may_be_of(job, key));
        let (bucket, key) = found.ok_or(CantAsk::OtherFile)?;
        let base = bare(&upstream.base);
        let base = base.strip_suffix("/queue").ok_or(CantAsk::BadUrl("UPSTREAM_FAL_URL"))?;
        let url = Url::parse(&format!("{base}/download/{bucket}/{key}"));
        let url = url.map_err(|_| CantAsk::OtherFile)?;
        // Dots in the key may lead out of the bucket.
        let is_inside = url.origin() == upstream.base.origin()
            && url.as_str().starts_with(&format!("{base}/download/{bucket}/"));
        if !is_inside {
            return Err(CantAsk::OtherFile);
        }
        upstream.ask(url)
    }

    /// Returns the query at the result's URL that a submission's answer names.
    /// The text may come from anyone, so a URL of another origin is not used.
    pub(crate) fn at_response_url(&self, text: &str) -> Option<Result<UpstreamQuery, CantAsk>> {
        let url = strict_url::read(text).ok()?;
        if !url.username().is_empty() || url.password().is_some() {
            return None;
        }
        let upstream = self.owner(&url)?;
        Some(upstream.ask(url))
    }

    /// Returns the upstream at a URL's origin. If two share the origin, the one
    /// counts whose path is a prefix of the URL's.
    fn owner(&self, url: &Url) -> Option<&Upstream> {
        let all = [&self.fal, &self.queue, &self.fal_ai];
        let mut owners: Vec<&Upstream> = all.into_iter().flatten().collect();
        owners.retain(|upstream| upstream.base.origin() == url.origin());
        let continued = owners.iter().find(|upstream| upstream.is_above(url));
        continued.or(owners.first()).copied()
    }

    /// Returns the queue that replaces fal.ai's own.
    fn fal(&self) -> Result<&Upstream, CantAsk> {
        self.fal.as_ref().ok_or(CantAsk::BadUrl("UPSTREAM_FAL_URL"))
    }

    /// Returns the queue of an id: numbers belong to the batch queue, all other
    /// ids to the fal queue.
    fn of_id(&self, id: &str) -> Result<&Upstream, CantAsk> {
        if id.bytes().all(|b| b.is_ascii_digit()) {
            self.queue.as_ref().ok_or(CantAsk::BadUrl("UPSTREAM_QUEUE_URL"))
        } else {
            self.fal()
        }
    }
}

impl Upstream {
    /// Returns the query at `url`, which is at this upstream.
    ///
    /// # Errors
    /// Returns [`CantAsk::NoKey`] if the upstream has no key.
    pub fn ask(&self, url: Url) -> Result<UpstreamQuery, CantAsk> {
        Ok(UpstreamQuery { url, key: Some(self.key()?), scheme: self.scheme, headers: Vec::new() })
    }

    fn key(&self) -> Result<String, CantAsk> {
        self.key.clone().ok_or(CantAsk::NoKey(self.key_name))
    }

    fn is_above(&self, url: &Url) -> bool {
        let base = self.base.path().trim_end_matches('/');
        url.path().strip_prefix(base).is_some_and(|rest| rest.starts_with('/'))
    }
}

/// Returns the bucket and the key of an output file of the upstream. On an R2
/// host the bucket is the first label and the path is `/outputs/…`; elsewhere
/// the path is `/{bucket}/outputs/…`.
fn bucket_and_key(source: &str) -> Option<(String, String)> {
    let url = strict_url::read(source).ok()?;
    let host = url.host_str()?;
    let path = url.path().strip_prefix('/')?;
    let account = host.strip_suffix(R2_SUFFIX);
    let (bucket, key) = match account.and_then(|name| name.split_once('.')) {
        Some((bucket, _)) => (bucket, path),
        None => path.split_once('/')?,
    };
    let is_output = correlate::is_output_key(key);
    (is_output && !bucket.is_empty()).then(|| (bucket.to_owned(), key.to_owned()))
}

/// Returns whether the file at `key` may belong to `job`. The sender of a
/// submitted job's results must not get another job's files with this vault's
/// key. For any other job all names are accepted, because its senders have
/// access to all jobs.
fn may_be_of(job: Lookup<'_>, key: &str) -> bool {
    let path = percent::decode(key);
    let mut ids = path.split('/').filter_map(correlate::split_output_name).map(|(id, _)| id);
    !job.is_submitted || ids.all(|id| job.id == Some(id))
}

#[cfg(test)]
mod tests {
    use super::queue::Queue;
    use super::*;
    use crate::domain::fixtures;
    use crate::domain::job::record::Job;
    use crate::domain::job::submission::Submission;
    use crate::domain::time::Timestamp;

    fn upstream(base: &str, key: Option<&str>, key_name: &'static str) -> Upstream {
        let base = Url::parse(base).unwrap();
        Upstream { base, key: key.map(str::to_owned), key_name, scheme: Scheme::Bearer }
    }

    fn upstreams() -> Upstreams {
        Upstreams {
            queue: Some(upstream("https://batch.pipelet.net/queue", Some("q"), "UPSTREAM_API_KEY")),
            fal: Some(upstream("https://api.pipelet.ai/fal/queue", Some("f"), "UPSTREAM_FAL_KEY")),
            fal_ai: None,
            result_url: None,
        }
    }

    fn job(id: &str, app: Option<&str>) -> Job {
        Job { id: Some(id.into()), app: app.map(str::to_owned), ..fixtures::job() }
    }

    fn asked(upstreams: &Upstreams, job: &Job) -> Result<(String, String), CantAsk> {
        let ask = upstreams.result_of(job.lookup())?;
        Ok((ask.url.into(), ask.key.unwrap_or_default()))
    }

    #[test]
    fn each_queue_is_asked_with_its_own_key() {
        let (all, pair) = (upstreams(), |url: &str, key: &str| Ok((url.into(), key.into())));
        let want = "https://batch.pipelet.net/queue/wan22-fast-t2v/requests/12";
        assert_eq!(asked(&all, &job("12", Some("wan22-fast-t2v"))), pair(want, "q"));
        let want = "https://api.pipelet.ai/fal/queue/o/m/requests/rn5r";
        assert_eq!(asked(&all, &job("rn5r", Some("o/m"))), pair(want, "f"));
        let status =
            Upstreams::status_of(&all.result_of(job("rn5r", Some("o/m")).lookup()).unwrap());
        assert_eq!(status.url.as_str(), format!("{want}/status"));
    }

    #[test]
    fn fal_ai_has_requests_below_the_application_alone() {
        let own = Upstream {
            scheme: Scheme::Key,
            ..upstream("https://queue.fal.run", Some("own"), "FAL_KEY")
        };
        let all = Upstreams { fal_ai: Some(own), ..upstreams() };
        let fal = |app: &str| Job { provider: SenderName::FAL, ..job("r7", Some(app)) };
        for (app, path) in [
            ("fal-ai/flux", "fal-ai/flux"),
            ("fal-ai/flux/dev", "fal-ai/flux"),
            ("fal-ai/flux/dev/image-to-image", "fal-ai/flux"),
            ("workflows/o/w/sub", "workflows/o/w"),
            ("comfy/o/w", "comfy/o/w"),
        ] {
            let want = format!("https://queue.fal.run/{path}/requests/r7");
            assert_eq!(asked(&all, &fal(app)), Ok((want, "own".into())), "{app}");
        }
        let want = "https://api.pipelet.ai/fal/queue/fal-ai/flux/dev/requests/r7";
        assert_eq!(asked(&upstreams(), &fal("fal-ai/flux/dev")), Ok((want.into(), "f".into())));
    }

    #[test]
    fn a_missing_setting_is_named() {
        assert_eq!(asked(&upstreams(), &job("12", None)), Err(CantAsk::NoApp));
        let mut none = upstreams();
        none.queue.as_mut().unwrap().key = None;
        let why = asked(&none, &job("12", Some("m"))).unwrap_err();
        assert_eq!(why.why(), "UPSTREAM_API_KEY is not set");
        none.queue = None;
        let why = asked(&none, &job("12", Some("m"))).unwrap_err();
        assert_eq!(why.why(), "UPSTREAM_QUEUE_URL is invalid");
        let unknown = Job { id: None, ..fixtures::job() };
        assert_eq!(asked(&upstreams(), &unknown), Err(CantAsk::NoId));
    }

    #[test]
    fn an_application_stays_inside_its_path() {
        for app in ["..", "a/../b", ".", "a//b", ""] {
            assert_eq!(asked(&upstreams(), &job("1", Some(app))), Err(CantAsk::BadApp), "{app}");
        }
        let url = asked(&upstreams(), &job("1", Some("a?b#c@d%2e:e"))).unwrap().0;
        assert_eq!(url, "https://batch.pipelet.net/queue/a%3Fb%23c%40d%252e%3Ae/requests/1");
    }

    #[test]
    fn a_response_url_counts_only_at_the_upstream() {
        let with = |url: &str| Job { response_url: Some(url.into()), ..job("12", Some("m")) };
        let template = "https://batch.pipelet.net/queue/m/requests/12";
        for hostile in [
            "https://evil.example/requests/12",
            "https://batch.pipelet.net.evil.example/",
            "https://batch.pipelet.net@evil.example/",
            "https://u:p@batch.pipelet.net/x",
            "http://batch.pipelet.net/x",
            "https://batch.pipelet.net:8443/x",
            "https://batch.pipelet.net\\@evil.example/",
            "//batch.pipelet.net/x",
            "",
        ] {
            let ask = asked(&upstreams(), &with(hostile));
            assert_eq!(ask, Ok((template.into(), "q".into())), "{hostile}");
        }
        let own = asked(&upstreams(), &with("https://api.pipelet.ai/fal/queue/x/requests/9"));
        let want = "https://api.pipelet.ai/fal/queue/x/requests/9";
        assert_eq!(own, Ok((want.into(), "f".into())));
    }

    #[test]
    fn two_queues_at_one_origin_keep_their_keys() {
        let mut all = upstreams();
        all.fal.as_mut().unwrap().base = Url::parse("https://batch.pipelet.net/fal/queue").unwrap();
        let key = |path: &str| {
            let url = format!("https://batch.pipelet.net{path}");
            all.result_of(Job { response_url: Some(url), ..job("1", None) }.lookup()).unwrap().key
        };
        assert_eq!(key("/queue/m/requests/1").as_deref(), Some("q"));
        assert_eq!(key("/fal/queue/m/requests/1").as_deref(), Some("f"));
    }

    #[test]
    fn the_queues_have_only_plain_ids() {
        assert_eq!(asked(&upstreams(), &job("a~2Fb", Some("m"))), Err(CantAsk::BadId));
    }

    #[test]
    fn a_template_fixes_the_host_of_the_query() {
        for bad in [
            "https://{app}.example/{id}",
            "https://h/x",
            "http://h/{id}",
            "{id}",
            "https://u@h/{id}",
        ] {
            assert_eq!(Template::parse(bad), None, "{bad}");
        }
        let mut all = upstreams();
        all.result_url = Template::parse("https://own.example/r/{id}?m={app}");
        let elsewhere = asked(&all, &job("12", Some("a/b")));
        assert_eq!(elsewhere, Ok(("https://own.example/r/12?m=a/b".into(), String::new())));
        all.result_url = Template::parse("https://api.pipelet.ai/r/{id}");
        let own = asked(&all, &job("12", None));
        assert_eq!(own, Ok(("https://api.pipelet.ai/r/12".into(), "f".into())));
    }

    #[test]
    fn outputs_of_the_upstream_get_fresh_urls() {
        let of = |job: &Job, source: &str| {
            upstreams().download_of(job.lookup(), source).map(|ask| ask.url.to_string())
        };
        let ask = |source: &str| of(&job("8", None), source);
        let r2 = "https://prod-batch-files.ae2b.r2.cloudflarestorage.com";
        let want = "https://api.pipelet.ai/fal/download/prod-batch-files/outputs/free/7_0_a.mp4";
        assert_eq!(ask(&format!("{r2}/outputs/free/7_0_a.mp4?X-Amz-Signature=1")), Ok(want.into()));
        let local = "http://127.0.0.1:9603/prod-batch-files/outputs/free/7_0_a.mp4?x";
        assert_eq!(ask(local), Ok(want.into()));
        for other in ["https://fal.media/a.png", "https://x/y", &format!("{r2}/secret/a"), "x"] {
            assert_eq!(ask(other), Err(CantAsk::OtherFile), "{other}");
        }
        // A submitted job has access to its own files only.
        let mut submitted = job("8", None);
        let (queue, app, at) = (Queue::Batch, "m".to_owned(), Timestamp::from_millis(1));
        submitted.submission = Some(Submission { queue, app, at, answer: None, by_ticket: false });
        for other in ["7_0_a.mp4", "%37_0_a.mp4", "x%2F7%5F0%5fa.mp4", "7_0_a.mp4/b.mp4"] {
            let source = format!("{r2}/outputs/free/{other}");
            assert_eq!(of(&submitted, &source), Err(CantAsk::OtherFile), "{other}");
        }
        for own in ["8_0_a.mp4", "2DPBix_ComfyUI_00008_.png"] {
            assert!(of(&submitted, &format!("{r2}/outputs/free/{own}")).is_ok(), "{own}");
        }
        submitted.id = None;
        assert!(of(&submitted, &format!("{r2}/outputs/free/8_0_a.mp4")).is_err());
    }
}
