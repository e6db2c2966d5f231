//! The queues that can be asked, and how a key is shown to each.

use serde::{Deserialize, Serialize};

/// Which queue a call is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Queue {
    /// `UPSTREAM_QUEUE_URL`, at `/queue`.
    Batch,
    /// `UPSTREAM_FAL_URL`, at `/fal/queue`.
    Fal,
    /// fal.ai's own, by `/fal/proxy` with `FAL_KEY`.
    FalAi,
}

impl Queue {
    /// The path of its routes here. What the proxy has submitted is followed
    /// at the routes of fal's dialect.
    #[must_use]
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Batch => "/queue",
            Self::Fal | Self::FalAi => "/fal/queue",
        }
    }
}

/// How a key stands in the `Authorization` header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scheme {
    /// `Bearer …`
    Bearer,
    /// `Key …`, as fal.ai has it.
    Key,
}

impl Scheme {
    /// The header's value.
    #[must_use]
    pub fn with(self, key: &str) -> String {
        match self {
            Self::Bearer => format!("Bearer {key}"),
            Self::Key => format!("Key {key}"),
        }
    }
}
