//! Returns the status of a request: the vault's own once the job has ended, the
//! upstream's until then.

use super::request::{UpstreamRequest, place, unset};
use crate::domain::gateway::answer::unreachable_upstream;
use crate::domain::gateway::dialect;
use crate::domain::http::problem::Problem;
use crate::domain::job::record::Job;
use crate::domain::job::submission::SubmissionAnswer;
use crate::domain::names::ObjectName;
use crate::domain::protocol::ingest::RequestHealing;
use crate::edge::rpc::job;
use crate::edge::upstream;

const NOT_FOUND: u16 = 404;

/// Returns the status of a request in the form that the caller's client
/// expects.
pub async fn told_status(
    asked: &UpstreamRequest,
    id: &str,
    job: Option<&Job>,
) -> Result<SubmissionAnswer, Problem> {
    let place = place(asked, id);
    let secrets = asked.config.secrets();
    let own = |job: &Job| of_vault(200, dialect::status(job, place, asked.scheme)).masked(secrets);
    if let Some(job) = job.filter(|job| job.status.has_ended()) {
        return Ok(own(job));
    }
    let mut answer = forward(asked, id, "/status", job, "GET").await?;
    if let (NOT_FOUND, Some(job)) = (answer.status, job) {
        return Ok(own(job));
    }
    let word = dialect::word(&answer.body).filter(|word| dialect::is_last(word));
    if let (Some(job), Some(_)) = (job, word) {
        // The job's webhook is late or lost.
        want(asked, job, "the upstream says that the job has ended").await;
    }
    let base = asked.config.upstreams.of_queue(asked.to.queue).ok();
    let base = base.map(|upstream| &upstream.base);
    answer.body = dialect::reply(&answer.body, base, place, asked.scheme);
    Ok(answer)
}

/// Sends a request to the upstream with the vault's key.
pub async fn forward(
    asked: &UpstreamRequest,
    id: &str,
    end: &str,
    job: Option<&Job>,
    method: &str,
) -> Result<SubmissionAnswer, Problem> {
    let config = &asked.config;
    let ask = config.upstreams.follow(&asked.to, id, end, job, asked.scheme);
    let mut ask = ask.map_err(unset)?;
    if !asked.query.is_empty() {
        ask.url.query_pairs_mut().extend_pairs(&asked.query);
    }
    let mut headers = asked.headers.clone();
    headers.retain(|(name, _)| name != "content-type");
    let limits = (config.max_held_bytes(), config.pace);
    let answered = upstream::pass(&ask, method, &headers, None, limits).await;
    let answered = answered
        .map_or_else(|why| unreachable_upstream(&why), upstream::UpstreamAnswer::into_answer);
    Ok(answered.masked(config.secrets()))
}

/// Lets the job ask the upstream soon. If that fails, it asks at its usual
/// time.
pub async fn want(asked: &UpstreamRequest, job: &Job, why: &str) {
    let home: &ObjectName = &job.home;
    if job.healing.wanted {
        return;
    }
    if let Err(failure) = job::ask_job(&asked.env, home, RequestHealing(why.to_owned())).await {
        failure.log();
    }
}

/// Makes an answer of the vault itself.
pub fn of_vault(status: u16, body: String) -> SubmissionAnswer {
    SubmissionAnswer {
        status,
        content_type: Some("application/json".to_owned()),
        retry_after: None,
        body,
    }
}
