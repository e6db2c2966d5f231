//! The upstream's answer to the job's submission.

use crate::domain::gateway::answer::request_id;
use crate::domain::job::record::Job;
use crate::domain::job::submission::Answer;
use crate::domain::protocol::reply::{Reply, Submitted};
use crate::domain::time::SECOND;
use crate::domain::upstream::queue::Queue;
use crate::edge::job::found::Found;
use crate::edge::job::home::Home;
use crate::edge::platform::{self, Failure};

/// Longest wait for the end of another request's submission, in milliseconds.
pub const MAX_WAIT_MS: u64 = 90 * SECOND;

/// The answer to the submission, as soon as it is there.
pub async fn answer(home: &Home) -> Result<Reply, Failure> {
    let until = platform::now().plus(MAX_WAIT_MS);
    loop {
        let change = home.changes.latest();
        let job = match home.find()? {
            Found::Here(job) => job,
            Found::Missing | Found::Deleted(_) => return Ok(Reply::Again),
            gone @ Found::Elsewhere(_) => return Ok(gone.into()),
        };
        let answer = job.submission.as_ref().and_then(|submission| submission.answer.clone());
        match answer {
            Some(answer) if answer.is_remembered() => return Ok(submitted(&job, answer)),
            Some(_) => return Ok(Reply::Again),
            None if !home.submitting.get() || platform::now() >= until => {
                return Ok(Reply::Again);
            }
            None => drop(home.changes.next(change, until).await),
        }
    }
}

/// The answer as the Worker is told it.
pub fn submitted(job: &Job, answer: Answer) -> Reply {
    let submission = job.submission.as_ref();
    Reply::Submitted(Box::new(Submitted {
        home: job.home.clone(),
        name: job.public_id(),
        id: job.id.clone().or_else(|| request_id(&answer)),
        nonce: job.nonce.clone(),
        queue: submission.map_or(Queue::Batch, |of| of.queue),
        app: submission.map(|of| of.app.clone()).unwrap_or_default(),
        answer,
    }))
}
