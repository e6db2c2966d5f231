//! Routes to handlers, problems to responses. The only place where the status
//! of a failure is set.

use crate::domain::access::pass::Pass;
use crate::domain::access::redact;
use crate::domain::config::{BadSecret, Config};
use crate::domain::gateway::submission::Answer;
use crate::domain::http::problem::{Code, Problem};
use crate::domain::route::{Access, LISTS, Refused, Route, is_gateway, is_hook, route};
use crate::domain::time::Timestamp;
use crate::edge::api::{
    bulk, export, list, live, manage, metrics, read, restore, tickets, timeline,
};
use crate::edge::http::access;
use crate::edge::http::unpack::unpack;
use crate::edge::ingest::{hook, import, rejections, unmatched};
use crate::edge::platform::{self, During, Failure};
use crate::edge::{doctor, files, gateway};
use futures_util::future::{Either, ready, select};
use futures_util::{Stream, StreamExt, stream};
use js_sys::Uint8Array;
use std::borrow::Cow;
use std::ops::RangeInclusive;
use std::pin::pin;
use wasm_bindgen_futures::JsFuture;
use web_sys::Request;
use worker::{ByteStream, Context, Env, Headers, Response, ResponseBody, ResponseBuilder};

/// How a time can be written.
const TIMES: &str = "a day like 2025-12-27, a time like 2025-12-27T22:39:35Z (or `%2B01:00` in \
                     the place of `Z`), or milliseconds since 1970";
/// Longest label, in characters.
const MAX_LABEL_CHARS: usize = 100;

/// The answer to a `?cursor=` that is made up.
pub const BAD_CURSOR: Problem =
    Problem::Told(Code::BadParameter, Cow::Borrowed("`cursor` is none that this route has given"));

/// What a handler works with.
pub struct Call<'a> {
    /// The bindings.
    pub env: &'a Env,
    /// The configuration.
    pub config: &'a Config,
    /// The request's URL, for its query and origin.
    pub url: worker::Url,
    /// The request's headers.
    pub headers: Headers,
    /// Whether only the head of the answer is wanted.
    pub head: bool,
}

impl Call<'_> {
    /// Scheme and host of the request.
    pub fn origin(&self) -> String {
        self.url.origin().ascii_serialization()
    }

    /// A request header.
    pub fn header(&self, name: &str) -> Option<String> {
        self.headers.get(name).ok().flatten()
    }

    /// The first value of a query parameter.
    pub fn query(&self, name: &str) -> Option<String> {
        self.url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }

    /// All values of a query parameter that takes a list, as a comma list.
    pub fn list(&self, name: &str) -> Option<String> {
        let values = self.url.query_pairs().filter(|(key, _)| key == name);
        let values: Vec<_> = values.map(|(_, value)| value).collect();
        (!values.is_empty()).then(|| values.join(","))
    }

    /// A query parameter that is a whole number.
    pub fn number(&self, name: &str, default: u32) -> Result<u32, Problem> {
        let Some(text) = self.query(name) else {
            return Ok(default);
        };
        text.parse().map_err(|_| {
            Problem::bad_parameter(format!("`{name}` is {text:?}; it must be a whole number"))
        })
    }

    /// `?cursor=`, as the bucket has given it.
    pub fn cursor(&self) -> Result<Option<String>, Problem> {
        match self.query("cursor") {
            Some(text) if text.is_empty() => {
                Err(Problem::new(Code::BadParameter, "`cursor` is empty; leave it out to begin"))
            }
            cursor => Ok(cursor),
        }
    }

    /// A query parameter that is a time.
    pub fn time(&self, name: &str) -> Result<Option<Timestamp>, Problem> {
        let Some(text) = self.query(name) else { return Ok(None) };
        Timestamp::parse(&text).map(Some).ok_or_else(|| {
            Problem::bad_parameter(format!("`{name}` is {text:?}; it must be a time: {TIMES}"))
        })
    }

    /// A query parameter that is a whole number within a range.
    pub fn number_in(
        &self,
        name: &str,
        default: u32,
        range: RangeInclusive<u32>,
    ) -> Result<u32, Problem> {
        let number = self.number(name, default)?;
        if range.contains(&number) {
            return Ok(number);
        }
        let (least, most) = range.into_inner();
        Err(Problem::bad_parameter(format!("`{name}` is {number}; it can be {least} to {most}")))
    }

    /// Refuses parameters that are not known, and those that are there twice:
    /// they must not look as if they had counted.
    fn only_parameters(&self, known: &[&str], takes_tickets: bool) -> Result<(), Problem> {
        let mut seen = Vec::new();
        for (key, _) in self.url.query_pairs() {
            if !(known.contains(&key.as_ref()) || takes_tickets && key == "ticket") {
                return Err(Problem::new(Code::UnknownParameter, unknown(&key, known)));
            }
            if seen.contains(&key) && !LISTS.contains(&key.as_ref()) {
                return Err(Problem::bad_parameter(format!("`{key}` can be given once")));
            }
            seen.push(key);
        }
        Ok(())
    }

    /// A label (`?app=`, `?tag=`) as the record keeps it; a URL in it loses its
    /// secrets first.
    pub fn label(&self, text: &str) -> String {
        let masked = self.config.secrets().mask(text);
        masked.chars().filter(|c| !c.is_control()).take(MAX_LABEL_CHARS).collect()
    }
}

fn unknown(key: &str, known: &[&str]) -> String {
    let shown: String = key.chars().take(40).collect();
    let known: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
    let takes = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    format!("{shown:?} is no parameter of this route; it takes {takes}")
}

impl From<BadSecret> for Problem {
    fn from(bad: BadSecret) -> Self {
        Self::Misconfigured(bad)
    }
}

/// Answers a request, whatever happens.
///
/// The request is the platform's own: `worker::Request` copies of it what few
/// routes ask for.
pub async fn answer(request: &Request, env: &Env, context: &Context) -> worker::Result<Response> {
    let config = platform::config(env);
    let response = match dispatch(request, env, &config, context).await {
        Ok(response) => response,
        Err(problem) => refuse(&problem, request)?,
    };
    let origin = request.headers().get("origin").ok().flatten();
    let told = config.cors.headers(origin.as_deref());
    // A WebSocket is no answer that a page reads by its headers.
    if told.is_empty() || response.status_code() == 101 {
        return Ok(response);
    }
    // Those of an answer that an object gave can't be changed.
    let headers = response.headers().clone();
    told.iter().try_for_each(|(name, value)| headers.append(name, value))?;
    Ok(response.with_headers(headers))
}

async fn dispatch(
    request: &Request,
    env: &Env,
    config: &Config,
    context: &Context,
) -> Result<Response, Problem> {
    let url = worker::Url::parse(&request.url()).during("reading the request's URL")?;
    // `worker::Method` takes methods that it does not know for GET.
    let method = request.method();
    let headers = Headers(request.headers());
    let call = Call { env, config, head: method == "HEAD", headers, url };
    let end = serve(&call, request, &method, context).await;
    if is_hook(call.url.path()) {
        return end.inspect_err(|problem| tell(&call, problem, context));
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
        Route::Export => export::export(call),
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

/// The owner is to see that a delivery was refused; its sender does not wait
/// for that.
fn tell(call: &Call<'_>, problem: &Problem, context: &Context) {
    if let Some(report) = rejections::report(call, problem) {
        context.wait_until(rejections::note(call.env.clone(), report));
    }
}

/// `OPTIONS`: what the route takes, and from a web page the preflight.
fn options(call: &Call<'_>, allow: &str) -> Result<Response, Failure> {
    let origin = call.header("origin");
    let names = call.header("access-control-request-headers").unwrap_or_default();
    let mut builder = Response::builder().with_status(204).with_header("allow", allow);
    for (name, value) in call.config.cors.preflight(origin.as_deref(), allow, &names) {
        builder = builder.and_then(|builder| builder.with_header(name, &value));
    }
    Ok(builder.during("building the answer")?.empty())
}

const HOME: &str = "hookvault: give POST /hook/{HOOK_TOKEN} to a queue as its webhook, \
                    read GET /jobs/{id} and the files it names.\n";

/// A path that is no route tells strangers nothing about ids.
fn explain(refused: Refused, call: &Call<'_>) -> Problem {
    match refused {
        Refused::NotFound => Problem::new(Code::NoSuchRoute, "there is no such route"),
        Refused::MethodNotAllowed(allow) => Problem::MethodNotAllowed(allow),
        Refused::BadName(name) => match access::check(call, Access::Read, None) {
            Ok(()) => {
                Problem::new(Code::NoSuchJob, format!("{name:?} can be no job id or reference"))
            }
            Err(problem) => problem,
        },
    }
}

/// On the gateway's routes in plain JSON, as the queues' clients read it.
fn refuse(problem: &Problem, request: &Request) -> worker::Result<Response> {
    if let Problem::Internal(text) = problem {
        platform::log_error(text);
    }
    let is_gateway = worker::Url::parse(&request.url()).is_ok_and(|url| is_gateway(url.path()));
    let (content_type, body) = if is_gateway {
        ("application/json", problem.plain_body())
    } else {
        ("application/problem+json", problem.body())
    };
    let mut builder = base(content_type)?.with_status(problem.status());
    for (name, value) in problem.headers() {
        builder = builder.with_header(name, &value)?;
    }
    Ok(builder.fixed(platform::masked(body).into_bytes()))
}

/// Longest body that is read in one piece. A stream costs many calls out of
/// wasm, but a piece is in memory twice.
const MAX_PIECE: u64 = 256 * 1024;

/// Reads a request's body of at most `limit` bytes, unpacked.
pub async fn read_body(request: &Request, limit: u64) -> Result<Vec<u8>, Problem> {
    let coding = request.headers().get("content-encoding").ok().flatten();
    let sent = read_sent(request, limit).await?;
    Ok(unpack(coding.as_deref(), sent, limit).await?.bytes)
}

/// Reads a request's body of at most `limit` bytes, as it was sent. One that
/// tells its length is not longer: HTTP ends it there.
pub async fn read_sent(request: &Request, limit: u64) -> Result<Vec<u8>, Problem> {
    let declared = request.headers().get("content-length").ok().flatten();
    let declared: Option<u64> = declared.and_then(|text| text.parse().ok());
    if declared.is_some_and(|bytes| bytes > limit) {
        return Err(Problem::BodyTooLarge(limit));
    }
    if declared.is_some_and(|bytes| bytes <= MAX_PIECE) {
        return read_piece(request).await.during("reading the body").map_err(Problem::from);
    }
    let Some(stream) = request.body() else { return Ok(Vec::new()) };
    read_stream(stream.into(), declared.unwrap_or(0), limit).await
}

/// Reads a body whose limit is the route's own, and no setting.
pub async fn read_small(request: &Request, limit: u64) -> Result<Vec<u8>, Problem> {
    read_body(request, limit).await.map_err(|problem| match problem {
        Problem::BodyTooLarge(limit) => {
            Problem::bad_body(format!("the body has more than {limit} bytes"))
        }
        other => other,
    })
}

async fn read_piece(request: &Request) -> worker::Result<Vec<u8>> {
    let buffer = JsFuture::from(request.array_buffer()?).await?;
    Ok(Uint8Array::new(&buffer).to_vec())
}

async fn read_stream(
    mut stream: ByteStream,
    declared: u64,
    limit: u64,
) -> Result<Vec<u8>, Problem> {
    let mut body = Vec::new();
    // Reserving more than there is would panic.
    let room = body.try_reserve_exact(usize::try_from(declared).unwrap_or(usize::MAX));
    room.map_err(|_| Problem::BodyTooLarge(limit))?;
    while let Some(chunk) = stream.next().await {
        body.extend(chunk.during("reading the body")?);
        if body.len() as u64 > limit {
            return Err(Problem::BodyTooLarge(limit));
        }
    }
    Ok(body)
}

fn base(content_type: &str) -> worker::Result<ResponseBuilder> {
    Response::builder()
        .with_header("content-type", content_type)?
        .with_header("cache-control", "no-store")?
        .with_header("x-content-type-options", "nosniff")
}

/// A JSON answer, its secrets masked.
pub fn json(status: u16, body: String) -> Result<Response, Failure> {
    rendered(status, platform::masked(body))
}

/// A JSON answer of what [`crate::domain::view::record`] has rendered and masked, with
/// durable URLs.
pub fn rendered(status: u16, body: String) -> Result<Response, Failure> {
    let builder = base("application/json").during("building the answer")?;
    Ok(builder.with_status(status).fixed(body.into_bytes()))
}

/// A JSON answer with the time, by which its reader can judge this clock.
pub fn dated(body: String, at: Timestamp) -> Result<Response, Failure> {
    let builder = base("application/json");
    let builder = builder.and_then(|builder| builder.with_header("date", &at.to_http()));
    Ok(builder.during("building the answer")?.fixed(body.into_bytes()))
}

/// A record, and where it was read: `edge` or `object`.
pub fn record(body: ResponseBody, source: &str) -> Result<Response, Failure> {
    let builder = base("application/json");
    let builder = builder.and_then(|builder| builder.with_header("x-hookvault-source", source));
    Ok(builder.during("building the answer")?.body(body))
}

/// An answer of the upstream, or one in its place.
pub fn relay(
    answer: &Answer,
    headers: &[(&str, String)],
    body: ResponseBody,
) -> Result<Response, Failure> {
    let what = "building the answer";
    let content_type = answer.content_type.as_deref().unwrap_or("application/json");
    let mut builder = base(content_type).during(what)?.with_status(answer.status);
    let retry_after = answer.retry_after.clone().map(|wish| ("retry-after", wish));
    for (name, value) in headers.iter().cloned().chain(retry_after) {
        builder = builder.with_header(name, &platform::masked(value)).during(what)?;
    }
    if !matches!(answer.status, 204 | 205 | 304) {
        return Ok(builder.body(body));
    }
    // These statuses have no body, and clients read one where there is a type.
    let response = builder.empty();
    response.headers().delete("content-type").during(what)?;
    Ok(response)
}

/// A body that is made part by part, as its reader takes them.
pub fn body_of<S>(parts: S) -> Result<ResponseBody, Failure>
where
    S: Stream<Item = worker::Result<Vec<u8>>> + 'static,
{
    let response = Response::from_stream(parts).during("building the answer")?;
    Ok(response.body().clone())
}

/// A stream of server-sent events, which nothing on the way is to hold back.
/// It ends with the pass.
pub fn event_stream<S>(frames: S, pass: Pass) -> Result<Response, Failure>
where
    S: Stream<Item = worker::Result<Vec<u8>>> + 'static,
{
    let builder = base("text/event-stream");
    let builder = builder.and_then(|builder| builder.with_header("x-accel-buffering", "no"));
    let frames = until_its_end(frames, pass);
    let response = builder.and_then(|builder| builder.from_stream(frames));
    response.during("building the answer")
}

/// A stream that ends with the pass, whatever it waits for.
pub fn until_its_end<S: Stream + 'static>(stream: S, pass: Pass) -> impl Stream<Item = S::Item> {
    stream::unfold(Box::pin(stream), move |mut stream| async move {
        // A timer wakes the task alone that it was begun in: each part has its own.
        let end = pin!(platform::end_of(pass));
        match select(stream.next(), end).await {
            Either::Left((part, _)) => part.map(|part| (part, stream)),
            Either::Right(_) => None,
        }
    })
}

/// A body that is masked as it comes.
pub fn masked(
    body: ByteStream,
    mask: redact::Stream,
) -> impl Stream<Item = worker::Result<Vec<u8>>> + 'static {
    let parts = stream::unfold(Some((body, mask)), |state| async move {
        let (mut body, mut mask) = state?;
        match body.next().await {
            Some(Ok(piece)) => Some((Ok(mask.push(&piece)), Some((body, mask)))),
            Some(Err(error)) => Some((Err(error), None)),
            None => Some((Ok(mask.finish()), None)),
        }
    });
    parts.filter(|part| ready(part.as_ref().map_or(true, |part| !part.is_empty())))
}

/// A text of a media type, its secrets masked.
pub fn plain(media_type: &str, body: String) -> Result<Response, Failure> {
    let builder = base(media_type).during("building the answer")?;
    Ok(builder.fixed(platform::masked(body).into_bytes()))
}

fn text(body: &str) -> Result<Response, Failure> {
    plain("text/plain; charset=utf-8", body.to_owned())
}

/// Bytes that a stranger wrote: never shown, only downloaded.
pub fn bytes(body: Vec<u8>) -> Result<Response, Failure> {
    let builder = base("application/octet-stream").during("building the answer")?;
    let builder = builder.with_header("content-disposition", "attachment");
    Ok(builder.during("building the answer")?.fixed(body))
}
