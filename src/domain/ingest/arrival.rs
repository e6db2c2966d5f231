//! What comes in for a job.

use super::document::{BodyText, Document};
use crate::domain::job::file::Archived;
use crate::domain::job::timeline::{BodyAt, Trust};
use crate::domain::time::Timestamp;
use crate::domain::webhook::event::EventKind;

/// How a body came here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Someone sent it, who is believed so far.
    Delivery(Trust),
    /// The vault asked the upstream for it.
    Healing,
}

impl Arrival<'_> {
    /// Whether no one can read its body.
    #[must_use]
    pub const fn is_unreadable(&self) -> bool {
        self.document.unreadable.is_some()
    }

    /// What has happened.
    #[must_use]
    pub const fn kind(&self) -> EventKind {
        self.document.told.kind
    }
}

impl Origin {
    /// Returns how much its sender is believed, if someone sent it.
    #[must_use]
    pub const fn trust(self) -> Option<Trust> {
        match self {
            Self::Delivery(trust) => Some(trust),
            Self::Healing => None,
        }
    }
}

/// A delivery that belongs to this job, or the upstream's answer about it.
#[derive(Debug)]
pub struct Arrival<'a> {
    /// When it came.
    pub at: Timestamp,
    /// When it is applied: later, if it was assigned by hand or moved here.
    pub now: Timestamp,
    /// Its body as it came.
    pub raw: &'a [u8],
    /// Its body as it is read; `{}` if no one can read it.
    pub read: BodyText<'a>,
    /// What its body says.
    pub document: Document,
    /// SHA-256 of its body in hex.
    pub sha256: &'a str,
    /// Where its body is kept.
    pub body: BodyAt,
    /// The entry of an equal body that was not itself a duplicate.
    pub seen: Option<u32>,
    /// How it came here.
    pub origin: Origin,
    /// The caller's reference, if it leads to this job.
    pub reference: Option<String>,
    /// The caller's application.
    pub app: Option<String>,
    /// The caller's tags.
    pub tags: Vec<String>,
    /// Days that the caller has it kept.
    pub keep_days: Option<u32>,
    /// Whether the operator has the ends of jobs handed on.
    pub has_operator: bool,
    /// Something odd about its correlation, for the timeline.
    pub note: Option<String>,
    /// The job that its body names, if it came by a capability: that is of one
    /// job, whatever the body says.
    pub named: Option<String>,
    /// Files of its result that are stored already.
    pub archived: &'a [Archived],
}
