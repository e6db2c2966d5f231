//! Asks for a job's result, and applies it.

use crate::domain::healing::{self, Answer};
use crate::domain::ingest::arrival::{Arrival, Origin};
use crate::domain::ingest::document::Document;
use crate::domain::job::record::Job;
use crate::domain::upstream::{Ask, Upstreams};
use crate::domain::webhook::event::{Event, EventKind};
use crate::edge::job::home::Home;
use crate::edge::job::ingest::apply::{apply, birth};
use crate::edge::job::ingest::body;
use crate::edge::platform::{self, During, Failure};
use crate::edge::upstream::{self, Answered};

const NOT_FOUND: u16 = 404;

/// What came of a question.
pub enum Outcome {
    /// The job has come to an end; the text is the upstream's.
    End(EventKind, String),
    /// No news; the text says what went wrong, if something did.
    Nothing(Option<String>, Option<u64>),
    /// There is no one to ask.
    Impossible(&'static str),
}

/// Asks, once.
pub async fn ask_for_result(home: &Home, job: &Job) -> Outcome {
    let question = match home.config.upstreams.result_of(job.lookup()) {
        Ok(question) => question,
        Err(why) => return Outcome::Impossible(why.why()),
    };
    let answered = match ask(home, &question).await {
        Ok(answered) => answered,
        Err(why) => return Outcome::Nothing(Some(why), None),
    };
    match healing::read_result(answered.status, &answered.body, job.id.as_deref()) {
        Answer::End(kind) => Outcome::End(kind, answered.body),
        Answer::NotReady => Outcome::Nothing(None, None),
        Answer::Refused(why) => Outcome::Nothing(Some(why), answered.retry_after_ms),
        Answer::Unclear(why) => ask_for_status(home, &question, answered, why).await,
    }
}

/// A result that is refused may be that of a job that has failed, or of
/// one that still runs.
async fn ask_for_status(home: &Home, of_result: &Ask, result: Answered, why: String) -> Outcome {
    let status = match ask(home, &Upstreams::status_of(of_result)).await {
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

/// Puts a question to the upstream.
pub async fn ask(home: &Home, question: &Ask) -> Result<Answered, String> {
    upstream::ask(question, home.config.max_body_bytes, home.config.pace).await
}

/// Applies an answer as if it had been delivered.
pub async fn take(home: &Home, job: &Job, kind: EventKind, text: &str) -> Result<(), Failure> {
    let text = if Event::parse(text).is_ok() { text } else { "{}" };
    let sha256 = platform::sha256(text.as_bytes()).await?;
    let body = body::keep(home, &job.home, text, &sha256).await;
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
        document: Document::of(text, &event, &home.config.sources),
        sha256: &sha256,
        body,
        seen: None,
        origin: Origin::Healing,
        reference: None,
        app: None,
        tags: Vec::new(),
        keep_days: None,
        has_operator: home.config.handoff_url.is_some(),
        note: Some(note),
        named: None,
        archived: &[],
    };
    let birth = birth(job.home.clone(), at, job.origin.clone());
    apply(home, birth, arrival, None, false).await.map(drop)
}
