//! Answers readers of jobs.

use super::wait::read;
use crate::domain::archive::kv_copy::Rendering;
use crate::domain::http::problem::{Code, Problem, What};
use crate::domain::job::record::Job;
use crate::domain::job::status::Status;
use crate::domain::job::timeline::BodyAt;
use crate::domain::json::tolerant;
use crate::domain::names::ObjectName;
use crate::domain::protocol::outcome::Found;
use crate::domain::protocol::read::{Body, ReadBody};
use crate::domain::protocol::wait::News;
use crate::domain::view::record::{self, Context};
use crate::domain::view::summary;
use crate::edge::http::call::Call;
use crate::edge::http::response::{self, rendered};
use crate::edge::platform::During;
use crate::edge::rpc::lookup::{ask, deleted, known, rendered as rendered_there};
use crate::edge::storage::{bucket, kv};
use js_sys::Uint8Array;
use std::borrow::Cow;
use web_sys::Response;

/// `GET /jobs/{id}`: the copy at the edge, or else what the job's object has
/// rendered; who waits, or says for what, is answered by the job itself.
pub async fn record(call: &Call<'_>, name: &ObjectName) -> Result<Response, Problem> {
    let asks_the_job = ["wait", "version", "for"].iter().any(|key| call.query(key).is_some());
    if !asks_the_job {
        if let Some(copy) = copy(call, name).await {
            return Ok(copy);
        }
        if let Some(found) = rendered_there(call.env, name).await {
            return Ok(response::record(&known(found, name)?, "object")?);
        }
    }
    let (job, result) = read(call, name, News::Version(None)).await?;
    let context = context(call, &job);
    let text = record::record(&job, result.as_deref(), context).during("rendering the record")?;
    Ok(response::record(&Uint8Array::from(text.as_bytes()), "object")?)
}

/// Reads the copy at the edge. If that fails, there is none: the job knows more
/// anyway.
async fn copy(call: &Call<'_>, name: &ObjectName) -> Option<Response> {
    let rendering = Rendering::now(call.config.public_url.as_deref());
    let found = kv::get(call.env, name, &rendering).await;
    let found =
        found.and_then(|copy| copy.map(|stream| response::record(&stream, "edge")).transpose());
    found.unwrap_or_else(|failure| {
        failure.log();
        None
    })
}

/// `GET /jobs/{id}/result`: 200 with the result, 202 before there is one, 409
/// if there will be none.
pub async fn result(call: &Call<'_>, name: &ObjectName) -> Result<Response, Problem> {
    let (job, result) = read(call, name, News::Ended).await?;
    let context = context(call, &job);
    if let Some(result) = result {
        return Ok(rendered(200, &record::result(&job, &result, context))?);
    }
    let status = match job.status {
        Status::Failed => "failed",
        Status::Cancelled => "cancelled",
        _ => return not_yet(&job, context),
    };
    let error = job.error.map(|error| error.get().to_owned());
    Err(What::NoResult { status, error }.into())
}

fn not_yet(job: &Job, context: Context<'_>) -> Result<Response, Problem> {
    let summary = serde_json::to_string(&summary::summary(job).shown(context));
    let response = rendered(202, &summary.during("rendering the summary")?)?;
    response::set(&response.headers(), "retry-after", "2")?;
    Ok(response)
}

/// `GET /jobs/{id}/events/{n}/body`: the delivery as it came, secrets masked.
pub async fn event_body(call: &Call<'_>, name: &ObjectName, n: u32) -> Result<Response, Problem> {
    let body = match ask(call.env, name, ReadBody(n)).await? {
        Found::Here(body) => body,
        Found::Deleted(_) => return Err(deleted(name)),
        Found::Missing => None,
    };
    let raw = match body {
        Some(Body { text: Some(text), .. }) => Some(text.into_bytes()),
        Some(Body { at: BodyAt::Bucket(key), .. }) => {
            bucket::bytes(&bucket::open(call.env)?, &key).await?
        }
        Some(Body { at: BodyAt::Object, .. }) | None => None,
    };
    let none = || {
        Problem::new(Code::NoSuchEvent, format!("event {n} of job {} has no body", name.public()))
    };
    let raw = raw.ok_or_else(none)?;
    let is_json = matches!(tolerant(&raw), Ok(Cow::Borrowed(_)));
    let masked = call.config.secrets().mask_bytes(raw);
    match String::from_utf8(masked) {
        Ok(text) if is_json => Ok(rendered(200, &text)?),
        Ok(text) => Ok(response::bytes(text.as_bytes())?),
        Err(other) => Ok(response::bytes(other.as_bytes())?),
    }
}

fn context<'a>(call: &'a Call<'_>, job: &'a Job) -> Context<'a> {
    Context { base: call.config.base_url(&job.origin), secrets: call.config.secrets() }
}
