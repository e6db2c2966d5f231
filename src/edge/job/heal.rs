//! Asks the upstream for what did not come by itself: a result, fresh URLs.

use super::Job;
use super::alarm::Run;
use super::deliver::birth;
use crate::domain::file::discover::Discovery;
use crate::domain::gateway::submission;
use crate::domain::healing::{self, Answer, Download};
use crate::domain::ingest::apply::Arrival;
use crate::domain::ingest::import;
use crate::domain::job::file::Source;
use crate::domain::job::record::Job as Record;
use crate::domain::names::ObjectName;
use crate::domain::protocol::{Import, Reply};
use crate::domain::upstream::{Ask, Upstreams};
use crate::domain::webhook::event::{Event, EventKind};
use crate::edge::platform::{self, During, Failure};
use crate::edge::storage::object::Slot;
use crate::edge::upstream::{self, Answered};

/// Files that are asked for one by one in one run.
const MAX_DOWNLOADS: usize = 8;
const NOT_FOUND: u16 = 404;

/// What came of a question.
enum Outcome {
    /// The job has come to an end; the text is the upstream's.
    End(EventKind, String),
    /// No news; the text says what went wrong, if something did.
    Nothing(Option<String>, Option<u64>),
    /// There is no one to ask.
    Impossible(&'static str),
}

/// What came of asking for files one by one.
#[derive(Default)]
struct Files {
    /// Whether any could be asked for, now or in another run.
    can_be_asked: bool,
    /// Whether any got a fresh URL.
    renewed: bool,
    /// Why another one did not.
    why: Option<String>,
}

impl Job {
    /// Takes up a job that no delivery has told of.
    pub(super) async fn import(&self, name: ObjectName, import: &Import) -> Result<Reply, Failure> {
        let job = match self.store.slot()? {
            Slot::Alias(home) => return Ok(Reply::Elsewhere(home)),
            Slot::Deleted(tombstone) => return Ok(Reply::Deleted(tombstone.id)),
            Slot::Job(job) => Some(*job),
            Slot::Empty => None,
        };
        let is_new = job.is_none();
        let birth = birth(name, import.at, import.origin.clone());
        let (job, entry) = import::take(job, birth, import);
        self.arm(&job).await?;
        self.note(&job, entry.as_ref())?;
        Ok(Reply::Known { is_new })
    }

    /// Has the upstream asked at once.
    pub(super) async fn want(&self, why: String) -> Result<Reply, Failure> {
        let mut job = match self.store.slot()? {
            Slot::Alias(home) => return Ok(Reply::Elsewhere(home)),
            Slot::Job(job) => *job,
            Slot::Empty | Slot::Deleted(_) => return Ok(Reply::Missing),
        };
        let entry = healing::want(&mut job, why, platform::now());
        self.arm(&job).await?;
        self.note(&job, Some(&entry))?;
        Ok(Reply::Known { is_new: false })
    }

    /// Asks for the job's result. Files that still wait for a fresh URL
    /// afterwards are asked for one by one.
    pub(super) async fn heal(&self, run: &Run) -> Result<(), Failure> {
        let Some(job) = self.store.job()? else { return Ok(()) };
        if job.is_unanswered() {
            return self.note_interruption(job);
        }
        let outcome = self.ask_for_result(&job).await;
        if let Outcome::End(kind, text) = &outcome {
            self.take(&job, *kind, text).await?;
        }
        let files = self.ask_for_files(run).await?;
        self.note_question(outcome, files)
    }

    /// The run that submitted the job has died, unless it is still at it.
    fn note_interruption(&self, mut job: Record) -> Result<(), Failure> {
        let now = platform::now();
        if self.submitting.get() {
            job.healing.at = now.plus(self.config.pace.silence());
            return self.note(&job, None);
        }
        let entry = submission::interrupted(&mut job, now);
        self.note(&job, entry.as_ref())
    }

    /// Asks for the result of a job that has not ended, now; tells what the
    /// job is then.
    pub(super) async fn fetch_result(&self) -> Result<Reply, Failure> {
        if let Some(job) = self.store.job()?
            && !job.status.has_ended()
            && let Outcome::End(kind, text) = self.ask_for_result(&job).await
        {
            self.take(&job, kind, &text).await?;
        }
        Ok(self.look()?.reply)
    }

    async fn ask_for_result(&self, job: &Record) -> Outcome {
        let ask = match self.config.upstreams.result_of(job) {
            Ok(ask) => ask,
            Err(why) => return Outcome::Impossible(why.why()),
        };
        let answered = match self.ask(&ask).await {
            Ok(answered) => answered,
            Err(why) => return Outcome::Nothing(Some(why), None),
        };
        match healing::read_result(answered.status, &answered.body, job.id.as_deref()) {
            Answer::End(kind) => Outcome::End(kind, answered.body),
            Answer::NotReady => Outcome::Nothing(None, None),
            Answer::Refused(why) => Outcome::Nothing(Some(why), answered.retry_after_ms),
            Answer::Unclear(why) => self.ask_for_status(&ask, answered, why).await,
        }
    }

    /// A result that is refused may be that of a job that has failed, or of
    /// one that still runs.
    async fn ask_for_status(&self, ask: &Ask, result: Answered, why: String) -> Outcome {
        let status = match self.ask(&Upstreams::status_of(ask)).await {
            Ok(answered) => answered,
            Err(why) => return Outcome::Nothing(Some(why), None),
        };
        match healing::read_status(status.status, &status.body) {
            Answer::End(kind) if result.status == NOT_FOUND => Outcome::End(kind, status.body),
            // The failure's own words are in what the result's URL answered.
            Answer::End(kind) => Outcome::End(kind, result.body),
            Answer::NotReady => Outcome::Nothing(None, None),
            Answer::Unclear(_) | Answer::Refused(_) => Outcome::Nothing(Some(why), None),
        }
    }

    async fn ask(&self, ask: &Ask) -> Result<Answered, String> {
        upstream::ask(ask, self.config.max_body_bytes, self.config.pace).await
    }

    /// Applies an answer as if it had been delivered.
    async fn take(&self, job: &Record, kind: EventKind, text: &str) -> Result<(), Failure> {
        let text = if Event::parse(text).is_ok() { text } else { "{}" };
        let sha256 = platform::sha256(text.as_bytes()).await?;
        let body = self.keep_body(&job.home, text, &sha256).await;
        let event = healing::event_of(text, kind, job.provider).during("reading an answer")?;
        let note = match kind {
            EventKind::Completed => "the upstream was asked for the result".to_owned(),
            _ => "the upstream was asked, and the job has ended without a result".to_owned(),
        };
        let at = platform::now();
        let arrival = Arrival {
            at,
            now: at,
            raw: text.as_bytes(),
            text,
            is_unreadable: false,
            sha256: &sha256,
            event,
            found: Discovery::default(),
            body,
            seen: None,
            trust: None,
            reference: None,
            app: None,
            tags: Vec::new(),
            keep_days: None,
            has_operator: self.config.handoff_url.is_some(),
            note: Some(note),
            named: None,
            archived: &[],
        };
        let birth = birth(job.home.clone(), at, job.origin.clone());
        self.land(birth, arrival, None).await.map(drop)
    }

    /// Asks one by one for the files that still wait for a fresh URL.
    async fn ask_for_files(&self, run: &Run) -> Result<Files, Failure> {
        let mut files = Files::default();
        let Some(job) = self.store.job()? else { return Ok(files) };
        let questions = healing::downloads(&job, &self.config.upstreams, MAX_DOWNLOADS);
        files.can_be_asked = !questions.is_empty();
        for question in questions.iter().take(MAX_DOWNLOADS) {
            if !run.budget.take(1) {
                break;
            }
            match self.fresh_url(question).await {
                Ok(source) => files.renewed |= self.lend(question.n, source)?,
                Err(why) => files.why = Some(why),
            }
        }
        Ok(files)
    }

    async fn fresh_url(&self, question: &Download<'_>) -> Result<Source, String> {
        let Answered { status, body, .. } = self.ask(&question.ask).await?;
        healing::read_download(status, &body, question.old_url, &self.config.sources)
    }

    fn lend(&self, n: u32, source: Source) -> Result<bool, Failure> {
        let Some(mut job) = self.store.job()? else { return Ok(false) };
        let entry = healing::note_fresh_url(&mut job, n, source, platform::now());
        let is_lent = entry.is_some();
        self.note(&job, entry.as_ref())?;
        Ok(is_lent)
    }

    fn note_question(&self, outcome: Outcome, files: Files) -> Result<(), Failure> {
        let Some(mut job) = self.store.job()? else { return Ok(()) };
        let around = self.circumstances(Ok(()));
        let entry = match outcome {
            Outcome::End(_, text) => {
                healing::note_end(&mut job, healing::says_removed(&text), files.why, around)
            }
            Outcome::Nothing(why, wish) => {
                let why = if files.renewed { None } else { why };
                healing::note_failure(&mut job, why, wish, around)
            }
            Outcome::Impossible(_) if files.can_be_asked => {
                healing::note_failure(&mut job, files.why, None, around)
            }
            Outcome::Impossible(why) => healing::note_impossible(&mut job, why, around),
        };
        self.note(&job, entry.as_ref())
    }
}
