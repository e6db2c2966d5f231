//! The rules by which bodies are read.

use crate::domain::file::source_policy::SourcePolicy;
use crate::domain::file::sources::Sources;
use crate::domain::sender::name::SenderName;
use crate::domain::sender::table::{Hint, Senders};
use crate::domain::webhook::event::Event;

/// The rules by which a body is read.
#[derive(Debug, Clone, Copy)]
pub struct ReadRules<'a> {
    /// The known senders.
    pub senders: &'a Senders,
    /// The hosts from which files may be fetched.
    pub sources: Sources<'a>,
    /// The sender of the job, if the vault itself has asked for the body.
    pub owner: Option<SenderName>,
    /// What is known of the sender beside the body.
    pub hint: Hint<'a>,
}

impl<'a> ReadRules<'a> {
    /// Returns the rules without rows of an operator.
    #[must_use]
    pub const fn of(sources: &'a SourcePolicy) -> Self {
        let hint = Hint { sender: None, has_header: None };
        let sources = Sources { listed: sources, of_senders: &[] };
        Self { senders: Senders::built_in(), sources, owner: None, hint }
    }

    /// Returns the hosts for the files of an event. A sender that is named by
    /// the hook's URL or headers alone gives no host.
    #[must_use]
    pub fn sources_of(self, event: &Event<'_>) -> &'a SourcePolicy {
        match self.owner.or_else(|| event.fits.then_some(event.row.name)) {
            Some(sender) => self.sources.of(sender),
            None => self.sources.listed,
        }
    }

    /// Returns the rules for a body of this sender, if it is known.
    #[must_use]
    pub const fn for_sender(self, sender: Option<SenderName>) -> Self {
        Self { hint: Hint { sender, has_header: None }, ..self }
    }
}
