//! Passes: the right of a client whose connection stays open.
//!
//! A connection can outlive a ticket, and the token that signed it. So an open
//! connection keeps a pass: the ticket's end, and a mark that identifies the
//! token but is no secret. The Durable Objects check the pass, because they see
//! the current tokens after a deployment. A request keeps the tokens that it
//! began with.

use crate::domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Keeps marks apart from other digests of the same token.
const PURPOSE: &str = "hookvault pass 1\n";

/// The right of a client whose connection stays open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenPass {
    /// When the pass ends by itself; `None` for a token's pass.
    pub until: Option<Timestamp>,
    /// The mark of the token, or of the token that signed the ticket.
    pub token: u64,
}

impl TokenPass {
    /// Returns the pass of a client that holds this token.
    #[must_use]
    pub fn of_token(token: &str) -> Self {
        Self { until: None, token: mark(token) }
    }

    /// Returns whether the pass has ended by itself.
    #[must_use]
    pub fn has_ended(self, now: Timestamp) -> bool {
        self.until.is_some_and(|until| until <= now)
    }

    /// Returns whether the pass is valid at `now`. `marks` are those of the
    /// tokens in use.
    #[must_use]
    pub fn counts(self, marks: &[u64], now: Timestamp) -> bool {
        !self.has_ended(now) && marks.contains(&self.token)
    }
}

/// Returns the mark of a token: the first 8 bytes of a digest.
#[must_use]
pub fn mark(token: &str) -> u64 {
    let digest = Sha256::new().chain_update(PURPOSE).chain_update(token).finalize();
    digest.iter().take(8).fold(0, |mark, byte| mark << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::config::Config;

    const NOW: Timestamp = Timestamp::from_millis(1_766_867_820_000);
    const OLD: &str = "older-api-token-0123456789";
    const NEW: &str = "newer-api-token-0123456789";
    const READ: &str = "a-read-token-0123456789";

    fn marks_of(api: &str) -> Vec<u64> {
        let config = Config::from_lookup(|name| match name {
            "API_TOKEN" => Some(api.to_owned()),
            "READ_TOKEN" => Some(READ.to_owned()),
            _ => None,
        });
        config.reader_marks()
    }

    #[test]
    fn a_pass_ends_with_its_ticket_and_with_its_token() {
        let token = TokenPass::of_token(OLD);
        let ticket = TokenPass { until: Some(NOW.plus(60_000)), ..token };
        let both = marks_of(&format!("{NEW}, {OLD}"));
        assert!(token.counts(&both, NOW) && ticket.counts(&both, NOW.plus(59_999)));
        assert!(!ticket.counts(&both, NOW.plus(60_000)) && token.counts(&both, NOW.plus(60_000)));
        assert!(!token.counts(&marks_of(NEW), NOW) && !ticket.counts(&marks_of(NEW), NOW));
        assert!(TokenPass::of_token(READ).counts(&both, NOW) && !token.counts(&[], NOW));
    }

    #[test]
    fn a_pass_is_stored_without_the_token() {
        let text = serde_json::to_string(&TokenPass::of_token(OLD)).unwrap();
        assert_eq!(serde_json::from_str::<TokenPass>(&text).unwrap(), TokenPass::of_token(OLD));
        assert!(!text.contains("older"), "{text}");
    }
}
