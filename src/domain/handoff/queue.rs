//! Decides which messages exist and when each is due, and records the results.
//!
//! A message is queued in the same write as its event, so it is as durable as
//! the event; the alarm sends it. It may be sent twice with the same id. It is
//! never sent after a newer one has arrived, so that a receiver's latest
//! message shows the job's state.

use crate::domain::job::outbox::{Message, Receiver, State};
use crate::domain::job::record::Job;
use crate::domain::job::status::Status;
use crate::domain::job::timeline::{Entry, EntryOutcome};
use crate::domain::retry::{Pace, RetryContext};
use crate::domain::time::Timestamp;
use sha2::{Digest, Sha256};

/// How many bytes of the hash are in a message's id.
const ID_BYTES: usize = 16;

/// An event that is handed on.
#[derive(Debug, Clone, Copy)]
pub struct HandoffEvent<'a> {
    /// The number of its timeline entry.
    pub entry: u32,
    /// The upstream's word for the event.
    pub word: &'a str,
    /// When the event arrived.
    pub at: Timestamp,
    /// The SHA-256 of its body in hex.
    pub sha256: &'a str,
}

/// The result of sending a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendResult {
    /// The receiver accepted the message.
    Delivered,
    /// The receiver wants no more messages (410).
    Gone,
    /// The receiver did not accept the message, but may do so later. The number
    /// is the pause that it asks for, in milliseconds.
    Refused(String, Option<u64>),
    /// The message can't be sent at all.
    Impossible(&'static str),
}

/// Makes the message of `event` for one receiver.
fn message(job: &Job, event: &HandoffEvent<'_>, receiver: Receiver, now: Timestamp) -> Message {
    Message {
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

/// Returns a message's id. It does not depend on the object that contains the
/// event, because a job may move.
fn id_of(job: &Job, event: &HandoffEvent<'_>, receiver: Receiver) -> String {
    let name = job.reference.clone().unwrap_or_else(|| job.public_id());
    let of = format!("{name}\n{}\n{}\n{receiver:?}", event.at.as_millis(), event.sha256);
    let hash = hex::encode(Sha256::digest(of));
    format!("msg_{}", hash.get(..ID_BYTES * 2).unwrap_or(&hash))
}

/// Queues the messages of an event that was applied.
pub fn queue(job: &mut Job, event: &HandoffEvent<'_>, has_operator: bool, now: Timestamp) {
    let is_end = job.status.has_ended();
    let receivers =
        [(Receiver::Client, job.webhook.is_some()), (Receiver::Operator, has_operator && is_end)];
    for (receiver, _) in receivers.into_iter().filter(|(_, wanted)| *wanted) {
        if !job.handoff.gone.contains(&receiver) {
            let message = message(job, event, receiver, now);
            job.handoff.add(message);
        }
    }
}

/// Returns the latest event that could be handed on again: its entry and its
/// word.
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

/// Queues an event's messages again, whatever their state is. Returns `None` if
/// there is no receiver.
pub fn again(
    job: &mut Job,
    event: &HandoffEvent<'_>,
    has_operator: bool,
    now: Timestamp,
) -> Option<Entry> {
    if job.webhook.is_none() && !(has_operator && job.status.has_ended()) {
        return None;
    }
    job.handoff.gone.clear();
    queue(job, event, has_operator, now);
    job.touch(now);
    Some(entry(job, now, format!("hand-off was requested again: {}", event.word)))
}

/// Returns when a message is due. The message of an end waits until the job is
/// settled, but at most 15 min.
#[must_use]
pub fn due_at(job: &Job, message: &Message, pace: Pace) -> Timestamp {
    if message.tells_an_end() && job.status.has_ended() && !job.is_settled() {
        return message.at.max(message.since.plus(pace.longest()));
    }
    message.at
}

/// Records the result of sending a message.
pub fn note(
    job: &mut Job,
    (number, receiver): (u32, Receiver),
    tried: SendResult,
    context: RetryContext<'_>,
) -> Option<Entry> {
    let RetryContext { now, .. } = context;
    let message = job.handoff.messages.iter_mut().find(|message| message.is(number, receiver))?;
    let word = message.event_type.clone();
    let detail = match tried {
        SendResult::Delivered => {
            (message.state, message.error) = (State::Delivered, None);
            message.delivered_at = Some(now);
            drop_outdated(job, number, receiver);
            format!("{word}: handed on to {receiver}")
        }
        SendResult::Gone => {
            job.handoff.gone.push(receiver);
            end_all(job, receiver, "the receiver answers 410: it wants no more messages");
            format!("{word}: {receiver} answers 410 and gets no more messages of this job")
        }
        SendResult::Impossible(why) => {
            message.fail(why);
            format!("{word}: can't be handed on to {receiver}: {why}")
        }
        SendResult::Refused(why, wish) => refused(message, &why, wish, context)?,
    };
    job.touch(now);
    Some(entry(job, now, detail))
}

/// Schedules the next try or gives up. Returns the words for the timeline, if
/// there is something new.
fn refused(
    message: &mut Message,
    why: &str,
    wish: Option<u64>,
    context: RetryContext<'_>,
) -> Option<String> {
    let RetryContext { now, pace, entropy, .. } = context;
    let (word, receiver) = (&message.event_type, message.receiver);
    message.attempts += 1;
    if now.since(message.since) >= pace.handoff_patience() {
        let detail = format!("{word}: gave up handing on to {receiver}: {why}");
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

/// Fails the pending messages that are older than the one that the receiver has
/// accepted.
fn drop_outdated(job: &mut Job, number: u32, receiver: Receiver) {
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
    Entry::own(job.events, now, EntryOutcome::Handoff, detail)
}
