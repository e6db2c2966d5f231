//! Actions of a job's owner.

use crate::domain::http::problem::{Code, Problem};
use crate::domain::names::ObjectName;
use crate::domain::protocol::manage::{Archive, Delete, HandOff, HandedOn, Relink};
use crate::domain::protocol::outcome::Resolved;
use crate::domain::view::record::{self, Context};
use crate::domain::view::{handoff, summary};
use crate::edge::http::call::Call;
use crate::edge::http::response::{done, json, rendered};
use crate::edge::platform::During;
use crate::edge::rpc::lookup::{ask, ask_known, missing};
use web_sys::Response;

/// `DELETE /jobs/{id}`: deletes the job from every store. Repeating it is
/// harmless.
pub async fn delete(call: &Call<'_>, name: &ObjectName) -> Result<Response, Problem> {
    match ask(call.env, name, Delete).await? {
        Resolved::Here(()) | Resolved::Deleted(_) => Ok(done()?),
        Resolved::Missing => Err(missing(name)),
    }
}

/// `POST /jobs/{id}/archive`: copies missing files again.
pub async fn archive(call: &Call<'_>, name: &ObjectName) -> Result<Response, Problem> {
    let job = ask_known(call.env, name, Archive).await?;
    let base = call.config.base_url(&job.origin);
    let summary = summary::summary(&job).shown(Context { base, secrets: call.config.secrets() });
    let text = serde_json::to_string(&summary).during("rendering the summary")?;
    Ok(rendered(202, &text)?)
}

/// `POST /jobs/{id}/links`: gives the files new links.
pub async fn links(call: &Call<'_>, name: &ObjectName) -> Result<Response, Problem> {
    let job = ask_known(call.env, name, Relink).await?;
    let links = record::links(&job, call.config.base_url(&job.origin));
    Ok(rendered(202, &links.during("rendering the links")?)?)
}

/// `POST /jobs/{id}/handoff`: hands the job's last event on again.
pub async fn hand_off(call: &Call<'_>, name: &ObjectName) -> Result<Response, Problem> {
    let job = match ask_known(call.env, name, HandOff).await? {
        HandedOn::Nothing(why) => return Err(Problem::new(Code::NoHandoff, why)),
        HandedOn::Job(job) => job,
    };
    Ok(json(202, handoff::handoff(&job).during("rendering the hand-off")?)?)
}
