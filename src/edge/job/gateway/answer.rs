//! Returns the upstream's answer to the job's submission.

use crate::domain::gateway::answer::request_id;
use crate::domain::job::record::Job;
use crate::domain::job::submission::SubmissionAnswer;
use crate::domain::protocol::gateway::{SubmissionEnd, Submitted};
use crate::domain::protocol::outcome::Routed;
use crate::domain::time::SECOND;
use crate::domain::upstream::queue::Queue;
use crate::edge::job::home::Home;
use crate::edge::platform::{self, Failure};
use crate::edge::storage::object::Slot;

/// The longest wait for another request's submission to end, in milliseconds.
pub const MAX_WAIT_MS: u64 = 90 * SECOND;

const AGAIN: Routed<SubmissionEnd> = Routed::Here(SubmissionEnd::Again);

/// Returns the answer to the submission, as soon as it is known.
pub async fn answer(home: &Home) -> Result<Routed<SubmissionEnd>, Failure> {
    let until = platform::now().plus(MAX_WAIT_MS);
    loop {
        let change = home.changes.latest();
        let job = match home.store.slot()? {
            Slot::Job(job) => job,
            Slot::Empty | Slot::Deleted(_) => return Ok(AGAIN),
            Slot::Alias(there) => return Ok(Routed::Elsewhere(there)),
        };
        let answer = job.submission.as_ref().and_then(|submission| submission.answer.clone());
        match answer {
            Some(answer) if answer.is_remembered() => {
                return Ok(Routed::Here(submitted(&job, answer)));
            }
            Some(_) => return Ok(AGAIN),
            None if !home.submitting.get() || platform::now() >= until => return Ok(AGAIN),
            None => drop(home.changes.next(change, until).await),
        }
    }
}

/// Returns the answer in the form that the Worker gets.
pub fn submitted(job: &Job, answer: SubmissionAnswer) -> SubmissionEnd {
    let submission = job.submission.as_ref();
    SubmissionEnd::Answered(Box::new(Submitted {
        home: job.home.clone(),
        name: job.public_id(),
        id: job.id.clone().or_else(|| request_id(&answer)),
        nonce: job.nonce.clone(),
        queue: submission.map_or(Queue::Batch, |of| of.queue),
        app: submission.map(|of| of.app.clone()).unwrap_or_default(),
        answer,
    }))
}
