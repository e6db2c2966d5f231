//! Answers readers of jobs.

use super::bucket;
use super::http::{Call, json};
use super::job_client;
use super::platform::{self, During, Failure};
use crate::domain::error::Problem;
use crate::domain::job::Job;
use crate::domain::mask;
use crate::domain::names::ObjectName;
use crate::domain::protocol::{Command, Reply, Wait};
use crate::domain::state::Status;
use crate::domain::time::SECOND;
use crate::domain::timeline::BodyAt;
use crate::domain::view::{self, Context};
use worker::Response;

/// Longest wait of a reader; proxies in between close idle requests later.
const MAX_WAIT_SECONDS: u32 = 60;

/// `GET /jobs/{id}`.
pub async fn record(call: &Call<'_>, name: &ObjectName) -> Result<Response, Problem> {
    let (job, result) = read(call, name).await?;
    let context = context(call, &job);
    let text = view::record(&job, result.as_deref(), context).during("rendering the record")?;
    Ok(json(200, text)?)
}

/// `GET /jobs/{id}/result`: 200 with the result, 202 before there is one, 409
/// if there will be none.
pub async fn result(call: &Call<'_>, name: &ObjectName) -> Result<Response, Problem> {
    let (job, result) = read(call, name).await?;
    let context = context(call, &job);
    if let Some(result) = result {
        return Ok(json(200, view::result(&job, &result, context))?);
    }
    let status = match job.status {
        Status::Failed => "failed",
        Status::Cancelled => "cancelled",
        _ => return not_yet(&job, context),
    };
    let tokens = call.config.hook_tokens();
    let error = job.error.map(|error| mask::json_text(error.get(), tokens).into_owned());
    Err(Problem::NoResult { status, error })
}

fn not_yet(job: &Job, context: Context<'_>) -> Result<Response, Problem> {
    let summary = serde_json::to_string(&view::summary(job, context.base));
    let response = json(202, summary.during("rendering the summary")?)?;
    response.headers().set("retry-after", "2").during("building the answer")?;
    Ok(response)
}

/// `GET /jobs/{id}/events?after=&limit=`.
pub async fn events(call: &Call<'_>, name: &ObjectName) -> Result<Response, Problem> {
    call.require_reader()?;
    let after = call.number("after", 0)?;
    let limit = call.number("limit", 100)?.clamp(1, 1_000);
    match ask(call, name, &Command::Timeline { after, limit }).await? {
        Reply::Timeline(entries) => {
            let text = view::timeline(&entries, call.config.hook_tokens());
            Ok(json(200, text.during("rendering the timeline")?)?)
        }
        _ => Err(missing(name)),
    }
}

/// `GET /jobs/{id}/events/{n}/body`: the delivery as it came, secrets masked.
pub async fn event_body(call: &Call<'_>, name: &ObjectName, n: u32) -> Result<Response, Problem> {
    call.require_reader()?;
    let text = match ask(call, name, &Command::Body(n)).await? {
        Reply::Body { text: Some(text), .. } => Some(text),
        Reply::Body { at: BodyAt::Bucket(key), .. } => {
            bucket::text(&bucket::open(call.env)?, &key).await?
        }
        _ => None,
    };
    let none = || Problem::NotFound(format!("event {n} of job {} has no body", name.public()));
    let text = text.ok_or_else(none)?;
    Ok(json(200, mask::json_text(&text, call.config.hook_tokens()).into_owned())?)
}

fn context<'a>(call: &'a Call<'_>, job: &'a Job) -> Context<'a> {
    Context { base: call.config.base_url(&job.origin), tokens: call.config.hook_tokens() }
}

/// Reads a job; with `?wait`, again when there is news or the time is up. Who
/// waits for a job that no name leads to yet waits for the name that was
/// asked for.
async fn read(call: &Call<'_>, name: &ObjectName) -> Result<(Job, Option<String>), Problem> {
    call.require_reader()?;
    let mut reply = ask(call, name, &Command::Read(None)).await?;
    if let Some(wait) = wait(call)? {
        let (home, is_over) = match &reply {
            Reply::Job { job, .. } => (&job.home, wait.is_over(Some(job))),
            _ => (name, wait.is_over(None)),
        };
        if !is_over {
            reply = job_client::ask_job(call.env, home, &Command::Read(Some(wait))).await?;
        }
    }
    let Reply::Job { job, result } = reply else {
        return Err(missing(name));
    };
    let key = job.result.as_ref().and_then(|result| result.key.as_deref());
    let result = match key {
        Some(key) => bucket::text(&bucket::open(call.env)?, key).await?,
        None => result,
    };
    Ok((*job, result))
}

/// `?wait=0..60` (seconds), `&version=`, `&for=settled`.
fn wait(call: &Call<'_>) -> Result<Option<Wait>, Problem> {
    let seconds = call.number("wait", 0)?.min(MAX_WAIT_SECONDS);
    let settled = match call.query("for").as_deref() {
        None => false,
        Some("settled") => true,
        Some(other) => {
            return Err(Problem::BadRequest(format!("`for` is {other:?}; it can be `settled`")));
        }
    };
    let version = match call.query("version") {
        None => None,
        Some(_) => Some(u64::from(call.number("version", 0)?)),
    };
    let until = platform::now().plus(u64::from(seconds) * SECOND);
    Ok((seconds > 0).then_some(Wait { version, settled, until }))
}

/// Asks the job of this name: the id first, then the reference.
async fn ask(call: &Call<'_>, name: &ObjectName, command: &Command) -> Result<Reply, Failure> {
    let reply = job_client::ask_job(call.env, name, command).await?;
    match (reply, name) {
        (Reply::Missing, ObjectName::Id(text)) => {
            let reference = ObjectName::Reference(text.clone());
            job_client::ask_job(call.env, &reference, command).await
        }
        (reply, _) => Ok(reply),
    }
}

fn missing(name: &ObjectName) -> Problem {
    Problem::NotFound(format!(
        "no delivery has told of job {}; has the queue this vault's URL as its webhook?",
        name.public()
    ))
}
