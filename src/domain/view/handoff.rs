//! Renders the hand-off of a job for readers.

use crate::domain::job::outbox::{Handoff, Receiver, State};
use crate::domain::job::record::Job;
use crate::domain::time::Timestamp;
use serde::Serialize;

/// The hand-off of a job; `null` if nothing is handed on.
#[derive(Serialize)]
pub(super) struct HandoffView<'a> {
    state: State,
    messages: Vec<MessageView<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MessageView<'a> {
    id: &'a str,
    receiver: Receiver,
    event_type: &'a str,
    state: State,
    attempts: u32,
    next_at: Option<Timestamp>,
    delivered_at: Option<Timestamp>,
    error: Option<&'a str>,
}

impl<'a> HandoffView<'a> {
    pub(super) fn of(job: &'a Job) -> Option<Self> {
        let Handoff { messages, .. } = &job.handoff;
        let state = job.handoff.state()?;
        let messages = messages.iter().map(|message| MessageView {
            id: &message.id,
            receiver: message.receiver,
            event_type: &message.event_type,
            state: message.state,
            attempts: message.attempts,
            next_at: (message.state == State::Pending).then_some(message.at),
            delivered_at: message.delivered_at,
            error: message.error.as_deref(),
        });
        Some(Self { state, messages: messages.collect() })
    }
}

/// Returns the hand-off of a job as JSON.
///
/// # Errors
/// The same as [`super::record::record`].
pub fn handoff(job: &Job) -> serde_json::Result<String> {
    #[derive(Serialize)]
    struct View<'a> {
        id: String,
        version: u64,
        handoff: Option<HandoffView<'a>>,
    }
    let (id, version) = (job.public_id(), job.version);
    serde_json::to_string(&View { id, version, handoff: HandoffView::of(job) })
}
