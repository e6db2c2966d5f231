//! The queues, and how a key is sent to each.

use serde::{Deserialize, Serialize};

/// The queue of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Queue {
    /// The queue of `UPSTREAM_QUEUE_URL`, at `/queue`.
    Batch,
    /// The queue of `UPSTREAM_FAL_URL`, at `/fal/queue`.
    Fal,
    /// fal.ai's own queue, at `/fal/proxy`, with `FAL_KEY`.
    FalAi,
}

impl Queue {
    /// Returns the path of the queue's routes here. Jobs that were submitted
    /// through the proxy are followed at the routes of fal's dialect.
    #[must_use]
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Batch => "/queue",
            Self::Fal | Self::FalAi => "/fal/queue",
        }
    }
}

/// The scheme of the `Authorization` header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scheme {
    /// `Bearer …`
    Bearer,
    /// `Key …`, which fal.ai uses.
    Key,
}

impl Scheme {
    /// Returns the header's value.
    #[must_use]
    pub fn with(self, key: &str) -> String {
        match self {
            Self::Bearer => format!("Bearer {key}"),
            Self::Key => format!("Key {key}"),
        }
    }
}
