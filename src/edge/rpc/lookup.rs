//! Asks a job as readers and owners name it: by its id, or by a reference
//! without its prefix.

use super::job;
use crate::domain::http::problem::{Code, Problem};
use crate::domain::names::ObjectName;
use crate::domain::protocol::command::Command;
use crate::domain::protocol::reply::Reply;
use crate::edge::platform::Failure;
use worker::Env;

/// Asks the job of this name: the id first, then the reference.
pub async fn ask(env: &Env, name: &ObjectName, command: &Command) -> Result<Reply, Failure> {
    let reply = job::ask_job(env, name, command).await?;
    match (reply, name) {
        (Reply::Missing, ObjectName::Id(text)) => {
            let reference = ObjectName::Reference(text.clone());
            job::ask_job(env, &reference, command).await
        }
        (reply, _) => Ok(reply),
    }
}

/// Returns the problem of a reader whose job has been deleted.
pub fn deleted(name: &ObjectName) -> Problem {
    Problem::new(Code::JobDeleted, format!("job {} has been deleted", name.public()))
}

/// Returns the problem of a reader whose job nothing has told of.
pub fn missing(name: &ObjectName) -> Problem {
    let detail = format!(
        "no delivery has told of job {}; has the queue this vault's URL as its webhook?",
        name.public()
    );
    Problem::new(Code::NoSuchJob, detail)
}
