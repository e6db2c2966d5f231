//! What the owner does to a job.

use super::http::Call;
use super::jobs::{ask, missing};
use super::platform::During;
use crate::domain::error::Problem;
use crate::domain::names::ObjectName;
use crate::domain::protocol::{Command, Reply};
use worker::Response;

/// `DELETE /jobs/{id}`: gone from every store. Repeating it is harmless.
pub async fn delete(call: &Call<'_>, name: &ObjectName) -> Result<Response, Problem> {
    match ask(call, name, &Command::Delete).await? {
        Reply::Deleted(_) => Ok(Response::empty().during("building the answer")?.with_status(204)),
        _ => Err(missing(name)),
    }
}
