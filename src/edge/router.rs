//! Passes requests to handlers and turns problems into responses. Only this
//! file sets the status of a failure, and only `entry` imports it.

use crate::domain::access::hook_url::is_hook;
use crate::domain::config::Config;
use crate::domain::http::problem::{Code, Problem, ProblemKind};
use crate::domain::route::parse::route;
use crate::domain::route::{Access, Route, RouteError, is_gateway};
use crate::edge::api::{
    bulk, export, list, live, manage, metrics, read, restore, tickets, timeline,
};
use crate::edge::http::access;
use crate::edge::http::call::Call;
use crate::edge::http::response::{Head, base, json, text};
use crate::edge::ingest::{hook, import, rejections, unmatched};
use crate::edge::platform::{self, During, Failure};
use crate::edge::{doctor, files, gateway};
use web_sys::{Request, Response};
use worker::{Context, Env, Headers};

/// Answers a request, even if a handler fails.
///
/// The request is the platform's own type, because `worker::Request` copies
/// parts of it that few routes need.
pub async fn answer(request: &Request, env: &Env, context: &Context) -> Result<Response, Failure> {
    let config = platform::config(env);
    let response = match dispatch(request, env, &config, context).await {
        Ok(response) => response,
        Err(problem) => refuse(&problem, request)?,
    };
    let origin = request.headers().get("origin").ok().flatten();
    let cors = config.cors.headers(origin.as_deref());
    // A page can't read the headers of a WebSocket's response.
    if response.status() == 101 {
        return Ok(response);
    }
    let headers = response.headers();
    let cors = cors.iter().try_for_each(|(name, value)| headers.append(name, value));
    cors.map_err(worker::Error::from).during("building the answer")?;
    Ok(response)
}

async fn dispatch(
    request: &Request,
    env: &Env,
    config: &Config,
    context: &Context,
) -> Result<Response, Problem> {
    let url = worker::Url::parse(&request.url()).during("reading the request's URL")?;
    // `worker::Method` turns unknown methods into GET.
    let method = request.method();
    let headers = Headers(request.headers());
    let call = Call { env, config, head: method == "HEAD", headers, url, context };
    let end = serve(&call, request, &method, context).await;
    if is_hook(call.url.path()) {
        return end.inspect_err(|problem| report(&call, problem, context));
    }
    end
}

async fn serve(
    call: &Call<'_>,
    request: &Request,
    method: &str,
    context: &Context,
) -> Result<Response, Problem> {
    let found = route(method, call.url.path());
    let route = found.map_err(|refused| explain(refused, call))?;
    let scope = route.scope();
    access::check(call, route.access(), scope.as_ref())?;
    if let Some(known) = route.parameters() {
        call.only_parameters(known, scope.is_some())?;
    }
    match route {
        Route::Hook { token, reference } => {
            hook::receive(call, request, token.as_deref(), reference).await
        }
        Route::Jobs => list::list(call).await,
        Route::Import => import::import(call, request).await,
        Route::Job(name) => read::record(call, &name).await,
        Route::Delete(name) => manage::delete(call, &name).await,
        Route::Archive(name) => manage::archive(call, &name).await,
        Route::HandOff(name) => manage::hand_off(call, &name).await,
        Route::Links(name) => manage::links(call, &name).await,
        Route::Result(name) => read::result(call, &name).await,
        Route::Events(name) => timeline::events(call, &name).await,
        Route::EventBody(name, n) => read::event_body(call, &name, n).await,
        Route::File { job, nonce, n, name } => {
            files::serve(call, &files::Link { job, nonce, n, name }).await
        }
        Route::Unmatched => unmatched::list(call).await,
        Route::UnmatchedBody(key) => unmatched::body(call, &key).await,
        Route::Assign(key) => unmatched::assign(call, &key).await,
        Route::DropUnmatched(key) => unmatched::delete(call, &key).await,
        Route::Live => live::watch(call).await,
        Route::Stats => list::stats(call).await,
        Route::ArchiveMany => bulk::archive(call).await,
        Route::Metrics => metrics::metrics(call).await,
        Route::Export => Box::pin(export::export(call)).await,
        Route::Refused => rejections::list(call).await,
        Route::Doctor => Box::pin(doctor::doctor(call, context)).await,
        Route::Restore => restore::restore(call).await,
        Route::Tickets => tickets::make(call, request).await,
        Route::WhoAmI => Ok(json(200, access::whoami(call))?),
        Route::Gateway(to) => Box::pin(gateway::gateway(call, request, to)).await,
        Route::Proxy { ticket } => Box::pin(gateway::proxy(call, request, ticket.as_deref())).await,
        Route::Health => Ok(text("ok\n")?),
        Route::Home => Ok(text(HOME)?),
        Route::Options(allow) => Ok(options(call, allow)?),
    }
}

/// Records a refused delivery for the owner. Its sender does not wait for that.
fn report(call: &Call<'_>, problem: &Problem, context: &Context) {
    if let Some(report) = rejections::report(call, problem) {
        context.wait_until(rejections::note(call.env.clone(), report));
    }
}

/// Answers `OPTIONS`: the methods of the route and, for a web page, the
/// preflight.
fn options(call: &Call<'_>, allow: &str) -> Result<Response, Failure> {
    let origin = call.header("origin");
    let names = call.header("access-control-request-headers").unwrap_or_default();
    let head = Head::new(204)?.with("allow", allow)?;
    let cors = call.config.cors.preflight(origin.as_deref(), allow, &names);
    cors.iter().try_fold(head, |head, (name, value)| head.with(name, value))?.empty()
}

const HOME: &str = "hookvault: give POST /hook/{HOOK_TOKEN} to a queue as its webhook, \
                    read GET /jobs/{id} and the files it names.\n";

/// Returns the problem of a path. For a path that is not a route, it reveals
/// nothing about ids to strangers.
fn explain(refused: RouteError, call: &Call<'_>) -> Problem {
    match refused {
        RouteError::NotFound => {
            Problem::new(Code::NoSuchRoute, "the path is not a route; see /openapi.json")
        }
        RouteError::MethodNotAllowed(allow) => ProblemKind::MethodNotAllowed(allow).into(),
        RouteError::BadName(name) => match access::check(call, Access::Read, None) {
            Ok(()) => Problem::new(
                Code::NoSuchJob,
                format!("{name:?} is not a job id or `ref:` and a reference"),
            ),
            Err(problem) => problem,
        },
    }
}

/// Answers with a problem; on the gateway's routes as plain JSON, which the
/// queues' clients expect.
fn refuse(problem: &Problem, request: &Request) -> Result<Response, Failure> {
    if let ProblemKind::Internal(text) = problem.kind() {
        platform::log_error(text);
    }
    let is_gateway = worker::Url::parse(&request.url()).is_ok_and(|url| is_gateway(url.path()));
    let (content_type, body) = if is_gateway {
        ("application/json", problem.plain_body())
    } else {
        ("application/problem+json", problem.body())
    };
    let head = base(problem.status(), content_type)?;
    let headers = problem.headers();
    let head = headers.iter().try_fold(head, |head, (name, value)| head.with(name, value))?;
    head.bytes(platform::masked(body).as_bytes())
}
