//! What tells two jobs of one id apart.

use crate::domain::webhook::event::Provider;
use serde::{Deserialize, Serialize};

/// What tells two jobs of one id apart: ids are unique with one provider only,
/// and each submission is a job of its own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobKind {
    /// Whose the job is, if that is known.
    pub provider: Option<Provider>,
    /// Whether it was submitted here.
    pub is_submitted: bool,
}
