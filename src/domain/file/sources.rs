//! The hosts from which the files of each sender may be fetched.

use super::source_policy::SourcePolicy;
use crate::domain::sender::name::SenderName;

/// The hosts of `ALLOWED_SOURCE_HOSTS`, and those that the senders' rows add.
#[derive(Debug, Clone, Copy)]
pub struct Sources<'a> {
    /// The hosts for the jobs of all senders.
    pub listed: &'a SourcePolicy,
    /// The listed hosts and those of a row, for each sender with hosts.
    pub of_senders: &'a [(SenderName, SourcePolicy)],
}

impl<'a> Sources<'a> {
    /// Returns the hosts for the jobs of a sender.
    #[must_use]
    pub fn of(self, sender: SenderName) -> &'a SourcePolicy {
        let own = self.of_senders.iter().find(|(name, _)| *name == sender);
        own.map_or(self.listed, |(_, policy)| policy)
    }
}
