//! fal.ai's signature: `X-Fal-Webhook-{Request-Id,User-Id,Timestamp,Signature}`.
//!
//! Source: fal.ai's webhook documentation. Ed25519, in hex, over
//! `{request id}\n{user id}\n{timestamp}\n{hex of the body's SHA-256}`.

use super::jwks::KeyClaim;
use super::{SignatureError, check_time};
use crate::domain::time::Timestamp;

/// The header of the signature.
pub const HEADER: &str = "x-fal-webhook-signature";
/// Bytes of an Ed25519 signature.
const SIGNATURE_BYTES: usize = 64;

/// The headers of a signed delivery.
#[derive(Debug, Clone, Copy)]
pub struct FalHeaders<'a> {
    /// `X-Fal-Webhook-Request-Id`.
    pub request_id: &'a str,
    /// `X-Fal-Webhook-User-Id`.
    pub user_id: &'a str,
    /// `X-Fal-Webhook-Timestamp`.
    pub timestamp: &'a str,
    /// `X-Fal-Webhook-Signature`.
    pub signature: &'a str,
}

impl FalHeaders<'_> {
    /// Returns the claim of a delivery to check, if its account is `pinned`.
    /// `sha256` is the body's digest in hex. Any customer of fal.ai can make a
    /// good signature, so only those of the pinned account count.
    ///
    /// # Errors
    /// Returns a [`SignatureError`] if the delivery is not trusted, whatever
    /// the keys say.
    pub fn claim(
        &self,
        pinned: &str,
        sha256: &str,
        now: Timestamp,
    ) -> Result<KeyClaim, SignatureError> {
        if self.user_id != pinned {
            return Err(SignatureError::Account);
        }
        check_time(self.timestamp, now)?;
        let signature = hex::decode(self.signature).ok();
        let signature = signature.filter(|bytes| bytes.len() == SIGNATURE_BYTES);
        let Self { request_id, user_id, timestamp, .. } = self;
        Ok(KeyClaim {
            message: format!("{request_id}\n{user_id}\n{timestamp}\n{sha256}"),
            signature: signature.ok_or(SignatureError::Wrong)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_766_867_820_000);

    fn headers(signature: &str) -> FalHeaders<'_> {
        FalHeaders { request_id: "r", user_id: "u", timestamp: "1766867820", signature }
    }

    #[test]
    fn the_message_has_four_lines() {
        let claim = headers(&"ab".repeat(64)).claim("u", "d1", NOW).unwrap();
        assert_eq!(claim.message, "r\nu\n1766867820\nd1");
        assert_eq!(claim.signature, vec![0xab; 64]);
    }

    #[test]
    fn another_account_an_old_time_or_no_signature_is_refused() {
        let good = "ab".repeat(64);
        let (_, cut) = good.split_at(2);
        assert_eq!(headers(&good).claim("v", "d", NOW), Err(SignatureError::Account));
        let late = NOW.plus(301_000);
        assert_eq!(headers(&good).claim("u", "d", late), Err(SignatureError::Time));
        for bad in ["", "ab", "zz", cut] {
            assert_eq!(headers(bad).claim("u", "d", NOW), Err(SignatureError::Wrong), "{bad}");
        }
    }
}
