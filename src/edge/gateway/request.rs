//! A call that goes to the upstream, shared by all parts of the gateway.

use crate::domain::access::hook_url;
use crate::domain::access::pass::TokenPass;
use crate::domain::access::ticket::Ticket;
use crate::domain::config::Config;
use crate::domain::gateway::call;
use crate::domain::gateway::links::RequestRoutes;
use crate::domain::gateway::submission::Uses;
use crate::domain::http::problem::{Code, Problem};
use crate::domain::job::record::Job;
use crate::domain::names::ObjectName;
use crate::domain::protocol::outcome::Resolved;
use crate::domain::protocol::read::{JobRead, Read};
use crate::domain::upstream::queue::Scheme;
use crate::domain::upstream::template::CantAsk;
use crate::edge::http::access;
use crate::edge::http::call::Call;
use crate::edge::platform;
use crate::edge::rpc::{job, lookup};
use worker::Env;

/// The error for the holder of a ticket without uses left.
pub const USED_UP: &str = "the ticket's submissions are used up; get a new one";
/// Names and their values.
pub type Pairs = Vec<(String, String)>;

/// A call that goes to the upstream.
pub struct UpstreamRequest {
    /// The bindings.
    pub env: Env,
    /// The configuration.
    pub config: Config,
    /// Scheme and host of the request; with a ticket, those of the ticket's
    /// owner.
    pub origin: String,
    /// The request's headers that are forwarded.
    pub headers: Pairs,
    /// The queue, application and step of the call.
    pub to: call::Call,
    /// The query.
    pub query: Pairs,
    /// How the caller writes its token, which also shows which client it is.
    pub scheme: Scheme,
    /// The ticket that lets the caller in; `None` for the API token.
    pub ticket: Option<Ticket>,
    /// The pass of the API token, used without a ticket.
    pub token: TokenPass,
}

impl UpstreamRequest {
    /// Makes a call that the API token lets in.
    pub fn new(
        call: &Call<'_>,
        to: call::Call,
        query: Pairs,
        headers: Pairs,
        scheme: Scheme,
    ) -> Self {
        Self {
            env: call.env.clone(),
            config: call.config.clone(),
            origin: call.origin(),
            headers,
            to,
            query,
            scheme,
            ticket: None,
            token: access::token_pass(call),
        }
    }

    /// Returns the pass that lets the caller in, for a lasting connection.
    pub fn pass(&self) -> TokenPass {
        self.ticket.as_ref().map_or(self.token, Ticket::pass)
    }

    /// Returns scheme and host of this vault's URLs.
    pub fn base(&self) -> &str {
        self.config.base_url(&self.origin)
    }

    /// Returns whether a job may belong to the route: not if it is another
    /// queue's.
    fn is_for(&self, job: &Job) -> bool {
        let queue = job.submission.as_ref().map_or(self.to.queue, |of| of.queue);
        queue.prefix() == self.to.queue.prefix()
    }

    /// Returns whether the caller may ask about a job. An unknown job was not
    /// submitted with a ticket.
    pub fn may_ask_about(&self, job: Option<&Job>) -> bool {
        let Some(ticket) = &self.ticket else { return true };
        let submission = job.and_then(|job| job.submission.as_ref());
        submission.is_some_and(|submission| submission.is_open_to(ticket))
    }
}

/// Reads how the caller writes its token: fal's clients write `Key …`.
pub fn scheme(header: Option<&str>) -> Scheme {
    let word = header.and_then(|header| header.trim().split(' ').next());
    match word {
        Some(word) if word.eq_ignore_ascii_case("key") => Scheme::Key,
        _ => Scheme::Bearer,
    }
}

/// Returns where this vault has the routes of a request.
pub fn place<'a>(asked: &'a UpstreamRequest, id: &'a str) -> RequestRoutes<'a> {
    let base = asked.base();
    RequestRoutes { base, queue: asked.to.queue, app: &asked.to.app, id }
}

/// Reads the job of a request and its result, if the vault knows it.
pub async fn known(
    asked: &UpstreamRequest,
    id: &str,
) -> Result<Option<(Job, Option<String>)>, Problem> {
    let Some(name) = ObjectName::id(id) else { return Ok(None) };
    let found = job::ask_job(&asked.env, &name, Read).await?;
    let job = if let Resolved::Here(read) = &found { Some(&*read.job) } else { None };
    if !asked.may_ask_about(job) {
        return Err(Problem::new(
            Code::WrongScope,
            "the ticket is for other requests; get one for this job",
        ));
    }
    match found {
        // Two queues may use the same id.
        Resolved::Here(JobRead { job, .. }) if !asked.is_for(&job) => Ok(None),
        Resolved::Here(JobRead { job, result }) => Ok(Some((*job, result))),
        Resolved::Deleted(_) => Err(lookup::deleted(&name)),
        Resolved::Missing => Ok(None),
    }
}

/// Returns the problem that says what the operator must set before the upstream
/// can be asked.
pub fn unset(why: CantAsk) -> Problem {
    match why {
        CantAsk::BadApp => Problem::new(
            Code::BadParameter,
            "the application can't be part of a URL; correct it in the path",
        ),
        CantAsk::NoKey(name) => Problem::new(
            Code::NotConfigured,
            format!("{}; set it with `npx wrangler secret put {name}`", why.why()),
        ),
        _ => {
            Problem::new(Code::NotConfigured, format!("{}; correct it in wrangler.toml", why.why()))
        }
    }
}

/// Returns a reference that nobody can guess, for a job of the gateway.
pub fn fresh_reference() -> String {
    hook_url::reference(platform::random())
}

/// Returns the uses of a ticket, if it has a limit.
pub fn uses(ticket: &Ticket) -> Option<Uses> {
    let most = ticket.count?;
    Some(Uses { gate: format!("ticket:{}", ticket.id), most })
}
