//! Signatures on deliveries, and on what is handed on.
//!
//! A signature raises the trust in a delivery that a token or a capability has
//! let in; it never lets one in by itself: any customer of a provider can aim a
//! job at a hook URL.

pub mod fal;
pub mod jwks;
pub mod standard;

use crate::domain::time::{SECOND, Timestamp};

/// How far a signature's time may be from ours, in milliseconds: 5 min.
pub const TOLERANCE_MS: u64 = 300 * SECOND;

/// Why a signature does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignatureError {
    /// A header that goes with it is missing or can't be read.
    Header(&'static str),
    /// It was made too long ago, or is of the future.
    Time,
    /// It is none of the bytes that came, by a key in use.
    Wrong,
    /// It is another account's.
    Account,
}

impl SignatureError {
    /// In words, for the sender.
    #[must_use]
    pub const fn why(self) -> &'static str {
        match self {
            Self::Header(_) => {
                "a header of the delivery's signature is missing or malformed; send them all"
            }
            Self::Time => {
                "the delivery's signature is over 5 minutes old or ahead; check the clock, and \
                 sign it again"
            }
            Self::Wrong => {
                "the delivery's signature fits neither this body nor a known key; check the \
                 signing secret"
            }
            Self::Account => {
                "the delivery's signature is of another fal account; correct FAL_USER_ID"
            }
        }
    }
}

/// The time of a signature, in whole seconds since 1970, if it is near enough.
fn check_time(text: &str, now: Timestamp) -> Result<(), SignatureError> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let seconds: u64 =
        text.parse().ok().filter(|_| digits).ok_or(SignatureError::Header("timestamp"))?;
    let at = Timestamp::from_millis(seconds.saturating_mul(SECOND));
    let apart = at.since(now).max(now.since(at));
    if apart <= TOLERANCE_MS { Ok(()) } else { Err(SignatureError::Time) }
}
