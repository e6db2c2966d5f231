//! The rules by which bodies are read.

use crate::domain::file::source_policy::SourcePolicy;
use crate::domain::sender::table::Senders;

/// The rules by which a body is read.
#[derive(Debug, Clone, Copy)]
pub struct ReadRules<'a> {
    /// The known senders.
    pub senders: &'a Senders,
    /// The hosts from which files may be fetched.
    pub sources: &'a SourcePolicy,
}

impl<'a> ReadRules<'a> {
    /// Returns the rules without rows of an operator.
    #[must_use]
    pub const fn of(sources: &'a SourcePolicy) -> Self {
        Self { senders: Senders::built_in(), sources }
    }
}
