//! The event in a job's life that a delivery reports.
//!
//! The body has the format of the upstream's webhook document, or of another
//! sender ([`crate::domain::sender`]). Unknown fields are ignored, and unknown
//! event types are explicit, so that nothing is lost when the upstream is newer.

use crate::domain::json::Member;
pub use crate::domain::sender::kind::EventKind;
use crate::domain::sender::name::SenderName;
use crate::domain::sender::row::Row;
use crate::domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// A body that is a JSON object, with the fields that hookvault acts on.
#[derive(Debug, Clone)]
pub struct Event<'a> {
    /// The row of the sender whose format the body has.
    pub row: &'a Row,
    /// Whether the body has a form of this sender, not its URL or headers alone.
    pub fits: bool,
    /// What the event says apart from its result.
    pub told: EventFacts,
    /// A failure's `error`, `message` or `detail` as written: text or object.
    pub error: Option<&'a str>,
    /// The value by which another sender names the job, as written.
    pub id: Option<&'a str>,
    /// The byte range of the result in the body. If `None`, the result is all
    /// but the envelope.
    pub result: Option<Range<usize>>,
    /// The top-level members, in order.
    pub members: Vec<Member<'a>>,
}

/// What an event says apart from its result.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventFacts {
    /// The sender whose format the body has.
    pub provider: SenderName,
    /// What has happened.
    pub kind: EventKind,
    /// The `eventType` as sent, cut to 200 characters. Another sender's
    /// status is translated into these words.
    pub type_name: Option<String>,
    /// The queue's name.
    pub queue_name: Option<String>,
    /// The worker that holds the job.
    pub worker_name: Option<String>,
    /// When the lease ends, by the sender's clock.
    pub lease_expiry: Option<Timestamp>,
    /// When the job was taken, by the sender's clock.
    pub acquired_at: Option<Timestamp>,
    /// When the job last changed, by the sender's clock.
    pub updated_at: Option<Timestamp>,
    /// What the job costs: the text of a [`crate::domain::cost::Cost`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<String>,
}

impl EventFacts {
    /// Returns the sender's own time of this event, if the body has one.
    #[must_use]
    pub fn sender_time(&self) -> Option<Timestamp> {
        self.updated_at.or(self.acquired_at)
    }
}

/// Returns whether the sender says in a body with these members that it has
/// removed the result's data.
#[must_use]
pub fn is_removed(members: &[Member<'_>]) -> bool {
    value_of(members, "data_removed") == Some("true")
}

/// Returns the value of member `key` as written. The last of repeated keys
/// counts, as in `JSON.parse`.
#[must_use]
pub fn value_of<'a>(members: &[Member<'a>], key: &str) -> Option<&'a str> {
    members.iter().rev().find(|member| member.key == key).map(|member| member.value)
}
