//! The outbox: messages that the vault hands on.

use crate::domain::sort;
use crate::domain::time::Timestamp;
use crate::domain::webhook::event::EventKind;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The most messages that a job keeps. An upstream that retries for ever, or a
/// receiver that never answers, must not grow the record.
const MAX_MESSAGES: usize = 16;

/// The receiver of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Receiver {
    /// The webhook that the client gave with its submission.
    Client,
    /// The operator's `HANDOFF_URL`.
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
    /// The message is still to be sent, perhaps again.
    Pending,
    /// The receiver has accepted the message.
    Delivered,
    /// The vault has given up.
    Failed,
}

/// A message as the record stores it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// The timeline entry of the event that the message reports.
    pub entry: u32,
    /// The receiver of the message.
    pub receiver: Receiver,
    /// The event's type, as the upstream names it.
    pub event_type: String,
    /// The `webhook-id`, the same for all tries.
    pub id: String,
    /// How far the message is.
    pub state: State,
    /// When the message was queued.
    pub since: Timestamp,
    /// The earliest time of the next try.
    pub at: Timestamp,
    /// How many tries have failed.
    pub attempts: u32,
    /// Why the last try failed, without secrets.
    pub error: Option<String>,
    /// When the message was delivered.
    pub delivered_at: Option<Timestamp>,
}

impl Message {
    /// Returns whether the message reports this entry to this receiver.
    #[must_use]
    pub fn is(&self, entry: u32, receiver: Receiver) -> bool {
        self.entry == entry && self.receiver == receiver
    }

    /// Returns whether the message reports that the job has ended.
    #[must_use]
    pub fn tells_an_end(&self) -> bool {
        matches!(self.kind(), EventKind::Completed | EventKind::Failed | EventKind::Cancelled)
    }

    fn kind(&self) -> EventKind {
        EventKind::of_name(&self.event_type)
    }

    /// Notes that the message can't be delivered.
    pub fn fail(&mut self, why: &str) {
        self.state = State::Failed;
        self.error = Some(why.to_owned());
    }
}

/// The messages of a job, in the order of its events.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Handoff {
    /// The messages, by entry and receiver.
    pub messages: Vec<Message>,
    /// The receivers that answered 410: they want no more messages about this
    /// job.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gone: Vec<Receiver>,
}

impl Handoff {
    /// Returns whether the outbox is empty, so that the record omits it.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        *self == Self::default()
    }

    /// Returns the message that reports this entry to this receiver.
    #[must_use]
    pub fn find(&self, entry: u32, receiver: Receiver) -> Option<&Message> {
        self.messages.iter().find(|message| message.is(entry, receiver))
    }

    /// Returns the state of all messages together. It is pending while any
    /// message is, then failed if the newest message to any receiver failed,
    /// else delivered. `None` means that there are no messages.
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

    /// Returns the messages that are still to be sent.
    pub fn pending(&self) -> impl Iterator<Item = &Message> {
        self.messages.iter().filter(|message| message.state == State::Pending)
    }

    /// Queues a message. If there are too many, removes the oldest that are
    /// done, then the oldest that do not report an end.
    pub fn add(&mut self, message: Message) {
        // A completed message reports the served result, so a newer one
        // replaces it.
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
