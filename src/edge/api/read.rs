//! Answers readers of jobs.

use super::wait::read;
use crate::domain::archive::kv_copy::Rendering;
use crate::domain::http::problem::{Code, Problem, ProblemKind};
use crate::domain::job::record::Job;
use crate::domain::job::status::Status;
use crate::domain::job::timeline::BodyAt;
use crate::domain::json::tolerant;
use crate::domain::names::ObjectName;
use crate::domain::protocol::outcome::Resolved;
use crate::domain::protocol::read::{EntryBody, ReadBody};
use crate::domain::protocol::wait::WaitFor;
use crate::domain::view::long_result::LongResult;
use crate::domain::view::record::{self, Context};
use crate::domain::view::summary;
use crate::edge::http::call::Call;
use crate::edge::http::pieces::PIECE;
use crate::edge::http::response::{self, rendered};
use crate::edge::http::streaming;
use crate::edge::platform::During;
use crate::edge::rpc::lookup::{ask, deleted, known, rendered as rendered_there};
use crate::edge::storage::result::StoredResult;
use crate::edge::storage::{bucket, kv};
use js_sys::Uint8Array;
use std::borrow::Cow;
use web_sys::Response;
use worker::Object;

/// `GET /jobs/{id}`: the copy at the edge, or else the record that the job's
/// object renders. If the reader waits or names a version, the job itself
/// answers.
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
    let (job, told) = read(call, name, WaitFor::Version(None)).await?;
    let context = context(call, &job);
    let rendering = "rendering the record";
    let result = match told {
        StoredResult::Nothing => None,
        StoredResult::Text(text) => Some(text),
        StoredResult::Long(stream) => {
            let around = record::around_result(&job, context).during(rendering)?;
            let body = streaming::long_result(stream, LongResult::of(&job, context), around)?;
            return Ok(response::record(&body, "object")?);
        }
    };
    let text = record::record(&job, result.as_deref(), context).during(rendering)?;
    Ok(response::record(&Uint8Array::from(text.as_bytes()), "object")?)
}

/// Reads the copy at the edge. A failure counts as no copy, because the job
/// knows more anyway.
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
/// if there will never be one.
pub async fn result(call: &Call<'_>, name: &ObjectName) -> Result<Response, Problem> {
    let (job, told) = read(call, name, WaitFor::Ended).await?;
    let context = context(call, &job);
    match told {
        StoredResult::Nothing => {}
        StoredResult::Text(text) => {
            return Ok(rendered(200, &record::result(&job, &text, context))?);
        }
        StoredResult::Long(stream) => {
            let (around, long) = (Default::default(), LongResult::of(&job, context));
            let body = streaming::long_result(stream, long, around)?;
            return Ok(response::base(200, "application/json")?.body(&body)?);
        }
    }
    let status = match job.status {
        Status::Failed => "failed",
        Status::Cancelled => "cancelled",
        _ => return not_yet(&job, context),
    };
    let error = job.error.map(|error| error.get().to_owned());
    Err(ProblemKind::NoResult { status, error }.into())
}

fn not_yet(job: &Job, context: Context<'_>) -> Result<Response, Problem> {
    let summary = serde_json::to_string(&summary::summary(job).shown(context));
    let response = rendered(202, &summary.during("rendering the summary")?)?;
    response::set(&response.headers(), "retry-after", "2")?;
    Ok(response)
}

/// `GET /jobs/{id}/events/{n}/body`: the delivery as it was received, with
/// secrets masked.
pub async fn event_body(call: &Call<'_>, name: &ObjectName, n: u32) -> Result<Response, Problem> {
    let body = match ask(call.env, name, ReadBody(n)).await? {
        Resolved::Here(body) => body,
        Resolved::Deleted(_) => return Err(deleted(name)),
        Resolved::Missing => None,
    };
    let none = || {
        Problem::new(
            Code::NoSuchEvent,
            format!("event {n} of job {} has no body; see its timeline", name.public()),
        )
    };
    let EntryBody { at, text, mended } = body.ok_or_else(none)?;
    match (text, at) {
        (Some(text), _) => short_body(call, text.into_bytes()),
        (None, BodyAt::Object) => Err(none()),
        (None, BodyAt::Bucket(key)) => {
            let object = bucket::get(&bucket::open(call.env)?, &key).await?;
            stored_body(call, &object.ok_or_else(none)?, mended).await
        }
    }
}

fn short_body(call: &Call<'_>, raw: Vec<u8>) -> Result<Response, Problem> {
    let is_json = matches!(tolerant(&raw), Ok(Cow::Borrowed(_)));
    let masked = call.config.secrets().mask_bytes(raw);
    match String::from_utf8(masked) {
        Ok(text) if is_json => Ok(rendered(200, &text)?),
        Ok(text) => Ok(response::bytes(text.as_bytes())?),
        Err(other) => Ok(response::bytes(other.as_bytes())?),
    }
}

/// Returns a body from the bucket; a long one as a stream.
async fn stored_body(call: &Call<'_>, object: &Object, mended: bool) -> Result<Response, Problem> {
    if object.size() <= u64::from(PIECE) {
        let raw = bucket::bytes_of(object).await?;
        return short_body(call, raw.unwrap_or_default());
    }
    let head = if mended { response::download() } else { response::base(200, "application/json") };
    Ok(streaming::told(head?, bucket::stream_of(object)?, call.config.secrets())?)
}

fn context<'a>(call: &'a Call<'_>, job: &'a Job) -> Context<'a> {
    Context { base: call.config.base_url(&job.origin), secrets: call.config.secrets() }
}
