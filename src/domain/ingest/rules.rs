//! The rules by which bodies are read.

use crate::domain::file::source_policy::SourcePolicy;
use crate::domain::sender::name::SenderName;
use crate::domain::sender::table::{Hint, Senders};

/// The rules by which a body is read.
#[derive(Debug, Clone, Copy)]
pub struct ReadRules<'a> {
    /// The known senders.
    pub senders: &'a Senders,
    /// The hosts from which files may be fetched.
    pub sources: &'a SourcePolicy,
    /// What is known of the sender beside the body.
    pub hint: Hint<'a>,
}

impl<'a> ReadRules<'a> {
    /// Returns the rules without rows of an operator.
    #[must_use]
    pub const fn of(sources: &'a SourcePolicy) -> Self {
        let hint = Hint { sender: None, has_header: None };
        Self { senders: Senders::built_in(), sources, hint }
    }

    /// Returns the rules for a body of this sender, if it is known.
    #[must_use]
    pub const fn for_sender(self, sender: Option<SenderName>) -> Self {
        Self { hint: Hint { sender, has_header: None }, ..self }
    }
}
