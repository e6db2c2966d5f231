//! Takes over how a job was submitted that moves here.

use crate::domain::gateway::submission;
use crate::domain::job::submission::Estate;
use crate::domain::protocol::reply::Reply;
use crate::edge::job::found::Found;
use crate::edge::job::home::Home;
use crate::edge::platform::{self, Failure};

/// Takes it over, unless this job was submitted itself.
pub async fn inherit(home: &Home, estate: Estate) -> Result<Reply, Failure> {
    let mut job = match home.find()? {
        Found::Here(job) => job,
        gone => return Ok(gone.into()),
    };
    if !submission::inherit(&mut job, estate, platform::now()) {
        return Ok(Reply::At { home: job.home, known: true, conflict: true });
    }
    home.commit(&job, None).await?;
    Ok(Reply::Known { is_new: false })
}
