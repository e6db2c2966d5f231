//! The timeline: one entry a delivery, one for each thing that hookvault did.

use crate::domain::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Most that a reader gets inline of one body, in bytes.
pub const MAX_INLINE_BODY: usize = 16 * 1024;

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum EntryOutcome {
    /// The delivery changed the job.
    Applied,
    /// It repeated an earlier delivery.
    Duplicate,
    /// It came too late to change anything.
    Late,
    /// Its type is not known.
    Unknown,
    /// A file was copied, or could not be.
    Copy,
    /// The upstream was asked for what did not come by itself.
    Heal,
    /// An event was handed on, or could not be.
    Handoff,
}

/// How much the sender of a delivery is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Trust {
    /// It knew the hook token.
    Token,
    /// It knew the capability of this very job.
    Capability,
    /// It was signed by the provider, for the account that is configured.
    Signed,
}

/// Where a delivery's body is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum BodyAt {
    /// In the job's object.
    Object,
    /// In R2, under this key.
    Bucket(String),
}

/// One entry, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// Number within the job, from 1.
    pub n: u32,
    /// `eventType` as sent; `None` for what hookvault did itself.
    pub event_type: Option<String>,
    /// When it came or happened.
    pub received_at: Timestamp,
    /// How much the sender is believed; `None` for what hookvault did.
    pub trust: Option<Trust>,
    /// What came of it.
    pub outcome: EntryOutcome,
    /// More in words.
    pub detail: Option<String>,
    /// Length of the body in bytes.
    pub bytes: Option<usize>,
    /// SHA-256 of the body in hex.
    pub sha256: Option<String>,
    /// Where the body is.
    pub body: Option<BodyAt>,
    /// Whether the body is kept as it came, and is mended to be read
    /// ([`crate::domain::json::tolerant`]): positions in it are those of the mended text.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub mended: bool,
}

/// An entry with its body, as a page in the bucket holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryWithBody {
    /// The entry.
    pub entry: Entry,
    /// Its body, if that is short.
    pub text: Option<String>,
}

impl Entry {
    /// Whether its body is in the job's object, or in the page that the entry
    /// has moved to.
    #[must_use]
    pub fn has_text(&self) -> bool {
        self.body == Some(BodyAt::Object)
    }

    /// An entry for something that hookvault did.
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
