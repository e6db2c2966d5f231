//! `ANY /fal/proxy`: fal.ai's server proxy, for web pages that must not hold a
//! key. Only a token or a ticket opens it, because any client can forge an
//! `Origin`.

use super::dispatch::answer;
use super::request::{Pairs, USED_UP, UpstreamRequest, unset, uses};
use crate::domain::access::pass::TokenPass;
use crate::domain::access::redact::{self, Secrets};
use crate::domain::access::ticket::{Scope, Ticket};
use crate::domain::gateway::call::{self, Step};
use crate::domain::gateway::proxy::{
    Kind, OTHER_APP, TARGET, Target, headers_to_send, is_passed_on, is_text, opens, opens_other,
    target,
};
use crate::domain::gateway::submission::Uses;
use crate::domain::gateway::token;
use crate::domain::http::problem::{Code, Problem, ProblemKind};
use crate::domain::protocol::gate::Count;
use crate::domain::upstream::UpstreamQuery;
use crate::domain::upstream::queue::{Queue, Scheme};
use crate::domain::view::sse;
use crate::edge::http::call::Call;
use crate::edge::http::response::Head;
use crate::edge::http::{access, body, response, streaming};
use crate::edge::platform::{self, During, Failure};
use crate::edge::rpc::gate;
use crate::edge::upstream;
use wasm_bindgen::JsValue;
use web_sys::{Request, Response};
use worker::Url;

/// Forwards a call to the URL in its header, if that is at fal.ai.
pub async fn proxy(
    call: &Call<'_>,
    request: &Request,
    in_path: Option<&str>,
) -> Result<Response, Problem> {
    let ticket = match authenticate(call, in_path) {
        Ok(ticket) => ticket,
        Err(problem) if problem.status() == 401 => {
            let answer = words_only(401, "Unauthorized")?;
            for (name, value) in problem.headers() {
                response::set(&answer.headers(), name, &value)?;
            }
            return Ok(answer);
        }
        Err(problem) => return Err(problem),
    };
    let is_fal_ai = call.config.upstreams.fal_ai.is_some();
    let queue = if is_fal_ai { Queue::FalAi } else { Queue::Fal };
    let found = call.header(TARGET).and_then(|text| target(&text, queue));
    match found {
        None => words_only(400, "Invalid request"),
        Some(Target::Queue { call: to, query }) => to_queue(call, request, ticket, to, query).await,
        Some(Target::Other(url, kind)) => pass_on(call, request, ticket.as_ref(), &url, kind).await,
    }
}

/// Returns the ticket that opens the proxy; `None` for the API token.
fn authenticate(call: &Call<'_>, in_path: Option<&str>) -> Result<Option<Ticket>, Problem> {
    let given = in_path.map(str::to_owned).or_else(|| call.query("ticket"));
    let Some(text) = given else { return access::holds_api_token(call).map(|()| None) };
    let ticket = access::read_ticket(call, &text)?;
    match ticket.scope {
        Scope::Proxy => Ok(Some(ticket)),
        _ => Err(access::other_scope()),
    }
}

/// Answers a call of the queue as the queue's own routes do, in fal's dialect.
async fn to_queue(
    call: &Call<'_>,
    request: &Request,
    ticket: Option<Ticket>,
    to: call::Call,
    query: Pairs,
) -> Result<Response, Problem> {
    let apps = ticket.as_ref().and_then(|ticket| ticket.apps.as_deref());
    if apps.is_some_and(|apps| !opens(apps, &to.app, &to.step)) {
        return Err(Problem::new(Code::WrongScope, OTHER_APP));
    }
    let method = request.method();
    if !to.allowed().split(", ").any(|known| known == method) {
        return Err(ProblemKind::MethodNotAllowed(to.allowed()).into());
    }
    let headers = headers_to_send(call.headers.entries(), to.queue);
    let asked = UpstreamRequest::new(call, to, query, headers, Scheme::Key);
    let origin = match &ticket {
        Some(ticket) => ticket_origin(call, ticket, &asked.to.step)?,
        None => call.origin(),
    };
    answer(call, request, UpstreamRequest { origin, ticket, ..asked }).await
}

/// Returns scheme and host for the URLs of a ticket's holder. The holder's own
/// request is not trusted to say where webhooks and files are.
fn ticket_origin(call: &Call<'_>, ticket: &Ticket, step: &Step) -> Result<String, Problem> {
    let known = call.config.public_url.as_ref().or(ticket.origin.as_ref());
    if known.is_none() && *step == Step::Submit {
        return Err(Problem::new(Code::NotConfigured, NO_ORIGIN));
    }
    Ok(known.cloned().unwrap_or_else(|| call.origin()))
}

const NO_ORIGIN: &str = "PUBLIC_URL is not set, and the ticket does not name this host; set \
                         PUBLIC_URL under [vars] in wrangler.toml, or get a new ticket";

/// Answers with only a JSON string, as fal's clients expect from a proxy.
fn words_only(status: u16, words: &str) -> Result<Response, Problem> {
    Ok(response::json(status, format!("{words:?}"))?)
}

/// Forwards a call that is not to a queue, without changes.
async fn pass_on(
    call: &Call<'_>,
    request: &Request,
    ticket: Option<&Ticket>,
    url: &Url,
    kind: Kind,
) -> Result<Response, Problem> {
    let upstream = call.config.upstreams.of_queue(Queue::FalAi);
    let ask = upstream.and_then(|upstream| upstream.ask(url.clone())).map_err(unset)?;
    if let Some(allowed) = kind.allowed()
        && !allowed.split(", ").any(|known| known == request.method())
    {
        return Err(ProblemKind::MethodNotAllowed(allowed).into());
    }
    let body = match ticket {
        Some(ticket) => body_for(ticket, request, url, kind).await?,
        None => request.body().map(Into::into),
    };
    if let Some(Uses { gate, most }) = ticket.and_then(uses).filter(|_| kind.is_use())
        && !gate::ask(call.env, &gate, Count(most)).await?
    {
        return Err(Problem::new(Code::UsedUp, USED_UP));
    }
    let response = send(call, request, &ask, body).await.map_err(|failure| {
        failure.log();
        Problem::new(Code::UpstreamFailed, "fal.ai can't be reached; try again later")
    })?;
    let status = response.status();
    // A redirect would send the caller here, or elsewhere with what it sends
    // here.
    if !matches!(status, 200..=299 | 400..=599) {
        let text = format!("fal.ai answers with the redirect {status}, which is not followed");
        return Err(Problem::new(Code::UpstreamFailed, text));
    }
    relay(&response, ticket.map(Ticket::pass), call.config.secrets())
}

/// Returns the response as it comes, without some headers, and with the
/// configured secrets masked in a text. A stream of events ends with the
/// ticket.
fn relay(
    response: &Response,
    pass: Option<TokenPass>,
    secrets: &Secrets,
) -> Result<Response, Problem> {
    let from = worker::Headers(response.headers());
    let mut head = Head::new(response.status())?;
    for (name, value) in from.entries().filter(|(name, _)| is_passed_on(name)) {
        head = head.with(&name, &platform::masked(value))?;
    }
    let kind = from.get("content-type").ok().flatten();
    let Some(body) = response.body() else { return Ok(head.empty()?) };
    if !is_text(kind.as_deref()) {
        return Ok(head.body(&body)?);
    }
    let parts = streaming::masked(body.into(), redact::Stream::of_values(secrets.clone()));
    let body = match pass.filter(|_| sse::is_wanted(kind.as_deref())) {
        Some(pass) => streaming::body_of(streaming::until_its_end(parts, pass))?,
        None => streaming::body_of(parts)?,
    };
    Ok(head.body(&body)?)
}

/// Returns the body to forward, if the ticket allows the call. Only the request
/// for a token is read.
async fn body_for(
    ticket: &Ticket,
    request: &Request,
    url: &Url,
    kind: Kind,
) -> Result<Option<JsValue>, Problem> {
    opens_other(ticket, url, kind)?;
    if kind != Kind::Token {
        return Ok(request.body().map(Into::into));
    }
    let asked = body::read_small(request, token::MAX_BYTES).await?;
    let body = token::within(ticket, &asked, platform::now())?;
    Ok(Some(JsValue::from_str(&body)))
}

async fn send(
    call: &Call<'_>,
    request: &Request,
    ask: &UpstreamQuery,
    body: Option<JsValue>,
) -> Result<Response, Failure> {
    let headers = headers_to_send(call.headers.entries(), Queue::FalAi);
    let sent = upstream::relay(ask, &request.method(), &headers)?;
    let sent = match body {
        Some(body) => sent.body(&body),
        None => sent,
    };
    let answer = sent.fetch(ask.url.as_str()).await;
    answer.map_err(worker::Error::from).during("passing on to fal.ai")
}
