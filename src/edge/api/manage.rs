//! What the owner does to a job.

use crate::domain::http::problem::{Code, Problem};
use crate::domain::job::record::Job;
use crate::domain::names::ObjectName;
use crate::domain::protocol::command::Command;
use crate::domain::protocol::reply::Reply;
use crate::domain::view::record::{self, Context};
use crate::domain::view::{handoff, summary};
use crate::edge::http::call::Call;
use crate::edge::http::response::{json, rendered};
use crate::edge::platform::During;
use crate::edge::rpc::lookup::{ask, deleted, missing};
use worker::Response;

/// `DELETE /jobs/{id}`: gone from every store. Repeating it is harmless.
pub async fn delete(call: &Call<'_>, name: &ObjectName) -> Result<Response, Problem> {
    match ask(call.env, name, &Command::Delete).await? {
        Reply::Deleted(_) => Ok(Response::empty().during("building the answer")?.with_status(204)),
        _ => Err(missing(name)),
    }
}

/// `POST /jobs/{id}/archive`: copies again what is not stored.
pub async fn archive(call: &Call<'_>, name: &ObjectName) -> Result<Response, Problem> {
    let job = told(name, ask(call.env, name, &Command::Archive).await?)?;
    let base = call.config.base_url(&job.origin);
    let summary = summary::summary(&job).shown(Context { base, secrets: call.config.secrets() });
    let text = serde_json::to_string(&summary).during("rendering the summary")?;
    Ok(rendered(202, text)?)
}

/// `POST /jobs/{id}/links`: the files get new links.
pub async fn links(call: &Call<'_>, name: &ObjectName) -> Result<Response, Problem> {
    let job = told(name, ask(call.env, name, &Command::Relink).await?)?;
    let links = record::links(&job, call.config.base_url(&job.origin));
    Ok(rendered(202, links.during("rendering the links")?)?)
}

/// `POST /jobs/{id}/handoff`: hands the job's last event on again.
pub async fn hand_off(call: &Call<'_>, name: &ObjectName) -> Result<Response, Problem> {
    let job = match ask(call.env, name, &Command::HandOff).await? {
        Reply::NoHandoff(why) => return Err(Problem::new(Code::NoHandoff, why)),
        reply => told(name, reply)?,
    };
    Ok(json(202, handoff::handoff(&job).during("rendering the hand-off")?)?)
}

fn told(name: &ObjectName, reply: Reply) -> Result<Job, Problem> {
    match reply {
        Reply::Job { job, .. } => Ok(*job),
        Reply::Deleted(_) => Err(deleted(name)),
        _ => Err(missing(name)),
    }
}
