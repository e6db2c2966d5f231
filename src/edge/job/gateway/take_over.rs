//! Takes over the submission state of a job that moves here.

use crate::domain::gateway::submission;
use crate::domain::job::submission::SubmissionState;
use crate::edge::job::found::CommandError;
use crate::edge::job::home::Home;
use crate::edge::platform;

/// Takes over the state, and returns whether it did: not if the job here is
/// certainly another one.
pub async fn take_over(home: &Home, state: SubmissionState) -> Result<bool, CommandError> {
    let mut job = home.here()?;
    if !submission::take_over(&mut job, state, platform::now()) {
        return Ok(false);
    }
    home.commit(&mut job, None).await?;
    Ok(true)
}
