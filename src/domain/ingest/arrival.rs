//! A body that has reached its job.

use super::document::{BodyText, Document};
use crate::domain::job::file::Archived;
use crate::domain::job::timeline::{BodyAt, Trust};
use crate::domain::time::Timestamp;
use crate::domain::webhook::event::EventKind;

/// How a body came to the job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A sender delivered the body, and is trusted this far.
    Delivery(Trust),
    /// The upstream returned the body when the vault asked.
    Healing,
}

impl Arrival<'_> {
    /// Returns whether the body is unreadable.
    #[must_use]
    pub const fn is_unreadable(&self) -> bool {
        self.document.unreadable.is_some()
    }

    /// Returns what has happened.
    #[must_use]
    pub const fn kind(&self) -> EventKind {
        self.document.told.kind
    }
}

impl Origin {
    /// Returns how far the sender is trusted, if the body was delivered.
    #[must_use]
    pub const fn trust(self) -> Option<Trust> {
        match self {
            Self::Delivery(trust) => Some(trust),
            Self::Healing => None,
        }
    }
}

/// A delivery for this job, or the upstream's answer about it.
#[derive(Debug)]
pub struct Arrival<'a> {
    /// When the body came.
    pub at: Timestamp,
    /// When the body is applied. This is later if it was assigned by hand or
    /// moved here.
    pub now: Timestamp,
    /// The body as received.
    pub raw: &'a [u8],
    /// The body as text; `{}` if it is unreadable.
    pub read: BodyText<'a>,
    /// The body's contents.
    pub document: Document,
    /// The SHA-256 of the body in hex.
    pub sha256: &'a str,
    /// Where the body is stored.
    pub body: BodyAt,
    /// The entry of an equal body that was not itself a duplicate.
    pub seen: Option<u32>,
    /// How the body came here.
    pub origin: Origin,
    /// The caller's reference, if it leads to this job.
    pub reference: Option<String>,
    /// The caller's application.
    pub app: Option<String>,
    /// The caller's tags.
    pub tags: Vec<String>,
    /// The days for which the caller wants the job kept.
    pub keep_days: Option<u32>,
    /// Whether the operator has set a receiver for hand-offs.
    pub has_operator: bool,
    /// A note about anything odd in the correlation, for the timeline.
    pub note: Option<String>,
    /// The job that the body names, if a capability let the body in. A
    /// capability is for one job, whatever the body says.
    pub named: Option<String>,
    /// The cost that the object knows from which the body is moved here.
    pub cost: Option<&'a str>,
    /// Files of the result that another object has already stored.
    pub archived: &'a [Archived],
}
