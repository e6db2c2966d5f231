//! Asks the upstream for files that wait for a fresh URL, one by one.

use super::ask::ask;
use crate::domain::file::source_policy::SourcePolicy;
use crate::domain::healing::{self, Download};
use crate::domain::job::file::Source;
use crate::edge::job::home::Home;
use crate::edge::job::run::Run;
use crate::edge::platform::{self, Failure};
use crate::edge::upstream::UpstreamAnswer;

/// The most files that one run asks for.
const MAX_DOWNLOADS: usize = 8;

/// The outcome of asking for files one by one.
#[derive(Default)]
pub struct RenewedFiles {
    /// Whether the upstream can be asked for any file, now or in another run.
    pub can_be_asked: bool,
    /// Whether any file got a fresh URL.
    pub renewed: bool,
    /// Why a file got none.
    pub why: Option<String>,
}

/// Asks for the files.
pub async fn ask_for_files(home: &Home, run: &Run) -> Result<RenewedFiles, Failure> {
    let mut files = RenewedFiles::default();
    let Some(job) = home.store.job()? else { return Ok(files) };
    let questions = healing::downloads(&job, &home.config.upstreams, MAX_DOWNLOADS);
    files.can_be_asked = !questions.is_empty();
    for question in questions.iter().take(MAX_DOWNLOADS) {
        if !run.budget.take(1) {
            break;
        }
        match fresh_url(home, question, home.config.all_sources().of(job.provider)).await {
            Ok(source) => files.renewed |= use_fresh_url(home, question.n, source)?,
            Err(why) => files.why = Some(why),
        }
    }
    Ok(files)
}

async fn fresh_url(
    home: &Home,
    question: &Download<'_>,
    sources: &SourcePolicy,
) -> Result<Source, String> {
    let answered = ask(home, &question.ask).await?;
    answered.discard(&home.env).await;
    let UpstreamAnswer { status, body, .. } = answered;
    healing::read_download(status, &body, question.old_url, sources)
}

fn use_fresh_url(home: &Home, n: u32, source: Source) -> Result<bool, Failure> {
    let Some(mut job) = home.store.job()? else { return Ok(false) };
    let entry = healing::note_fresh_url(&mut job, n, source, platform::now());
    let is_lent = entry.is_some();
    home.note(&job, entry.as_ref())?;
    Ok(is_lent)
}
