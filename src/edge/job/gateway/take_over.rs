//! Takes over how a job was submitted that moves here.

use crate::domain::gateway::submission;
use crate::domain::job::submission::SubmissionState;
use crate::edge::job::found::CommandError;
use crate::edge::job::home::Home;
use crate::edge::platform;

/// Takes it over, unless this job was submitted itself.
pub async fn take_over(home: &Home, state: SubmissionState) -> Result<bool, CommandError> {
    let mut job = home.here()?;
    if !submission::take_over(&mut job, state, platform::now()) {
        return Ok(false);
    }
    home.commit(&mut job, None).await?;
    Ok(true)
}
