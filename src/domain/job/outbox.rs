//! The messages that are to be handed on.

use crate::domain::sort;
use crate::domain::time::Timestamp;
use crate::domain::webhook::event::EventKind;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Most messages that a job remembers: a queue that retries for ever, and a
/// receiver that never answers, must not grow the record.
const MAX_MESSAGES: usize = 16;

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

impl Message {
    /// Whether it is the message of this entry to this receiver.
    #[must_use]
    pub fn is(&self, entry: u32, receiver: Receiver) -> bool {
        self.entry == entry && self.receiver == receiver
    }

    /// Whether it tells that the job has come to an end.
    #[must_use]
    pub fn tells_an_end(&self) -> bool {
        matches!(self.kind(), EventKind::Completed | EventKind::Failed | EventKind::Cancelled)
    }

    fn kind(&self) -> EventKind {
        EventKind::of_name(&self.event_type)
    }

    /// Notes that it can't be delivered.
    pub fn fail(&mut self, why: &str) {
        self.state = State::Failed;
        self.error = Some(why.to_owned());
    }
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

    /// Queues a message; of too many the oldest that are done go.
    pub fn add(&mut self, message: Message) {
        // What is told of the job's end is of the result that is served.
        let is_outdated = |old: &Message| {
            old.receiver == message.receiver
                && old.state == State::Pending
                && old.kind() == EventKind::Completed
                && message.kind() == EventKind::Completed
        };
        self.messages.retain(|old| !is_outdated(old) && !old.is(message.entry, message.receiver));
        self.messages.push(message);
        sort::by_key(&mut self.messages, |message| (message.entry, message.receiver));
        while self.messages.len() > MAX_MESSAGES {
            let done = self.messages.iter().position(|message| message.state != State::Pending);
            let least = || self.messages.iter().position(|message| !message.tells_an_end());
            let oldest = done.or_else(least).unwrap_or(0);
            self.messages.remove(oldest);
        }
    }
}
