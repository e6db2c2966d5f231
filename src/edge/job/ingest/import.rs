//! Takes up a job that no delivery has told of.

use super::apply::birth;
use crate::domain::ingest::import::{self, Import};
use crate::domain::names::ObjectName;
use crate::domain::protocol::reply::Reply;
use crate::edge::job::found::Found;
use crate::edge::job::home::Home;
use crate::edge::platform::Failure;

/// Takes it up; the upstream is asked for it.
pub async fn import(home: &Home, name: ObjectName, import: &Import) -> Result<Reply, Failure> {
    let job = match home.find()? {
        Found::Here(job) => Some(*job),
        Found::Missing => None,
        gone => return Ok(gone.into()),
    };
    let is_new = job.is_none();
    let birth = birth(name, import.at, import.origin.clone());
    let (job, entry) = import::take(job, birth, import);
    home.commit(&job, entry.as_ref()).await?;
    Ok(Reply::Known { is_new })
}
