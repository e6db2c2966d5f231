//! The timeline: one entry for each delivery, and for each thing the vault did.

use crate::domain::time::Timestamp;
use serde::{Deserialize, Serialize};

/// The most bytes of one body that a reader gets inline.
pub const MAX_INLINE_BODY: usize = 16 * 1024;

/// The outcome of what an entry records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum EntryOutcome {
    /// The delivery changed the job.
    Applied,
    /// The delivery repeated an earlier one.
    Duplicate,
    /// The delivery came too late to change anything.
    Late,
    /// The delivery's type is unknown.
    Unknown,
    /// The vault copied a file, or failed to.
    Copy,
    /// The vault asked the upstream for a webhook or a URL that was missing.
    Heal,
    /// The vault handed an event on, or failed to.
    Handoff,
}

/// How far the sender of a delivery is trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Trust {
    /// The sender knew the hook token.
    Token,
    /// The sender knew the capability of this very job.
    Capability,
    /// The provider signed the delivery, for the account that is configured.
    Signed,
}

/// Where a delivery's body is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum BodyAt {
    /// The body is in the job's object.
    Object,
    /// The body is in R2, under this key.
    Bucket(String),
}

/// One timeline entry, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// The number within the job, from 1.
    pub n: u32,
    /// The `eventType` as sent; `None` for the vault's own actions.
    pub event_type: Option<String>,
    /// When the delivery came, or the action happened.
    pub received_at: Timestamp,
    /// How far the sender is trusted; `None` for the vault's own actions.
    pub trust: Option<Trust>,
    /// The outcome.
    pub outcome: EntryOutcome,
    /// Details in words.
    pub detail: Option<String>,
    /// The body's length in bytes.
    pub bytes: Option<usize>,
    /// The SHA-256 of the body in hex.
    pub sha256: Option<String>,
    /// Where the body is.
    pub body: Option<BodyAt>,
    /// Whether the body is malformed JSON that is stored as received and
    /// repaired when read ([`crate::domain::json::tolerant`]). Positions refer
    /// to the repaired text.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub mended: bool,
}

/// An entry with its body, as a page in the bucket contains it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryWithBody {
    /// The entry.
    pub entry: Entry,
    /// The body, if it is short.
    pub text: Option<String>,
}

impl Entry {
    /// Returns whether the body is in the job's object, or in the page that the
    /// entry was moved to.
    #[must_use]
    pub fn has_text(&self) -> bool {
        self.body == Some(BodyAt::Object)
    }

    /// Returns an entry for an action of the vault's own.
    #[must_use]
    pub const fn own(n: u32, at: Timestamp, outcome: EntryOutcome, detail: String) -> Self {
        Self {
            n,
            event_type: None,
            received_at: at,
            trust: None,
            outcome,
            detail: Some(detail),
            bytes: None,
            sha256: None,
            body: None,
            mended: false,
        }
    }
}
