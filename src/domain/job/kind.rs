//! Distinguishes two jobs with the same id.

use crate::domain::sender::name::SenderName;
use serde::{Deserialize, Serialize};

/// The facts that distinguish two jobs with the same id. Ids are unique within
/// one provider only, and each submission is a separate job.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobKind {
    /// The job's provider, if it is known.
    pub provider: Option<SenderName>,
    /// Whether the job was submitted through the gateway.
    pub is_submitted: bool,
}
