//! Answers questions about a request: status, result, cancellation. For an
//! ended job the vault answers, even when the upstream has forgotten it; for a
//! running one the upstream does.

use super::request::{UpstreamRequest, known};
use super::status::{forward, of_vault, told_status, want};
use crate::domain::gateway::dialect;
use crate::domain::http::problem::{Code, Problem};
use crate::domain::job::record::Job;
use crate::domain::job::submission::SubmissionAnswer;
use crate::domain::json::object;
use crate::domain::protocol::gateway::Fetch;
use crate::domain::protocol::outcome::Resolved;
use crate::domain::protocol::read::JobRead;
use crate::domain::upstream::queue::Scheme;
use crate::domain::view::long_result::LongResult;
use crate::domain::view::record::{self, Context};
use crate::edge::http::{response, streaming};
use crate::edge::rpc::job;
use crate::edge::storage::result::StoredResult;
use wasm_bindgen::JsValue;
use web_sys::Response;

/// `GET …/requests/{id}/status`: the status.
pub async fn status(asked: &UpstreamRequest, id: &str) -> Result<Response, Problem> {
    let job = known(asked, id).await?.map(|(job, _)| job);
    let answer = told_status(asked, id, job.as_ref()).await?;
    respond(id, &answer)
}

/// `GET …/requests/{id}`: the result, with durable URLs.
pub async fn result(asked: &UpstreamRequest, id: &str) -> Result<Response, Problem> {
    let Some((job, result)) = known(asked, id).await? else {
        let answer = forward(asked, id, "", None, "GET").await?;
        return respond(id, &answer);
    };
    if job.status.has_ended() {
        return of_job(asked, id, &job, result).await;
    }
    let answer = forward(asked, id, "", Some(&job), "GET").await?;
    if answer.status == 429 || answer.status >= 500 {
        return respond(id, &answer);
    }
    // The upstream may be ahead of its webhook.
    match job::ask_job(&asked.env, &job.home, Fetch).await? {
        Resolved::Here(JobRead { job, result }) if job.status.has_ended() => {
            of_job(asked, id, &job, result).await
        }
        _ => respond(id, &answer),
    }
}

/// `PUT …/requests/{id}/cancel`: asks the upstream to cancel the job.
pub async fn cancel(asked: &UpstreamRequest, id: &str) -> Result<Response, Problem> {
    let job = known(asked, id).await?.map(|(job, _)| job);
    if let Some(job) = job.as_ref().filter(|job| job.status.has_ended()) {
        let text = format!("job {} has ended; read its result", job.public_id());
        return respond(id, &cant_cancel(asked.scheme, &text));
    }
    let mut answer = forward(asked, id, "/cancel", job.as_ref(), "PUT").await?;
    if answer.status == 409 && asked.scheme == Scheme::Key {
        // The Python client retries a 409 ten times.
        answer.status = 400;
    }
    if let (Some(job), 200..=299) = (&job, answer.status) {
        want(asked, job, "cancelled through the gateway").await;
    }
    respond(id, &answer)
}

fn cant_cancel(scheme: Scheme, text: &str) -> SubmissionAnswer {
    let status = if scheme == Scheme::Key { 400 } else { 409 };
    let body = object!({
        "status": "ALREADY_COMPLETED",
        "detail": text,
        "message": text,
        "code": Code::JobEnded.name(),
    });
    of_vault(status, body)
}

/// Answers with the result of a job that has ended, or says why it has no
/// result.
async fn of_job(
    asked: &UpstreamRequest,
    id: &str,
    job: &Job,
    result: Option<String>,
) -> Result<Response, Problem> {
    let config = &asked.config;
    let context = Context { base: config.base_url(&job.origin), secrets: config.secrets() };
    match StoredResult::of(&asked.env, job, result).await? {
        StoredResult::Text(text) => {
            respond(id, &of_vault(200, record::result(job, &text, context)))
        }
        StoredResult::Long(stream) => {
            let (long, around) = (LongResult::of(job, context), Default::default());
            let body = streaming::long_result(stream, long, around)?;
            respond_with(id, &of_vault(200, String::new()), &body)
        }
        StoredResult::Nothing => {
            respond(id, &of_vault(dialect::NO_RESULT, dialect::no_result(job, config.secrets())))
        }
    }
}

fn respond(id: &str, answer: &SubmissionAnswer) -> Result<Response, Problem> {
    respond_with(id, answer, &answer.body.as_str().into())
}

fn respond_with(id: &str, answer: &SubmissionAnswer, body: &JsValue) -> Result<Response, Problem> {
    let headers = [("x-fal-request-id", id.to_owned()), ("x-hookvault-job", id.to_owned())];
    Ok(response::relay(answer, &headers, body)?)
}
