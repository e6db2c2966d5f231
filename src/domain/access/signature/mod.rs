//! Signatures of deliveries and of handed-on messages.
//!
//! A signature raises the trust in a delivery that a token or a capability has
//! admitted. It never admits one by itself, because any customer of a provider
//! can direct a job to a hook URL.

pub mod check;
pub mod fal;
pub mod google;
pub mod jwks;
pub mod scheme;
pub mod secrets;
pub mod standard;
#[cfg(test)]
mod tests;

use crate::domain::time::{SECOND, Timestamp};
use std::borrow::Cow;

/// How far a signature's time may differ from the current time, in
/// milliseconds: 5 min.
pub const TOLERANCE_MS: u64 = 300 * SECOND;

/// Why a signature does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignatureError {
    /// A header of the signature is missing or malformed.
    Header(&'static str),
    /// The signature is too old, or its time is in the future.
    Time,
    /// The signature does not fit the body under any key in use.
    Wrong,
    /// The signature belongs to another account.
    Account,
    /// There is no signature, but the sender has a secret to sign with.
    Missing,
}

impl SignatureError {
    /// Returns the reason in words, for the sender.
    #[must_use]
    pub fn why(self) -> Cow<'static, str> {
        let why = match self {
            Self::Header(name) => {
                return format!(
                    "the `{name}` header of the delivery's signature is missing or malformed; \
                     send it as the sender's documentation says"
                )
                .into();
            }
            Self::Time => {
                "the delivery's signature is over 5 minutes old or ahead; check the clock, and \
                 sign it again"
            }
            Self::Wrong => {
                "the delivery's signature fits neither this body nor a known key; check the \
                 signing secret or the account"
            }
            Self::Missing => {
                "the delivery is not signed, but WEBHOOK_SECRETS has a secret of its sender; let \
                 the sender sign, or remove that secret"
            }
            Self::Account => {
                "the delivery's signature is of another fal account; correct FAL_USER_ID"
            }
        };
        why.into()
    }
}

/// Checks the time of a signature, which is in whole seconds since 1970.
fn check_time(text: &str, now: Timestamp) -> Result<(), SignatureError> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let seconds: u64 =
        text.parse().ok().filter(|_| digits).ok_or(SignatureError::Header("timestamp"))?;
    let at = Timestamp::from_millis(seconds.saturating_mul(SECOND));
    let apart = at.since(now).max(now.since(at));
    if apart <= TOLERANCE_MS { Ok(()) } else { Err(SignatureError::Time) }
}
