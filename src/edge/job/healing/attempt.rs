//! Asks the upstream for what is missing, when the alarm rings.

use super::ask::{HealingOutcome, ask_for_result, take};
use super::files::{RenewedFiles, ask_for_files};
use crate::domain::gateway::submission;
use crate::domain::healing;
use crate::domain::job::record::Job;
use crate::domain::retry::RetryContext;
use crate::edge::job::home::Home;
use crate::edge::job::run::Run;
use crate::edge::platform::{self, Failure};

/// Asks for the job's result. Files that still wait for a fresh URL afterwards
/// are asked for one by one.
pub async fn attempt(home: &Home, run: &Run) -> Result<(), Failure> {
    let Some(job) = home.store.job()? else { return Ok(()) };
    if job.is_unanswered() {
        return note_interruption(home, job);
    }
    let outcome = ask_for_result(home, &job).await;
    if let HealingOutcome::End(kind, answer) = &outcome {
        take(home, &job, *kind, answer).await?;
    }
    let files = ask_for_files(home, run).await?;
    note_question(home, outcome, files)
}

/// Records that the run which submitted the job has died, unless it is still in
/// progress.
fn note_interruption(home: &Home, mut job: Job) -> Result<(), Failure> {
    let now = platform::now();
    if home.submitting.get() {
        job.healing.at = now.plus(home.config.pace.silence());
        return home.note(&job, None);
    }
    let entry = submission::interrupted(&mut job, now);
    home.note(&job, entry.as_ref())
}

fn note_question(home: &Home, outcome: HealingOutcome, files: RenewedFiles) -> Result<(), Failure> {
    let Some(mut job) = home.store.job()? else { return Ok(()) };
    let usual = home.retry_context(Ok(()));
    let context = RetryContext { pace: home.config.asking().pace(&job, usual.pace), ..usual };
    let entry = match outcome {
        HealingOutcome::End(_, answer) => {
            let is_removed = healing::says_removed(&answer.body);
            healing::note_end(&mut job, is_removed, files.why, context)
        }
        HealingOutcome::Nothing(why, wish) => {
            let why = if files.renewed { None } else { why };
            healing::note_failure(&mut job, why, wish, context)
        }
        HealingOutcome::Impossible(_) if files.can_be_asked => {
            healing::note_failure(&mut job, files.why, None, context)
        }
        HealingOutcome::Impossible(why) => healing::note_impossible(&mut job, why, context),
    };
    home.note(&job, entry.as_ref())
}
