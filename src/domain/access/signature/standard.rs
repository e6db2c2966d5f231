//! Standard Webhooks: `webhook-id`, `webhook-timestamp`, `webhook-signature`.
//!
//! Source: the specification at standardwebhooks.com, version 1 (`v1`): the
//! base64 of an HMAC-SHA256 over `{id}.{timestamp}.{body}` under the bytes that
//! follow `whsec_` in base64. A message may carry several signatures.

use base64::Engine;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::engine::{DecodePaddingMode, general_purpose::STANDARD};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::fmt;

/// What a secret begins with.
pub(super) const MARK: &str = "whsec_";
/// The shortest secret in bytes.
const MIN_BYTES: usize = 16;
/// Some secrets are written without the `=` at the end.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The secrets in use; more than one during a rotation.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningSecrets(Vec<Vec<u8>>);

impl fmt::Debug for SigningSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secrets({})", self.0.len())
    }
}

impl SigningSecrets {
    /// Reads a comma-separated list of `whsec_…`. Also returns how many entries
    /// are no valid secrets.
    #[must_use]
    pub fn parse(list: &str) -> (Option<Self>, usize) {
        let entries = list.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        let read: Vec<Option<Vec<u8>>> = entries.map(bytes_of).collect();
        let refused = read.iter().filter(|bytes| bytes.is_none()).count();
        let secrets: Vec<Vec<u8>> = read.into_iter().flatten().collect();
        ((!secrets.is_empty()).then_some(Self(secrets)), refused)
    }

    /// Returns the `webhook-signature` of a message. It has one signature for
    /// each secret, so that a receiver may know any of them. `timestamp` is in
    /// seconds since 1970.
    #[must_use]
    pub fn sign(&self, id: &str, timestamp: u64, body: &[u8]) -> String {
        let timestamp = timestamp.to_string();
        let macs = self.0.iter().filter_map(|secret| mac(secret, id, &timestamp, body));
        let texts = macs.map(|mac| format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())));
        texts.collect::<Vec<_>>().join(" ")
    }
}

/// Returns the key of a secret; `None` if that is no `whsec_…`.
pub(super) fn bytes_of(entry: &str) -> Option<Vec<u8>> {
    let bytes = LENIENT.decode(entry.strip_prefix(MARK)?).ok()?;
    (bytes.len() >= MIN_BYTES).then_some(bytes)
}

fn mac(secret: &[u8], id: &str, timestamp: &str, body: &[u8]) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).ok()?;
    for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
        mac.update(part);
    }
    Some(mac)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vector from the specification.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const AT: u64 = 1_614_265_330;
    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    fn secrets(list: &str) -> SigningSecrets {
        SigningSecrets::parse(list).0.unwrap()
    }

    #[test]
    fn the_published_vector_is_made() {
        assert_eq!(secrets(SECRET).sign(ID, AT, BODY), SIGNATURE);
        let two = secrets(&format!("whsec_{}, {SECRET}", "A".repeat(32)));
        assert_eq!(two.sign(ID, AT, BODY).split(' ').nth(1), Some(SIGNATURE));
    }

    #[test]
    fn invalid_secrets_are_counted() {
        let (secrets, refused) = SigningSecrets::parse(&format!("{SECRET}, whsec_short, secret, "));
        assert_eq!((secrets.is_some(), refused), (true, 2));
        assert_eq!(SigningSecrets::parse("x"), (None, 1));
    }
}
