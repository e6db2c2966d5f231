//! The questions about a request: its status, its result, and to cancel it.
//! What has ended is answered from the vault, also when the upstream has
//! forgotten it; what runs is answered by the upstream.

use super::{Asked, known, place, unset};
use crate::domain::gateway::dialect;
use crate::domain::gateway::submission::{Answer, unreachable_upstream};
use crate::domain::http::problem::{Code, Problem};
use crate::domain::job::record::Job;
use crate::domain::names::ObjectName;
use crate::domain::protocol::{Command, Reply};
use crate::domain::upstream::Scheme;
use crate::domain::view::record::{self, Context};
use crate::edge::http::response;
use crate::edge::platform::{self, Failure};
use crate::edge::rpc::job;
use crate::edge::storage::bucket;
use crate::edge::upstream;
use worker::{Method, Response, ResponseBody};

const NOT_FOUND: u16 = 404;

/// `GET …/requests/{id}/status`.
pub(super) async fn status(asked: &Asked, id: &str) -> Result<Response, Problem> {
    let job = known(asked, id).await?.map(|(job, _)| job);
    let answer = told_status(asked, id, job.as_ref()).await?;
    respond(id, answer)
}

/// The status of a request as the caller's client wants it.
pub(super) async fn told_status(
    asked: &Asked,
    id: &str,
    job: Option<&Job>,
) -> Result<Answer, Problem> {
    let place = place(asked, id);
    let secrets = asked.config.secrets();
    let own = |job: &Job| of_vault(200, dialect::status(job, place, asked.scheme)).masked(secrets);
    if let Some(job) = job.filter(|job| job.status.has_ended()) {
        return Ok(own(job));
    }
    let mut answer = forward(asked, id, "/status", job, Method::Get).await?;
    if let (NOT_FOUND, Some(job)) = (answer.status, job) {
        return Ok(own(job));
    }
    let word = dialect::word(&answer.body).filter(|word| dialect::is_last(word));
    if let (Some(job), Some(_)) = (job, word) {
        // Its webhook is late, or lost.
        want(asked, job, "the upstream says that the job has ended").await;
    }
    let base = asked.config.upstreams.of_queue(asked.to.queue).ok();
    let base = base.map(|upstream| &upstream.base);
    answer.body = dialect::told(&answer.body, base, place, asked.scheme);
    Ok(answer)
}

/// `GET …/requests/{id}`: the result with durable URLs.
pub(super) async fn result(asked: &Asked, id: &str) -> Result<Response, Problem> {
    let Some((job, result)) = known(asked, id).await? else {
        let answer = forward(asked, id, "", None, Method::Get).await?;
        return respond(id, answer);
    };
    if job.status.has_ended() {
        return respond(id, of_job(asked, &job, result).await?);
    }
    let answer = forward(asked, id, "", Some(&job), Method::Get).await?;
    if answer.status == 429 || answer.status >= 500 {
        return respond(id, answer);
    }
    // The upstream may be ahead of its webhook.
    match job::ask_job(&asked.env, &job.home, &Command::Fetch).await? {
        Reply::Job { job, result } if job.status.has_ended() => {
            respond(id, of_job(asked, &job, result).await?)
        }
        _ => respond(id, answer),
    }
}

/// `PUT …/requests/{id}/cancel`.
pub(super) async fn cancel(asked: &Asked, id: &str) -> Result<Response, Problem> {
    let job = known(asked, id).await?.map(|(job, _)| job);
    if let Some(job) = job.as_ref().filter(|job| job.status.has_ended()) {
        let text = format!("job {} has ended already", job.public_id());
        return respond(id, cant_cancel(asked.scheme, &text));
    }
    let mut answer = forward(asked, id, "/cancel", job.as_ref(), Method::Put).await?;
    if answer.status == 409 && asked.scheme == Scheme::Key {
        // Python's client tries what is answered 409 ten times.
        answer.status = 400;
    }
    if let (Some(job), 200..=299) = (&job, answer.status) {
        want(asked, job, "it was cancelled through the gateway").await;
    }
    respond(id, answer)
}

fn cant_cancel(scheme: Scheme, text: &str) -> Answer {
    let status = if scheme == Scheme::Key { 400 } else { 409 };
    let body = serde_json::json!({
        "status": "ALREADY_COMPLETED",
        "detail": text,
        "message": text,
        "code": Code::JobEnded.name(),
    });
    of_vault(status, body.to_string())
}

/// The result of a job that has ended, or why there is none.
async fn of_job(asked: &Asked, job: &Job, result: Option<String>) -> Result<Answer, Problem> {
    let config = &asked.config;
    let key = job.result.as_ref().and_then(|result| result.key.as_deref());
    let result = match key {
        Some(key) => bucket::text(&bucket::open(&asked.env)?, key).await?,
        None => result,
    };
    let context = Context { base: config.base_url(&job.origin), secrets: config.secrets() };
    Ok(match result {
        Some(result) => of_vault(200, record::result(job, &result, context)),
        None => of_vault(dialect::NO_RESULT, dialect::no_result(job, config.secrets())),
    })
}

fn of_vault(status: u16, body: String) -> Answer {
    Answer { status, content_type: Some("application/json".to_owned()), retry_after: None, body }
}

/// Asks the upstream, with its own key.
async fn forward(
    asked: &Asked,
    id: &str,
    end: &str,
    job: Option<&Job>,
    method: Method,
) -> Result<Answer, Problem> {
    let config = &asked.config;
    let ask = config.upstreams.follow(&asked.to, id, end, job, asked.scheme);
    let mut ask = ask.map_err(unset)?;
    if !asked.query.is_empty() {
        ask.url.query_pairs_mut().extend_pairs(&asked.query);
    }
    let mut headers = asked.headers.clone();
    headers.retain(|(name, _)| name != "content-type");
    let limits = (config.max_body_bytes, config.pace);
    let answered = upstream::pass(&ask, method, &headers, None, limits).await;
    let answered =
        answered.map_or_else(|why| unreachable_upstream(&why), upstream::Answered::into_answer);
    Ok(answered.masked(config.secrets()))
}

/// Has the job ask the upstream soon. If that fails, it does in its own time.
async fn want(asked: &Asked, job: &Job, why: &str) {
    let command = Command::Want(why.to_owned());
    let home: &ObjectName = &job.home;
    if job.healing.wanted {
        return;
    }
    if let Err(Failure(text)) = job::ask_job(&asked.env, home, &command).await {
        platform::log_error(&text);
    }
}

fn respond(id: &str, mut answer: Answer) -> Result<Response, Problem> {
    let body = std::mem::take(&mut answer.body).into_bytes();
    let headers = [("x-fal-request-id", id.to_owned()), ("x-hookvault-job", id.to_owned())];
    Ok(response::relay(&answer, &headers, ResponseBody::Body(body))?)
}
