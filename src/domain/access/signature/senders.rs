//! The schemes by which each sender signs.

/// Each sender that signs with a shared secret, and the names of its schemes.
/// The sources are those of the schemes.
const SENDERS: [(&str, &[&str]); 9] = [
    ("replicate", &["standard-webhooks"]),
    ("kling", &["standard-webhooks"]),
    ("openai", &["standard-webhooks"]),
    ("gemini", &["standard-webhooks"]),
    ("higgsfield", &["standard-webhooks", "higgsfield-key"]),
    ("wavespeed", &["wavespeed"]),
    ("openrouter", &["openrouter"]),
    ("bfl", &["bfl"]),
    ("kie", &["kie"]),
];

/// Returns whether the sender of this name signs with a shared secret.
#[must_use]
pub fn is_signing(sender: &str) -> bool {
    SENDERS.iter().any(|(name, _)| *name == sender)
}

/// Returns whether a sender signs by a scheme.
#[must_use]
pub fn signs(sender: &str, scheme: &str) -> bool {
    SENDERS.iter().any(|(name, schemes)| *name == sender && schemes.contains(&scheme))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::access::signature::scheme::Scheme;

    #[test]
    fn each_scheme_exists() {
        assert!(SENDERS.iter().flat_map(|(_, schemes)| *schemes).all(|one| Scheme::is_known(one)));
        assert!(is_signing("kling") && !is_signing("luma") && !signs("bfl", "kie"));
    }
}
