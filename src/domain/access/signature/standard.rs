//! Standard Webhooks: `webhook-id`, `webhook-timestamp`, `webhook-signature`.
//!
//! Source: the specification at standardwebhooks.com, version 1 (`v1`): the
//! base64 of an HMAC-SHA256 over `{id}.{timestamp}.{body}` under the bytes that
//! follow `whsec_` in base64. A message may carry several signatures.

use super::{SignatureError, check_time};
use crate::domain::time::Timestamp;
use base64::Engine;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::engine::{DecodePaddingMode, general_purpose::STANDARD};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::fmt;

const MARK: &str = "whsec_";
/// The shortest secret in bytes.
const MIN_BYTES: usize = 16;
/// The length of a signature in bytes.
const SIGNATURE_BYTES: usize = 32;
/// The most signatures of a message that are checked.
const MAX_SIGNATURES: usize = 16;

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

/// The headers of a signed message.
#[derive(Debug, Clone, Copy)]
pub struct StandardHeaders<'a> {
    /// `webhook-id`.
    pub id: &'a str,
    /// `webhook-timestamp`.
    pub timestamp: &'a str,
    /// `webhook-signature`.
    pub signature: &'a str,
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

    /// Checks a message whose whole body is in memory.
    ///
    /// # Errors
    /// Returns a [`SignatureError`] if the message is not trusted.
    pub fn verify(
        &self,
        headers: StandardHeaders<'_>,
        body: &[u8],
        now: Timestamp,
    ) -> Result<(), SignatureError> {
        let mut check = self.begin(headers, now)?;
        check.update(body);
        check.end()
    }

    /// Begins to check a message whose body arrives in pieces.
    ///
    /// # Errors
    /// Returns a [`SignatureError`] if the message is not trusted, whatever its
    /// body is.
    pub fn begin(
        &self,
        headers: StandardHeaders<'_>,
        now: Timestamp,
    ) -> Result<SignatureCheck, SignatureError> {
        if headers.id.is_empty() {
            return Err(SignatureError::Header("webhook-id"));
        }
        check_time(headers.timestamp, now)?;
        let given = headers.signatures();
        if given.is_empty() {
            return Err(SignatureError::Wrong);
        }
        let macs = self.0.iter().filter_map(|key| mac(key, headers.id, headers.timestamp, b""));
        Ok(SignatureCheck { macs: macs.collect(), given })
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

/// A check in progress.
pub struct SignatureCheck {
    /// One MAC for each secret. The body may be large, so it is hashed once for
    /// each secret, not once for each signature.
    macs: Vec<Hmac<Sha256>>,
    given: Vec<Vec<u8>>,
}

impl SignatureCheck {
    /// Adds the next piece of the body.
    pub fn update(&mut self, piece: &[u8]) {
        self.macs.iter_mut().for_each(|mac| mac.update(piece));
    }

    /// Compares the signatures, after the last piece.
    ///
    /// # Errors
    /// Returns a [`SignatureError`] if none is good.
    pub fn end(self) -> Result<(), SignatureError> {
        let is_one =
            |mac: Hmac<Sha256>| self.given.iter().any(|one| mac.clone().verify_slice(one).is_ok());
        if self.macs.into_iter().any(is_one) { Ok(()) } else { Err(SignatureError::Wrong) }
    }
}

impl StandardHeaders<'_> {
    /// Returns the first signatures of this version that have the right length.
    fn signatures(&self) -> Vec<Vec<u8>> {
        let texts = self.signature.split(' ').filter_map(|one| one.strip_prefix("v1,"));
        let read = texts.take(MAX_SIGNATURES).filter_map(|text| STANDARD.decode(text).ok());
        read.filter(|bytes| bytes.len() == SIGNATURE_BYTES).collect()
    }
}

fn bytes_of(entry: &str) -> Option<Vec<u8>> {
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

    fn verify(signature: &str, timestamp: &str, now: u64) -> Result<(), SignatureError> {
        let headers = StandardHeaders { id: ID, timestamp, signature };
        secrets(SECRET).verify(headers, BODY, Timestamp::from_seconds(now))
    }

    #[test]
    fn a_body_in_pieces_is_checked_like_a_whole_one() {
        let headers = StandardHeaders { id: ID, timestamp: "1614265330", signature: SIGNATURE };
        for (body, is_good) in [(BODY, true), (b"{\"test\": 2432232315}", false)] {
            let mut check = secrets(SECRET).begin(headers, Timestamp::from_seconds(AT)).unwrap();
            body.chunks(3).for_each(|piece| check.update(piece));
            assert_eq!(check.end().is_ok(), is_good);
        }
    }

    #[test]
    fn the_published_vector_passes() {
        assert_eq!(secrets(SECRET).sign(ID, AT, BODY), SIGNATURE);
        assert_eq!(verify(SIGNATURE, "1614265330", AT), Ok(()));
    }

    #[test]
    fn one_good_signature_of_several_is_enough() {
        let many = format!("v1,AAAA v2,x v1a,y {SIGNATURE}");
        assert_eq!(verify(&many, "1614265330", AT), Ok(()));
        let two = secrets(&format!("whsec_{}, {SECRET}", "A".repeat(32)));
        assert_eq!(two.sign(ID, AT, BODY).split(' ').nth(1), Some(SIGNATURE));
        let headers = StandardHeaders { id: ID, timestamp: "1614265330", signature: SIGNATURE };
        assert_eq!(two.verify(headers, BODY, Timestamp::from_seconds(AT)), Ok(()));
    }

    #[test]
    fn wrong_signatures_and_times_are_refused() {
        let at = "1614265330";
        let (cut, _) = SIGNATURE.split_at(SIGNATURE.len() - 4);
        let (_, unversioned) = SIGNATURE.split_at(3);
        for bad in ["", "v1,", "v1", cut, &SIGNATURE.replace("v1,", "v2,"), unversioned] {
            assert_eq!(verify(bad, at, AT), Err(SignatureError::Wrong), "{bad}");
        }
        assert_eq!(verify(SIGNATURE, "1614265331", AT), Err(SignatureError::Wrong));
        for odd in ["", "1614265330abc", "+1614265330", "-1", "1e9", " 1614265330"] {
            assert_eq!(
                verify(SIGNATURE, odd, AT),
                Err(SignatureError::Header("timestamp")),
                "{odd}"
            );
        }
        for (now, want) in [
            (AT + 300, Ok(())),
            (AT - 300, Ok(())),
            (AT + 301, Err(SignatureError::Time)),
            (AT - 301, Err(SignatureError::Time)),
        ] {
            assert_eq!(verify(SIGNATURE, at, now), want, "{now}");
        }
        let nameless = StandardHeaders { id: "", timestamp: at, signature: SIGNATURE };
        let refused = secrets(SECRET).verify(nameless, BODY, Timestamp::from_seconds(AT));
        assert_eq!(refused, Err(SignatureError::Header("webhook-id")));
    }

    #[test]
    fn invalid_secrets_are_counted() {
        let (secrets, refused) = SigningSecrets::parse(&format!("{SECRET}, whsec_short, secret, "));
        assert_eq!((secrets.is_some(), refused), (true, 2));
        assert_eq!(SigningSecrets::parse("x"), (None, 1));
    }
}
