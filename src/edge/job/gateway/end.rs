//! Records the end of a submission.

use super::answer::submitted;
use crate::domain::gateway::answer::{MAX_REFUSED_BYTES, request_id, unreachable_upstream};
use crate::domain::gateway::submission::{self, Submit};
use crate::domain::job::submission::SubmissionAnswer;
use crate::domain::job::timeline::BodyAt;
use crate::domain::names::ObjectName;
use crate::domain::protocol::gateway::{SubmissionEnd, Submitted};
use crate::edge::job::alias::point::point_id_here;
use crate::edge::job::home::Home;
use crate::edge::platform::{self, Failure};

/// Records the upstream's answer, or why it did not come, and returns it.
pub async fn end(
    home: &Home,
    name: ObjectName,
    submit: &Submit,
    answer: Result<SubmissionAnswer, String>,
) -> Result<SubmissionEnd, Failure> {
    let told = answer.clone().unwrap_or_else(|why| unreachable_upstream(&why));
    let Some(mut job) = home.store.job()? else {
        return Ok(without_job(name, submit, told));
    };
    let is_refused = answer.as_ref().is_ok_and(|answer| !answer.is_success());
    let entry = submission::end(&mut job, answer, platform::now());
    home.arm(&mut job).await?;
    if is_refused {
        cut_input(home)?;
    }
    home.note(&job, entry.as_ref())?;
    if job.unlinked_id.is_some()
        && let Err(failure) = point_id_here(home).await
    {
        failure.log(); // (3), or else by the alarm
    }
    Ok(submitted(&home.store.job()?.unwrap_or(job), told))
}

/// Returns the answer to the submission of a job that was deleted meanwhile, or
/// that has moved.
fn without_job(name: ObjectName, submit: &Submit, answer: SubmissionAnswer) -> SubmissionEnd {
    let (queue, app, nonce) = (submit.queue, submit.app.clone(), String::new());
    let (public, id) = (name.public(), request_id(&answer));
    let submitted = Submitted { home: name, name: public, id, nonce, queue, app, answer };
    SubmissionEnd::Answered(Box::new(submitted))
}

/// Drops the input of a submission that the upstream has refused, if it is too
/// long to keep. The alarm of the ended job deletes it from the bucket.
fn cut_input(home: &Home) -> Result<(), Failure> {
    let Some(mut first) = home.store.entry(1)? else { return Ok(()) };
    if first.bytes.is_none_or(|bytes| bytes <= MAX_REFUSED_BYTES) {
        return Ok(());
    }
    match first.body.take() {
        Some(BodyAt::Bucket(key)) => home.store.note_deletion(&key)?,
        Some(BodyAt::Object) => {}
        None => return Ok(()),
    }
    let detail = first.detail.unwrap_or_default();
    first.detail =
        Some(format!("{detail}; the upstream refused it, and its input is too long to keep"));
    home.store.drop_body(&first)
}
