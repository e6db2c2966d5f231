//! Answers readers of jobs.

use crate::domain::archive::kv_copy::Rendering;
use crate::domain::http::problem::{Code, Problem};
use crate::domain::job::record::Job;
use crate::domain::job::status::Status;
use crate::domain::job::timeline::BodyAt;
use crate::domain::json::tolerant;
use crate::domain::names::ObjectName;
use crate::domain::protocol::{Command, News, Reply, Wait};
use crate::domain::time::SECOND;
use crate::domain::view::record::{self, Context};
use crate::edge::http::access;
use crate::edge::http::call::Call;
use crate::edge::http::response::{self, rendered};
use crate::edge::platform::{self, During, Failure};
use crate::edge::rpc::job;
use crate::edge::rpc::lookup::{ask, deleted, missing};
use crate::edge::storage::bucket;
use crate::edge::storage::kv;
use futures_util::future::{Either, select};
use std::borrow::Cow;
use std::pin::pin;
use worker::{Response, ResponseBody};

/// Longest wait of a reader; proxies in between close idle requests later.
const MAX_WAIT_SECONDS: u32 = 60;
/// Longest wait in an object. It is not told that a reader has left: the
/// Worker is, and asks no more.
const MAX_ASK_MS: u64 = 10 * SECOND;

/// `GET /jobs/{id}`: the copy at the edge, if there is one; who waits, or says
/// for what, is answered by the job itself.
pub async fn record(call: &Call<'_>, name: &ObjectName) -> Result<Response, Problem> {
    let asks_the_job = ["wait", "version", "for"].iter().any(|key| call.query(key).is_some());
    if !asks_the_job && let Some(copy) = copy(call, name).await {
        return Ok(copy);
    }
    let (job, result) = read(call, name, News::Version(None)).await?;
    let context = context(call, &job);
    let text = record::record(&job, result.as_deref(), context).during("rendering the record")?;
    Ok(response::record(ResponseBody::Body(text.into_bytes()), "object")?)
}

/// A copy that can't be read is no reason to fail: the job knows more anyway.
async fn copy(call: &Call<'_>, name: &ObjectName) -> Option<Response> {
    let rendering = Rendering::now(call.config.public_url.as_deref());
    let found = kv::get(call.env, name, &rendering).await;
    let found = found.and_then(|copy| {
        copy.map(|stream| response::record(ResponseBody::Stream(stream), "edge")).transpose()
    });
    found.unwrap_or_else(|Failure(text)| {
        platform::log_error(&text);
        None
    })
}

/// `GET /jobs/{id}/result`: 200 with the result, 202 before there is one, 409
/// if there will be none.
pub async fn result(call: &Call<'_>, name: &ObjectName) -> Result<Response, Problem> {
    let (job, result) = read(call, name, News::Ended).await?;
    let context = context(call, &job);
    if let Some(result) = result {
        return Ok(rendered(200, record::result(&job, &result, context))?);
    }
    let status = match job.status {
        Status::Failed => "failed",
        Status::Cancelled => "cancelled",
        _ => return not_yet(&job, context),
    };
    let error = job.error.map(|error| error.get().to_owned());
    Err(Problem::NoResult { status, error })
}

fn not_yet(job: &Job, context: Context<'_>) -> Result<Response, Problem> {
    let summary = serde_json::to_string(&record::summary(job).shown(context));
    let response = rendered(202, summary.during("rendering the summary")?)?;
    response.headers().set("retry-after", "2").during("building the answer")?;
    Ok(response)
}

/// `GET /jobs/{id}/events/{n}/body`: the delivery as it came, secrets masked.
pub async fn event_body(call: &Call<'_>, name: &ObjectName, n: u32) -> Result<Response, Problem> {
    let raw = match ask(call.env, name, &Command::Body(n)).await? {
        Reply::Body { text: Some(text), .. } => Some(text.into_bytes()),
        Reply::Body { at: BodyAt::Bucket(key), .. } => {
            bucket::bytes(&bucket::open(call.env)?, &key).await?
        }
        Reply::Deleted(_) => return Err(deleted(name)),
        _ => None,
    };
    let none = || {
        Problem::new(Code::NoSuchEvent, format!("event {n} of job {} has no body", name.public()))
    };
    let raw = raw.ok_or_else(none)?;
    let is_json = matches!(tolerant(&raw), Ok(Cow::Borrowed(_)));
    let masked = call.config.secrets().mask_bytes(raw);
    match String::from_utf8(masked) {
        Ok(text) if is_json => Ok(rendered(200, text)?),
        Ok(text) => Ok(response::bytes(text.into_bytes())?),
        Err(other) => Ok(response::bytes(other.into_bytes())?),
    }
}

fn context<'a>(call: &'a Call<'_>, job: &'a Job) -> Context<'a> {
    Context { base: call.config.base_url(&job.origin), secrets: call.config.secrets() }
}

/// Reads a job; with `?wait`, again when there is news or the time is up.
async fn read(
    call: &Call<'_>,
    name: &ObjectName,
    news: News,
) -> Result<(Job, Option<String>), Problem> {
    let wait = wait(call, news)?;
    let mut reply = ask(call.env, name, &Command::Read(None)).await?;
    if let Some(wait) = wait {
        reply = await_news(call, name, reply, wait).await?;
        if wait.pass.has_ended(platform::now()) {
            return Err(access::GONE);
        }
    }
    let (job, result) = match reply {
        Reply::Job { job, result } => (job, result),
        Reply::Barred => return Err(access::GONE),
        Reply::Deleted(_) => return Err(deleted(name)),
        _ => return Err(missing(name)),
    };
    let key = job.result.as_ref().and_then(|result| result.key.as_deref());
    let result = match key {
        Some(key) => bucket::text(&bucket::open(call.env)?, key).await?,
        None => result,
    };
    Ok((*job, result))
}

/// Asks for news, in as many waits as it takes.
async fn await_news(
    call: &Call<'_>,
    name: &ObjectName,
    mut reply: Reply,
    wait: Wait,
) -> Result<Reply, Failure> {
    let mut until = platform::now();
    while until < wait.until {
        let waits = match &reply {
            Reply::Job { job, .. } => !wait.is_over(Some(job)),
            reply => matches!(reply, Reply::Missing),
        };
        if !waits {
            break;
        }
        // Not by the clock: an object's that is ahead would have it asked in vain.
        until = until.plus(MAX_ASK_MS).min(wait.until);
        reply = ask_for_news(call, name, &reply, Wait { until, ..wait }).await?;
    }
    Ok(reply)
}

/// Who waits for a job that is not known yet waits for both that the name may
/// mean, the id and the reference.
async fn ask_for_news(
    call: &Call<'_>,
    name: &ObjectName,
    reply: &Reply,
    wait: Wait,
) -> Result<Reply, Failure> {
    let read = Command::Read(Some(wait));
    match (reply, name) {
        (Reply::Job { job, .. }, _) => job::ask_job(call.env, &job.home, &read).await,
        (_, ObjectName::Reference(_)) => job::ask_job(call.env, name, &read).await,
        (_, ObjectName::Id(text)) => {
            let reference = ObjectName::Reference(text.clone());
            let as_id = pin!(job::ask_job(call.env, name, &read));
            let as_reference = pin!(job::ask_job(call.env, &reference, &read));
            match select(as_id, as_reference).await {
                Either::Left((Ok(Reply::Missing), other))
                | Either::Right((Ok(Reply::Missing), other)) => other.await,
                Either::Left((reply, _)) | Either::Right((reply, _)) => reply,
            }
        }
    }
}

/// `?wait=0..60` (seconds) `&version=` `&for=settled`; `news` is what the
/// route itself waits for.
fn wait(call: &Call<'_>, news: News) -> Result<Option<Wait>, Problem> {
    let seconds = call.number("wait", 0)?;
    if seconds > MAX_WAIT_SECONDS {
        let detail = format!("`wait` is {seconds}; it can be 0 to {MAX_WAIT_SECONDS} seconds");
        return Err(Problem::bad_parameter(detail));
    }
    let version = call.number("version", 0)?;
    let news = match (call.query("for").as_deref(), call.query("version")) {
        (Some("settled"), _) => News::Settled,
        (Some(other), _) => {
            return Err(Problem::bad_parameter(format!("`for` is {other:?}; it can be `settled`")));
        }
        (None, Some(_)) => News::Version(Some(u64::from(version))),
        (None, None) => news,
    };
    if seconds == 0 {
        return Ok(None);
    }
    let (until, pass) = (platform::now().plus(u64::from(seconds) * SECOND), access::pass(call)?);
    let until = pass.until.map_or(until, |end| end.min(until));
    Ok(Some(Wait { news, until, pass }))
}
