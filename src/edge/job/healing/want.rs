//! The upstream is to be asked, by someone's wish.

use super::ask::{Outcome, ask_for_result, take};
use crate::domain::healing;
use crate::domain::protocol::reply::Reply;
use crate::edge::job::found::Found;
use crate::edge::job::home::Home;
use crate::edge::platform::{self, Failure};

/// Has the upstream asked at once.
pub async fn want(home: &Home, why: String) -> Result<Reply, Failure> {
    let mut job = match home.find()? {
        Found::Here(job) => job,
        gone => return Ok(gone.into()),
    };
    let entry = healing::want(&mut job, why, platform::now());
    home.commit(&job, Some(&entry)).await?;
    Ok(Reply::Known { is_new: false })
}

/// Asks for the result of a job that has not ended, now; tells what the
/// job is then.
pub async fn fetch_result(home: &Home) -> Result<Reply, Failure> {
    if let Some(job) = home.store.job()?
        && !job.status.has_ended()
        && let Outcome::End(kind, text) = ask_for_result(home, &job).await
    {
        take(home, &job, kind, &text).await?;
    }
    let reply = home.look()?.reply;
    if let Reply::Job { job, .. } = &reply {
        home.rearm(job).await?;
    }
    Ok(reply)
}
