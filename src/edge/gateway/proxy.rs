//! `ANY /fal/proxy`: fal.ai's server proxy, for web pages that must not hold a
//! key. Only a token or a ticket opens it: any page can write an `Origin`.

use super::{Asked, answer};
use crate::domain::error::Problem;
use crate::domain::gateway::Queue;
use crate::domain::gateway::call::Step;
use crate::domain::gateway::proxy::{TARGET, Target, is_among, target};
use crate::domain::protocol::{Command, Reply};
use crate::domain::ticket::{Scope, Ticket};
use crate::domain::upstream::Scheme;
use crate::edge::http::{self, Call};
use crate::edge::platform::{self, During, Failure};
use crate::edge::{access, job_client};
use worker::{
    Fetch, Headers, Method, Request, RequestInit, RequestRedirect, Response, ResponseBody,
};

/// The header that tells fal.ai through what a call came.
const CLIENT: &str = "x-fal-client-proxy";

/// Passes a call on to where its header says, if that is at fal.ai.
pub async fn proxy(
    call: &Call<'_>,
    request: &mut Request,
    in_path: Option<&str>,
) -> Result<Response, Problem> {
    let Ok(ticket) = authenticate(call, in_path) else { return said(401, "Unauthorized") };
    let is_fal_ai = call.config.upstreams.fal_ai.is_some();
    let queue = if is_fal_ai { Queue::FalAi } else { Queue::Fal };
    let found = call.header(TARGET).and_then(|text| target(&text, queue));
    let Some(found) = found else { return said(400, "Invalid request") };
    match found {
        Target::Queue { call: to, query } => {
            if let Some(ticket) = &ticket {
                let is_submission = to.step == Step::Submit;
                limit(call, ticket, &to.app, is_submission).await?;
            }
            let method = request.inner().method();
            if !to.allowed().split(", ").any(|known| known == method) {
                return Err(Problem::MethodNotAllowed(to.allowed()));
            }
            answer(call, request, Asked::new(call, to, query, Scheme::Key)).await
        }
        Target::Other(url) => {
            if let Some(ticket) = &ticket {
                limit(call, ticket, url.path().trim_matches('/'), true).await?;
            }
            pass_on(call, request, url.as_str()).await
        }
    }
}

/// The ticket that opens the proxy; `None` for the API token itself.
fn authenticate(call: &Call<'_>, in_path: Option<&str>) -> Result<Option<Ticket>, Problem> {
    let given = in_path.map(str::to_owned).or_else(|| call.query("ticket"));
    let Some(text) = given else { return access::holds_api_token(call).map(|()| None) };
    let tokens = call.config.api.as_ref().map_err(Clone::clone)?;
    let ticket = Ticket::read(&text, tokens, platform::now());
    let ticket = ticket.map_err(|_| Problem::Unauthorized("the ticket does not count"))?;
    match ticket.scope {
        Scope::Proxy => Ok(Some(ticket)),
        _ => Err(Problem::Forbidden("the ticket is for something else")),
    }
}

/// Checks what a ticket allows: its applications, and for what costs something
/// its uses.
async fn limit(call: &Call<'_>, ticket: &Ticket, app: &str, is_use: bool) -> Result<(), Problem> {
    if ticket.apps.as_ref().is_some_and(|apps| !is_among(app, apps)) {
        return Err(Problem::Forbidden("the ticket is not for this application"));
    }
    let Some(most) = ticket.count.filter(|_| is_use) else { return Ok(()) };
    let gate = format!("ticket:{}", ticket.id);
    match job_client::ask_gate(call.env, &gate, Command::Count(most)).await? {
        Reply::Counted(true) => Ok(()),
        _ => Err(Problem::Forbidden("the ticket's submissions are used up")),
    }
}

/// What fal's clients expect of a proxy: the words alone, as JSON.
fn said(status: u16, words: &str) -> Result<Response, Problem> {
    Ok(http::json(status, format!("{words:?}"))?)
}

/// What is no queue's is not looked at: bytes go through as they come.
async fn pass_on(call: &Call<'_>, request: &Request, url: &str) -> Result<Response, Problem> {
    let upstream = call.config.upstreams.of_queue(Queue::FalAi).map_err(super::unset)?;
    let key = upstream.key.clone().unwrap_or_default();
    let response = send(call, request, url, &upstream.scheme.with(&key)).await;
    let response = response.map_err(|Failure(text)| {
        platform::log_error(&text);
        Problem::BadGateway("fal.ai can't be reached".to_owned())
    })?;
    let headers = response.headers().clone();
    for name in ["content-length", "content-encoding", "set-cookie"] {
        headers.delete(name).during("building the answer")?;
    }
    let (status, body) = (response.status_code(), response.body().clone());
    let built = match body {
        ResponseBody::Empty => Response::empty(),
        body => Response::from_body(body),
    };
    Ok(built.during("building the answer")?.with_status(status).with_headers(headers))
}

async fn send(
    call: &Call<'_>,
    request: &Request,
    url: &str,
    authorization: &str,
) -> Result<Response, Failure> {
    let what = "passing on to fal.ai";
    let headers = Headers::new();
    let passed =
        call.headers.entries().filter(|(name, _)| name.starts_with("x-fal-") && name != TARGET);
    for (name, value) in passed {
        headers.set(&name, &value).during(what)?;
    }
    for name in ["accept", "content-type"] {
        let given = call.header(name).unwrap_or_else(|| "application/json".to_owned());
        headers.set(name, &given).during(what)?;
    }
    if let Some(agent) = call.header("user-agent") {
        headers.set("user-agent", &agent).during(what)?;
    }
    headers.set(CLIENT, "hookvault").during(what)?;
    headers.set("authorization", authorization).during(what)?;
    let mut init = RequestInit::new();
    init.with_method(Method::from(request.inner().method())).with_headers(headers);
    init.with_redirect(RequestRedirect::Manual);
    init.with_body(request.inner().body().map(Into::into));
    let request = Request::new_with_init(url, &init).during(what)?;
    Fetch::Request(request).send().await.during(what)
}
