//! Healing: asks the upstream when a webhook did not come, or when a file's URL
//! no longer works.
//!
//! In scope: when to ask, the meaning of an answer, what is noted. Out of
//! scope: where to ask (`upstream`), what a result does to the job (`apply`).

pub mod by_row;

use crate::domain::file::source_policy::SourcePolicy;
use crate::domain::job::file::{File, FileState, Source};
use crate::domain::job::healing::Healing;
use crate::domain::job::record::Job;
use crate::domain::job::status::Status;
use crate::domain::job::timeline::{Entry, EntryOutcome};
use crate::domain::json::{self, Malformed};
use crate::domain::retry::{Pace, RetryContext};
use crate::domain::sender::fact::Fact;
use crate::domain::sender::name::SenderName;
use crate::domain::sender::table::Senders;
use crate::domain::time::Timestamp;
use crate::domain::upstream::{UpstreamQuery, Upstreams};
use crate::domain::webhook::event::{Event, EventKind, value_of};
use crate::domain::webhook::{correlate, event};

/// Returns when the upstream must be asked; `None` if there is no need.
///
/// A job is silent some time after the end of its lease. That is counted on the
/// vault's clock from the delivery that reported the lease. A queued job is
/// silent when no event has come for long. A job that may have to move is asked
/// for at the object it moves to, because deliveries move along and answers do
/// not.
#[must_use]
pub fn due_at(job: &Job, pace: Pace) -> Option<Timestamp> {
    let healing = &job.healing;
    if healing.exhausted || job.unlinked_id.is_some() {
        return None;
    }
    let is_urgent = healing.wanted || job.files.iter().any(File::waits_for_url);
    let silent_at = match job.status {
        _ if is_urgent => Timestamp::default(),
        // Other senders do not report a lease.
        Status::Acquired if job.provider != SenderName::PIPELET => {
            job.heard_at.plus(pace.silence())
        }
        Status::Acquired => job.heard_at.plus(lease(job)).plus(pace.lease_grace()),
        Status::Queued | Status::Retried => job.heard_at.plus(pace.silence()),
        Status::Completed | Status::Failed | Status::Cancelled => return None,
    };
    Some(silent_at.max(healing.at))
}

/// Returns the lease's length in milliseconds, by the sender's clock alone.
fn lease(job: &Job) -> u64 {
    // A renewed lease is reported long after the job was taken.
    let told = job.sender_time.or(job.acquired_at);
    told.zip(job.lease_expiry).map_or(0, |(from, until)| until.since(from))
}

/// The meaning of an answer of the upstream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnswerMeaning {
    /// The job has ended in this way; the body contains the details.
    End(EventKind),
    /// The job is running or waiting.
    NotReady,
    /// The answer does not say; the job's status may.
    Unclear(String),
    /// The upstream could not or would not answer.
    Refused(String),
}

/// Reads the answer to a request for the result of job `id`.
#[must_use]
pub fn read_result(status: u16, body: &str, id: Option<&str>, senders: &Senders) -> AnswerMeaning {
    match status {
        200..=299 => match Event::parse(body, senders) {
            Ok(event) if is_of_another(&event, id) => {
                AnswerMeaning::Refused("the upstream answered with another job's result".to_owned())
            }
            Ok(event) => {
                reported_status(&event).unwrap_or(AnswerMeaning::End(EventKind::Completed))
            }
            Err(why) => {
                AnswerMeaning::Refused(format!("the upstream's result can't be used: {why}"))
            }
        },
        _ => refusal(status)
            .unwrap_or_else(|| AnswerMeaning::Unclear(format!("the upstream answers {status}"))),
    }
}

/// Returns what a status of HTTP means that does not depend on the job.
fn refusal(status: u16) -> Option<AnswerMeaning> {
    Some(AnswerMeaning::Refused(match status {
        300..=399 => "the upstream answered with a redirect, which is not followed".to_owned(),
        401 | 403 => format!("the upstream refuses the key ({status})"),
        408 | 425 | 429 | 500.. => format!("the upstream answers {status}"),
        _ => return None,
    }))
}

/// Reads the answer to a request for the status.
#[must_use]
pub fn read_status(status: u16, body: &str, senders: &Senders) -> AnswerMeaning {
    let told = Event::parse(body, senders).ok().and_then(|event| reported_status(&event));
    match (status, told) {
        (200..=299, Some(answer)) => answer,
        _ => AnswerMeaning::Unclear(format!(
            "the upstream answers {status} when asked for the status"
        )),
    }
}

/// Returns the event of a job of `sender` that ended as `kind`, from the
/// answer's text. Some senders answer with the result alone, as fal.ai does.
///
/// # Errors
/// [`Malformed`] if `text` is not one JSON object.
pub fn event_of<'a>(
    text: &'a str,
    kind: EventKind,
    sender: SenderName,
    senders: &'a Senders,
) -> Result<Event<'a>, Malformed> {
    let mut event = Event::parse_of(text, senders, sender)?;
    event.told.kind = kind;
    let is_bare = event.told.provider == SenderName::PIPELET
        && senders.row(sender).is_some_and(|row| row.is(Fact::BareAnswer));
    let result = if is_bare { Some(0..text.len()) } else { event.result.clone() };
    Ok(Event { result, ..event })
}

/// Returns whether an answer names a job other than `id`.
fn is_of_another(event: &Event<'_>, id: Option<&str>) -> bool {
    let named = |key| value_of(&event.members, key).and_then(correlate::id_of);
    let named = named("jobId").or_else(|| named("request_id"));
    named.zip(id).is_some_and(|(named, id)| !named.is_ok_and(|named| named == id))
}

fn reported_status(event: &Event<'_>) -> Option<AnswerMeaning> {
    match (event.told.provider, event.told.kind) {
        (SenderName::PIPELET, _) | (_, EventKind::Unknown) => {}
        (_, EventKind::Acquired | EventKind::Ready) => return Some(AnswerMeaning::NotReady),
        (_, kind) => return Some(AnswerMeaning::End(kind)),
    }
    let written = value_of(&event.members, "status")?;
    match json::decode_string(written)?.as_ref() {
        "IN_QUEUE" | "IN_PROGRESS" => Some(AnswerMeaning::NotReady),
        "FAILED" => Some(AnswerMeaning::End(EventKind::Failed)),
        "CANCELLED" => Some(AnswerMeaning::End(EventKind::Cancelled)),
        // A result never contains its own URL.
        "COMPLETED" => value_of(&event.members, "response_url").map(|_| {
            AnswerMeaning::Unclear("the upstream answered with a status and no result".to_owned())
        }),
        _ => None,
    }
}

/// A request for a file's fresh URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Download<'a> {
    /// The file's number.
    pub n: u32,
    /// The URL so far.
    pub old_url: &'a str,
    /// The request to the upstream.
    pub ask: UpstreamQuery,
}

/// Returns the requests for the files that wait for a fresh URL. A run has time
/// for `at_once` of them, so each run begins with others.
#[must_use]
pub fn downloads<'a>(job: &'a Job, upstreams: &Upstreams, at_once: usize) -> Vec<Download<'a>> {
    let question = |file: &'a File| {
        let Source::Url { url, .. } = &file.source else { return None };
        let ask = upstreams.download_of(job.lookup(), url).ok()?;
        Some(Download { n: file.n, old_url: url, ask })
    };
    let waiting = job.files.iter().filter(|file| file.waits_for_url());
    let mut all: Vec<_> = waiting.filter_map(question).collect();
    let asked = at_once.saturating_mul(job.healing.attempts as usize);
    let by = asked.checked_rem(all.len()).unwrap_or(0);
    all.rotate_left(by);
    all
}

/// Returns the fresh URL from an answer of the upstream's `download`. The URL
/// must be allowed, and its path must end in the same segment as `old_url`.
///
/// # Errors
/// Says why the answer has no usable URL.
pub fn read_download(
    status: u16,
    body: &str,
    old_url: &str,
    policy: &SourcePolicy,
) -> Result<Source, String> {
    if !(200..=299).contains(&status) {
        return Err(format!("the upstream answers {status} when asked for the file"));
    }
    let members = json::object_members(body).map_err(|why| why.to_string())?;
    let url = value_of(&members, "url").and_then(json::decode_string);
    let url = url.ok_or("the upstream's answer has no `url`")?;
    let checked = policy.check(&url).map_err(|why| format!("the fresh URL: {why}"))?;
    if last_segment(checked.as_str()) != last_segment(old_url) {
        return Err("the fresh URL is for another file".to_owned());
    }
    Ok(Source::at(&checked))
}

fn last_segment(url: &str) -> &str {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    path.rsplit('/').next().unwrap_or_default()
}

/// Notes an answer that reported the job's end. If the job needs more, it
/// counts as a question, because the URLs in the answer may be dead. `why` says
/// why a file got none. Files that the upstream says it has removed are lost.
pub fn note_end(
    job: &mut Job,
    is_removed: bool,
    why: Option<String>,
    context: RetryContext<'_>,
) -> Option<Entry> {
    if std::mem::take(&mut job.healing.wanted) {
        job.touch(context.now);
    }
    if is_removed && job.files.iter().any(File::waits_for_url) {
        let why = "the upstream has deleted it";
        job.files
            .iter_mut()
            .filter(|file| file.waits_for_url())
            .for_each(|file| give_up(file, why));
        job.note_if_stored(context.now);
        job.touch(context.now);
    }
    let is_missing = job.files.iter().any(File::waits_for_url);
    let why = why.or_else(|| is_missing.then(|| "its answer does not name the file".to_owned()));
    note_failure(job, why, None, context)
}

/// Returns whether an answer says that the upstream has removed the result's
/// data.
#[must_use]
pub fn says_removed(text: &str) -> bool {
    json::object_members(text).is_ok_and(|members| event::is_removed(&members))
}

/// Notes a question; `why` says why it did not help, and is `None` if it is too
/// early to say. `wish_ms` is the pause that the upstream asks for, in
/// milliseconds. Returns an entry only for a new failure, and none if the job
/// has what it needs, perhaps from a delivery in the meantime.
pub fn note_failure(
    job: &mut Job,
    why: Option<String>,
    wish_ms: Option<u64>,
    context: RetryContext<'_>,
) -> Option<Entry> {
    let RetryContext { now, pace, entropy, .. } = context;
    if job.is_settled() && due_at(job, pace).is_none() {
        end_healing(job, now);
        return None;
    }
    let healing = &mut job.healing;
    let is_news = why.is_some() && healing.error != why;
    healing.error.clone_from(&why);
    let since = *healing.since.get_or_insert(now);
    healing.attempts += 1;
    healing.failures = if why.is_some() { healing.failures + 1 } else { 0 };
    let wish = wish_ms.unwrap_or(0).min(pace.longest());
    let pause = pace.healing_backoff(healing.attempts, healing.failures, entropy);
    healing.at = now.plus(pause.max(wish));
    if now.since(since) >= pace.patience() {
        return Some(give_up_asking(job, now));
    }
    if !is_news {
        return None;
    }
    job.touch(now);
    let why = why.unwrap_or_default();
    Some(own_entry(job, now, format!("the upstream was asked without success: {why}")))
}

/// Ends healing, because there is nothing more to ask for.
fn end_healing(job: &mut Job, now: Timestamp) {
    if !job.healing.exhausted && !job.healing.is_idle() {
        job.healing = Healing::default();
        job.touch(now);
    }
}

/// Stops asking. A file whose URL is dead is lost; the other files try their
/// old URL again.
fn give_up_asking(job: &mut Job, now: Timestamp) -> Entry {
    job.healing.exhausted = true;
    let last = job.healing.error.clone().unwrap_or_else(|| "the job is not ready".to_owned());
    for file in job.files.iter_mut().filter(|file| file.waits_for_url()) {
        if file.is_stranded(now) {
            give_up(file, &last);
        } else {
            file.state = FileState::Pending { needs_url: false };
        }
    }
    job.note_if_stored(now);
    job.touch(now);
    own_entry(job, now, format!("healExhausted: {last}"))
}

/// Notes that the upstream can't be asked at all. Files whose URL is dead are
/// lost. A silent job is checked again later, because the operator may fix the
/// cause.
pub fn note_impossible(job: &mut Job, why: &str, context: RetryContext<'_>) -> Option<Entry> {
    let is_stranded = |file: &File| file.is_stranded(context.now);
    if job.files.iter().any(is_stranded) {
        job.files.iter_mut().filter(|file| is_stranded(file)).for_each(|file| give_up(file, why));
        job.note_if_stored(context.now);
        job.touch(context.now);
    }
    note_failure(job, Some(why.to_owned()), Some(context.pace.longest()), context)
}

fn give_up(file: &mut File, why: &str) {
    file.state = FileState::Lost;
    let before = file.error.take().unwrap_or_else(|| "the URL has expired".to_owned());
    file.error = Some(format!("{before}; no fresh URL: {why}"));
}

/// Gives file `n` a fresh URL.
pub fn note_fresh_url(job: &mut Job, n: u32, source: Source, now: Timestamp) -> Option<Entry> {
    let file = job.file_mut(n).filter(|file| file.waits_for_url())?;
    file.expires_at = source.deadline();
    file.source = source;
    file.begin_anew(now, false);
    let detail = format!("file {n}: a fresh URL for {}", file.name);
    job.heals += 1;
    job.touch(now);
    Some(own_entry(job, now, detail))
}

/// Lets the sender of a submitted job be asked until the job has ended: it has
/// no webhooks, or its results do not live long enough to wait for one.
pub fn poll(job: &mut Job, pace: Pace, now: Timestamp) {
    let at = now.plus(pace.healing_backoff(0, 0, 0));
    job.healing = Healing { wanted: true, at, ..Healing::default() };
}

/// Requests that the upstream be asked at once; `detail` says why.
pub fn request(job: &mut Job, detail: String, now: Timestamp) -> Entry {
    job.healing = Healing { wanted: true, ..Healing::default() };
    job.touch(now);
    own_entry(job, now, detail)
}

fn own_entry(job: &mut Job, now: Timestamp, detail: String) -> Entry {
    job.events += 1;
    Entry::own(job.events, now, EntryOutcome::Heal, detail)
}
