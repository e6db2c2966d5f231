//! Which messages there are, when each is due, and what became of it.
//!
//! A message is queued with the event that it tells of, so it is as durable as
//! that; the alarm sends it. It may be sent twice, with the same id, but never
//! after a newer one has arrived: a receiver's last news is the job's.

use crate::domain::job::record::Job;
use crate::domain::job::status::Status;
use crate::domain::job::timeline::{Entry, Outcome};
use crate::domain::retry::{Circumstances, Pace};
use crate::domain::time::Timestamp;
use crate::domain::webhook::event::EventKind;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;

/// Most messages that a job remembers: a queue that retries for ever, and a
/// receiver that never answers, must not grow the record.
const MAX_MESSAGES: usize = 16;
/// Bytes of a message's id that are told.
const ID_BYTES: usize = 16;

/// Who gets a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Receiver {
    /// The webhook that the client gave with its submission.
    Client,
    /// `HANDOFF_URL`.
    Operator,
}

impl fmt::Display for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Client => "the client's webhook",
            Self::Operator => "HANDOFF_URL",
        })
    }
}

/// How far a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum State {
    /// It is to be sent, perhaps again.
    Pending,
    /// Its receiver has taken it.
    Delivered,
    /// It has been given up.
    Failed,
}

/// A message, as the record keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// The timeline entry of the event that it tells of.
    pub entry: u32,
    /// Who gets it.
    pub receiver: Receiver,
    /// The event, in the upstream's word.
    pub event_type: String,
    /// Its `webhook-id`, the same for all tries.
    pub id: String,
    /// How far it is.
    pub state: State,
    /// When it was queued.
    pub since: Timestamp,
    /// Not before this time: send it.
    pub at: Timestamp,
    /// Failed tries.
    pub attempts: u32,
    /// Why the last one failed, without secrets.
    pub error: Option<String>,
    /// When it was delivered.
    pub delivered_at: Option<Timestamp>,
}

/// The messages of a job, in the order of its events.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Handoff {
    /// They.
    pub messages: Vec<Message>,
    /// Who has said, by 410, that it wants none of this job any more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gone: Vec<Receiver>,
}

/// An event that is handed on.
#[derive(Debug, Clone, Copy)]
pub struct Event<'a> {
    /// Its timeline entry.
    pub entry: u32,
    /// The upstream's word for it.
    pub word: &'a str,
    /// When it came.
    pub at: Timestamp,
    /// SHA-256 of its body in hex.
    pub sha256: &'a str,
}

/// What came of sending a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tried {
    /// The receiver has taken it.
    Delivered,
    /// It wants no more (410).
    Gone,
    /// It may take it another time; it may wish for a pause, in milliseconds.
    Refused(String, Option<u64>),
    /// It can't be sent at all.
    Impossible(&'static str),
}

impl Handoff {
    /// Whether there is nothing to be kept.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        *self == Self::default()
    }

    /// The message of this entry to this receiver.
    #[must_use]
    pub fn find(&self, entry: u32, receiver: Receiver) -> Option<&Message> {
        self.messages.iter().find(|message| message.is(entry, receiver))
    }

    /// How far all of them are: pending while any is, then as the newest one to
    /// each receiver ended; `None` if there are none.
    #[must_use]
    pub fn state(&self) -> Option<State> {
        let newest = |receiver| self.messages.iter().rev().find(|one| one.receiver == receiver);
        let ends = [newest(Receiver::Client), newest(Receiver::Operator)];
        let ends: Vec<State> = ends.into_iter().flatten().map(|message| message.state).collect();
        let is_pending = self.pending().next().is_some();
        match ends.as_slice() {
            [] => None,
            _ if is_pending => Some(State::Pending),
            all if all.contains(&State::Failed) => Some(State::Failed),
            _ => Some(State::Delivered),
        }
    }

    /// The messages that are still to be sent.
    pub fn pending(&self) -> impl Iterator<Item = &Message> {
        self.messages.iter().filter(|message| message.state == State::Pending)
    }

    fn add(&mut self, message: Message) {
        // What is told of the job's end is of the result that is served.
        let is_outdated = |old: &Message| {
            old.receiver == message.receiver
                && old.state == State::Pending
                && old.event_type == EventKind::Completed.word()
                && old.event_type == message.event_type
        };
        self.messages.retain(|old| !is_outdated(old) && !old.is(message.entry, message.receiver));
        self.messages.push(message);
        self.messages.sort_unstable_by_key(|message| (message.entry, message.receiver));
        while self.messages.len() > MAX_MESSAGES {
            let done = self.messages.iter().position(|message| message.state != State::Pending);
            let least = || self.messages.iter().position(|message| !message.tells_an_end());
            let oldest = done.or_else(least).unwrap_or(0);
            self.messages.remove(oldest);
        }
    }
}

impl Message {
    fn new(job: &Job, event: &Event<'_>, receiver: Receiver, now: Timestamp) -> Self {
        Self {
            entry: event.entry,
            receiver,
            event_type: event.word.to_owned(),
            id: id_of(job, event, receiver),
            state: State::Pending,
            since: now,
            at: now,
            attempts: 0,
            error: None,
            delivered_at: None,
        }
    }

    fn is(&self, entry: u32, receiver: Receiver) -> bool {
        self.entry == entry && self.receiver == receiver
    }

    /// Whether it tells that the job has come to an end.
    #[must_use]
    pub fn tells_an_end(&self) -> bool {
        matches!(self.event_type.as_str(), "completed" | "failed" | "cancelled")
    }

    fn fail(&mut self, why: &str) {
        self.state = State::Failed;
        self.error = Some(why.to_owned());
    }
}

/// The same whichever object the event lies in: a job may move.
fn id_of(job: &Job, event: &Event<'_>, receiver: Receiver) -> String {
    let name = job.reference.clone().unwrap_or_else(|| job.public_id());
    let of = format!("{name}\n{}\n{}\n{receiver:?}", event.at.as_millis(), event.sha256);
    let hash = hex::encode(Sha256::digest(of));
    format!("msg_{}", hash.get(..ID_BYTES * 2).unwrap_or(&hash))
}

/// Queues the messages of an event that was applied.
pub fn queue(job: &mut Job, event: &Event<'_>, has_operator: bool, now: Timestamp) {
    let is_end = job.status.has_ended();
    let receivers =
        [(Receiver::Client, job.webhook.is_some()), (Receiver::Operator, has_operator && is_end)];
    for (receiver, _) in receivers.into_iter().filter(|(_, wanted)| *wanted) {
        if !job.handoff.gone.contains(&receiver) {
            let message = Message::new(job, event, receiver, now);
            job.handoff.add(message);
        }
    }
}

/// The last event that could be handed on again: its entry and its word.
#[must_use]
pub fn last_event(job: &Job) -> Option<(u32, &'static str)> {
    let word = match job.status {
        Status::Queued => return None,
        Status::Acquired => "acquired",
        Status::Completed => {
            return job.result.as_ref().map(|result| (result.delivery, "completed"));
        }
        Status::Failed => "failed",
        Status::Cancelled => "cancelled",
        Status::Retried => "retried",
    };
    (job.last_applied > 0).then_some((job.last_applied, word))
}

/// Queues an event's messages once more, whatever became of them; `None` if
/// there is no one who could get any.
pub fn again(
    job: &mut Job,
    event: &Event<'_>,
    has_operator: bool,
    now: Timestamp,
) -> Option<Entry> {
    if job.webhook.is_none() && !(has_operator && job.status.has_ended()) {
        return None;
    }
    job.handoff.gone.clear();
    queue(job, event, has_operator, now);
    job.touch(now);
    Some(entry(job, now, format!("asked to hand on again: {}", event.word)))
}

/// When a message is due: one of an end when the job is settled, 15 min after
/// the end at the latest.
#[must_use]
pub fn due_at(job: &Job, message: &Message, pace: Pace) -> Timestamp {
    if message.tells_an_end() && job.status.has_ended() && !job.is_settled() {
        return message.at.max(message.since.plus(pace.longest()));
    }
    message.at
}

/// Notes what came of sending a message.
pub fn note(
    job: &mut Job,
    (number, receiver): (u32, Receiver),
    tried: Tried,
    around: Circumstances<'_>,
) -> Option<Entry> {
    let Circumstances { now, .. } = around;
    let message = job.handoff.messages.iter_mut().find(|message| message.is(number, receiver))?;
    let word = message.event_type.clone();
    let detail = match tried {
        Tried::Delivered => {
            (message.state, message.error) = (State::Delivered, None);
            message.delivered_at = Some(now);
            drop_older(job, number, receiver);
            format!("{word}: handed on to {receiver}")
        }
        Tried::Gone => {
            job.handoff.gone.push(receiver);
            end_all(job, receiver, "the receiver answers 410: it wants no more");
            format!("{word}: {receiver} answers 410 and gets no more of this job")
        }
        Tried::Impossible(why) => {
            message.fail(why);
            format!("{word}: can't be handed on to {receiver}: {why}")
        }
        Tried::Refused(why, wish) => refused(message, &why, wish, around)?,
    };
    job.touch(now);
    Some(entry(job, now, detail))
}

/// The words for the timeline, if there are any.
fn refused(
    message: &mut Message,
    why: &str,
    wish: Option<u64>,
    around: Circumstances<'_>,
) -> Option<String> {
    let Circumstances { now, pace, entropy, .. } = around;
    let (word, receiver) = (&message.event_type, message.receiver);
    message.attempts += 1;
    if now.since(message.since) >= pace.handoff_patience() {
        let detail = format!("{word}: given up handing on to {receiver}: {why}");
        message.fail(why);
        return Some(detail);
    }
    let wish = wish.unwrap_or(0).min(pace.longest());
    message.at = now.plus(pace.handoff_backoff(message.attempts, entropy).max(wish));
    if message.error.as_deref() == Some(why) {
        return None;
    }
    message.error = Some(why.to_owned());
    Some(format!("{word}: not handed on to {receiver} yet: {why}"))
}

/// What a receiver has not got by now is older than what it knows.
fn drop_older(job: &mut Job, number: u32, receiver: Receiver) {
    let is_older = |message: &&mut Message| {
        message.receiver == receiver && message.entry < number && message.state == State::Pending
    };
    for message in job.handoff.messages.iter_mut().filter(is_older) {
        message.fail("a later event was handed on before it");
    }
}

fn end_all(job: &mut Job, receiver: Receiver, why: &str) {
    let is_its =
        |message: &&mut Message| message.receiver == receiver && message.state == State::Pending;
    job.handoff.messages.iter_mut().filter(is_its).for_each(|message| message.fail(why));
}

fn entry(job: &mut Job, now: Timestamp, detail: String) -> Entry {
    job.events += 1;
    Entry::own(job.events, now, Outcome::Handoff, detail)
}
