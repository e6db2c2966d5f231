//! Asks the upstream for a job's result, and applies it.

use crate::domain::file::skeleton::{Gap, Skeleton};
use crate::domain::healing::{self, AnswerMeaning, by_row};
use crate::domain::ingest::arrival::{Arrival, Origin};
use crate::domain::ingest::document::{BodyText, Document};
use crate::domain::ingest::rules::ReadRules;
use crate::domain::job::record::Job;
use crate::domain::job::timeline::BodyAt;
use crate::domain::json;
use crate::domain::keys::StorageKey;
use crate::domain::upstream::{UpstreamQuery, Upstreams};
use crate::domain::webhook::event::EventKind;
use crate::edge::bodies::PutTarget;
use crate::edge::job::home::Home;
use crate::edge::job::ingest::apply::{apply, new_job};
use crate::edge::job::ingest::body;
use crate::edge::platform::{self, During, Failure};
use crate::edge::upstream::{self, UpstreamAnswer};

const NOT_FOUND: u16 = 404;

/// The outcome of asking the upstream.
pub enum HealingOutcome {
    /// The job has ended; the answer says how.
    End(EventKind, Box<UpstreamAnswer>),
    /// There is no news. The text is the error, if one occurred; the number is
    /// the wait in milliseconds that the upstream asks for.
    Nothing(Option<String>, Option<u64>),
    /// There is no upstream to ask.
    Impossible(&'static str),
}

/// Asks for the result once.
pub async fn ask_for_result(home: &Home, job: &Job) -> HealingOutcome {
    let question = match home.config.asking().question(job) {
        Ok(question) => question,
        Err(why) => return HealingOutcome::Impossible(why.why()),
    };
    let answer = match ask(home, &question).await {
        Ok(answer) => answer,
        Err(why) => return HealingOutcome::Nothing(Some(why), None),
    };
    let nothing = match read_result(home, job, &answer) {
        AnswerMeaning::End(kind) => return HealingOutcome::End(kind, Box::new(answer)),
        AnswerMeaning::NotReady => HealingOutcome::Nothing(None, answer.retry_after_ms),
        AnswerMeaning::Refused(why) => HealingOutcome::Nothing(Some(why), answer.retry_after_ms),
        AnswerMeaning::Unclear(why) => return ask_for_status(home, &question, answer, why).await,
    };
    answer.discard(&home.env).await;
    nothing
}

fn read_result(home: &Home, job: &Job, answer: &UpstreamAnswer) -> AnswerMeaning {
    let (id, senders) = (job.id.as_deref(), &home.config.senders);
    match home.config.asking().row(job) {
        Some(row) => by_row::read_state(answer.status, &answer.body, id, row),
        None => healing::read_result(answer.status, &answer.body, id, senders),
    }
}

/// Asks for the status when the answer for the result is unclear: the job may
/// have failed, or may still run.
async fn ask_for_status(
    home: &Home,
    of_result: &UpstreamQuery,
    result: UpstreamAnswer,
    why: String,
) -> HealingOutcome {
    let status = match ask(home, &Upstreams::status_of(of_result)).await {
        Ok(answer) => answer,
        Err(why) => {
            result.discard(&home.env).await;
            return HealingOutcome::Nothing(Some(why), None);
        }
    };
    let (told, other, outcome) =
        match healing::read_status(status.status, &status.body, &home.config.senders) {
            AnswerMeaning::End(kind) if result.status == NOT_FOUND => {
                (Some((kind, status)), result, None)
            }
            // The error text is in the answer for the result.
            AnswerMeaning::End(kind) => (Some((kind, result)), status, None),
            AnswerMeaning::NotReady => (None, result, None),
            AnswerMeaning::Unclear(_) | AnswerMeaning::Refused(_) => (None, result, Some(why)),
        };
    other.discard(&home.env).await;
    match told {
        Some((kind, told)) => HealingOutcome::End(kind, Box::new(told)),
        None => HealingOutcome::Nothing(outcome, None),
    }
}

/// Sends a question to the upstream.
pub async fn ask(home: &Home, question: &UpstreamQuery) -> Result<UpstreamAnswer, String> {
    upstream::ask(&home.env, question, home.config.max_body_bytes, home.config.pace).await
}

/// Applies an answer as if it were a delivery.
pub async fn take(
    home: &Home,
    job: &Job,
    kind: EventKind,
    answer: &UpstreamAnswer,
) -> Result<(), Failure> {
    let KeptAnswer { text, gaps, is_shallow, body, bytes, sha256 } =
        keep(home, job, answer).await?;
    let read = BodyText { text, gaps, shallow: is_shallow.then_some(sha256.as_str()) };
    let senders = &home.config.senders;
    let mut event =
        healing::event_of(text, kind, job.provider, senders).during("reading an answer")?;
    let in_headers = || senders.row(job.provider)?.cost_in_header(|name| answer.header(name));
    event.told.cost = event.told.cost.take().or_else(in_headers);
    let note = match kind {
        EventKind::Completed => "the upstream was asked for the result".to_owned(),
        _ => "the upstream was asked, and the job has ended without a result".to_owned(),
    };
    let rules = ReadRules { owner: Some(job.provider), ..home.config.read_rules() };
    let at = platform::now();
    let arrival = Arrival {
        at,
        now: at,
        raw: text.as_bytes(),
        read,
        document: Document { bytes, ..Document::of(&read, &event, rules) },
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
        cost: None,
        archived: &[],
    };
    let new_job = new_job(job.home.clone(), at, job.origin.clone());
    apply(home, new_job, arrival, None, false).await.map(drop)
}

/// An answer that is stored in the same way as a delivery's body.
struct KeptAnswer<'a> {
    text: &'a str,
    gaps: &'a [Gap],
    is_shallow: bool,
    body: BodyAt,
    bytes: usize,
    sha256: String,
}

async fn keep<'a>(
    home: &Home,
    job: &Job,
    answer: &'a UpstreamAnswer,
) -> Result<KeptAnswer<'a>, Failure> {
    let is_one = json::check(&answer.body).is_ok();
    if let Some(stored) = answer.stored.as_deref().filter(|_| is_one) {
        let sha256 = stored.sha256.clone();
        let key = StorageKey::Body { home: &job.home, sha256: &sha256 }.path();
        stored.move_to(&home.env, PutTarget::of_json(key.clone())).await?;
        let Skeleton { gaps, is_shallow, .. } = &stored.read.skeleton;
        let (body, bytes) = (BodyAt::Bucket(key), stored.read.bytes);
        let (text, is_shallow) = (answer.body.as_str(), *is_shallow);
        return Ok(KeptAnswer { text, gaps, is_shallow, body, bytes, sha256 });
    }
    answer.discard(&home.env).await;
    let text = if is_one { answer.body.as_str() } else { "{}" };
    let sha256 = platform::sha256(text.as_bytes()).await?;
    let body = body::keep(home, &job.home, text, &sha256).await;
    Ok(KeptAnswer { text, gaps: &[], is_shallow: false, body, bytes: text.len(), sha256 })
}
