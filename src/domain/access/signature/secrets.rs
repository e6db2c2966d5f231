//! The secrets that senders sign deliveries with: `WEBHOOK_SECRETS`.

use super::scheme::{KeyForm, Scheme};
use super::standard::{self, MARK};
use std::fmt;

/// The shortest secret of a named sender, in bytes. A shorter one would not be
/// masked.
const MIN_BYTES: usize = crate::domain::access::redact::MIN_CHARS;

/// The secrets in use. A sender has more than one during a rotation.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct WebhookSecrets(Vec<WebhookSecret>);

/// A secret.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookSecret {
    /// The sender whose secret it is. One without a name is for any sender that
    /// signs by Standard Webhooks.
    pub sender: Option<String>,
    text: String,
}

impl fmt::Debug for WebhookSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WebhookSecrets({})", self.0.len())
    }
}

impl WebhookSecrets {
    /// Adds a comma-separated list of `whsec_…` and `name=secret`. Returns how
    /// many entries are no valid secrets. `is_sender` returns whether a sender
    /// has this name.
    pub fn add(&mut self, list: &str, is_sender: impl Fn(&str) -> bool) -> usize {
        let entries = list.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        let read: Vec<_> = entries.map(|entry| WebhookSecret::read(entry, &is_sender)).collect();
        let refused = read.iter().filter(|secret| secret.is_none()).count();
        self.0.extend(read.into_iter().flatten());
        refused
    }

    /// Returns whether the sender of this name has a secret of its own.
    #[must_use]
    pub fn has(&self, sender: &str) -> bool {
        self.0.iter().any(|secret| secret.sender.as_deref() == Some(sender))
    }

    /// Returns whether there is no secret at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the secrets by which a scheme's signature is checked. `signs`
    /// returns whether a sender signs by a scheme.
    pub(super) fn of<'a>(
        &'a self,
        scheme: &'a Scheme,
        signs: &'a dyn Fn(&str, &str) -> bool,
    ) -> impl Iterator<Item = &'a WebhookSecret> {
        self.0.iter().filter(move |secret| match &secret.sender {
            Some(sender) => signs(sender, scheme.name),
            None => scheme.is_standard(),
        })
    }
}

impl WebhookSecret {
    fn read(entry: &str, is_sender: impl Fn(&str) -> bool) -> Option<Self> {
        if entry.starts_with(MARK) {
            let text = entry.to_owned();
            return standard::bytes_of(entry).map(|_| Self { sender: None, text });
        }
        let (sender, text) = entry.split_once('=')?;
        let is_secret = text.len() >= MIN_BYTES && text.bytes().all(|b| b.is_ascii_graphic());
        (is_secret && is_sender(sender))
            .then(|| Self { sender: Some(sender.to_owned()), text: text.to_owned() })
    }

    /// Returns the key of a signature's MAC; `None` if the secret has another
    /// form than the scheme's.
    pub(super) fn key(&self, form: KeyForm) -> Option<Vec<u8>> {
        match form {
            KeyForm::Standard => standard::bytes_of(&self.text),
            KeyForm::Bare => {
                Some(self.text.strip_prefix(MARK).unwrap_or(&self.text).as_bytes().to_vec())
            }
            KeyForm::Text => Some(self.text.as_bytes().to_vec()),
        }
    }

    /// Returns the secret itself.
    pub(super) fn text(&self) -> &str {
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STANDARD: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    #[test]
    fn entries_with_and_without_a_name_are_read() {
        let mut secrets = WebhookSecrets::default();
        let list = format!("{STANDARD}, kling=whsec_a, kling={STANDARD},bfl=own-secret-0123==, ,");
        assert_eq!(secrets.add(&list, |name| name != "other"), 1);
        assert_eq!(secrets.0.len(), 3);
        assert!(secrets.has("kling") && secrets.has("bfl") && !secrets.has("replicate"));
        assert_eq!(secrets.0[2].key(KeyForm::Text), Some(b"own-secret-0123==".to_vec()));
        assert_eq!(format!("{secrets:?}"), "WebhookSecrets(3)");
    }

    #[test]
    fn invalid_secrets_are_counted() {
        for odd in
            ["whsec_short", "secret", "other=own-secret-0123", "bfl=short", "bfl=own secret 0123"]
        {
            let mut secrets = WebhookSecrets::default();
            assert_eq!(secrets.add(odd, |name| name != "other"), 1, "{odd}");
            assert!(secrets.is_empty());
        }
    }

    #[test]
    fn the_scheme_says_how_a_secret_is_written() {
        let mut secrets = WebhookSecrets::default();
        secrets.add(&format!("a={STANDARD}"), |_| true);
        let keys =
            [KeyForm::Standard, KeyForm::Bare, KeyForm::Text].map(|form| secrets.0[0].key(form));
        let [standard, bare, text] = keys.map(Option::unwrap);
        assert_eq!((standard.len(), bare.len(), text.len()), (24, 32, 38));
    }
}
