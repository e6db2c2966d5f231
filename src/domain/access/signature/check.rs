//! Checks the signatures of a delivery, whose body arrives in pieces.
//!
//! Each signature header that is present is checked by the scheme that owns its
//! value, with the secrets of the senders that sign so. Whose secret must fit
//! is known only when the body was read: [`Verdict::is_signed`] decides then.

use super::scheme::{Encoding, SCHEMES, Scheme};
use super::secrets::{WebhookSecret, WebhookSecrets};
use super::{SignatureError, check_time};
use crate::domain::access::tokens::is_same_secret;
use crate::domain::time::Timestamp;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// The length of a signature in bytes.
const SIGNATURE_BYTES: usize = 32;
/// The most signatures of a header that are checked.
const MAX_SIGNATURES: usize = 16;

/// What a delivery is checked with.
#[derive(Clone, Copy)]
pub struct CheckInput<'a> {
    /// The secrets in use.
    pub secrets: &'a WebhookSecrets,
    /// Returns whether the sender of a name signs by the scheme of a name.
    pub signs: &'a dyn Fn(&str, &str) -> bool,
    /// Returns a header of the delivery.
    pub header: &'a dyn Fn(&str) -> Option<String>,
    /// The current time.
    pub now: Timestamp,
}

/// The checks of a delivery's signatures, in progress.
#[derive(Default)]
pub struct SignatureChecks(Vec<Claim>);

/// A header that claims to sign the delivery by a scheme.
struct Claim {
    scheme: &'static Scheme,
    /// The signatures in the header.
    given: Vec<Vec<u8>>,
    /// One MAC for each secret that is tried. The body may be large, so it is
    /// hashed once for each secret, not once for each signature.
    tried: Vec<Tried>,
    /// What is signed after the body, or after the id.
    after: String,
    /// What is wrong, whatever the body is.
    wrong: Option<SignatureError>,
}

/// A secret that is tried.
struct Tried {
    sender: Option<String>,
    mac: Option<Hmac<Sha256>>,
    /// Whether it is the secret that the header shows.
    is_shown: bool,
}

/// The result of the checks, before the sender is known.
#[derive(Default)]
pub struct Verdict {
    good: Vec<Good>,
    bad: Vec<Bad>,
    /// Claims over the job's id.
    open: Vec<Claim>,
}

/// A good signature.
struct Good {
    header: &'static str,
    /// Whose secret it fits; `None` for a secret or key of no certain sender.
    sender: Option<String>,
    signs_body: bool,
}

/// A header without any good signature.
struct Bad {
    header: &'static str,
    /// Whose secrets were tried.
    senders: Vec<String>,
    /// Whether a secret of no certain sender was tried.
    is_of_no_sender: bool,
    why: SignatureError,
}

impl SignatureChecks {
    /// Begins to check a delivery.
    ///
    /// # Errors
    /// Returns a [`SignatureError`] if the delivery must be refused, whatever
    /// its body is.
    pub fn begin(input: CheckInput<'_>) -> Result<Self, SignatureError> {
        let claims = SCHEMES.iter().filter_map(|scheme| Claim::read(scheme, input));
        let claims: Vec<Claim> = claims.collect();
        let refused = claims.iter().find(|claim| claim.is_of_no_sender());
        match refused.and_then(|claim| claim.wrong) {
            Some(why) => Err(why),
            None => Ok(Self(claims)),
        }
    }

    /// Returns whether nothing is to be checked.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds the next piece of the body.
    pub fn update(&mut self, piece: &[u8]) {
        let claims = self.0.iter_mut().filter(|claim| claim.scheme.signs_body());
        let macs = claims.flat_map(|claim| &mut claim.tried).filter_map(|one| one.mac.as_mut());
        macs.for_each(|mac| mac.update(piece));
    }

    /// Compares the signatures, after the last piece.
    ///
    /// # Errors
    /// Returns a [`SignatureError`] if the delivery must be refused for any
    /// sender.
    pub fn end(self) -> Result<Verdict, SignatureError> {
        let mut verdict = Verdict::default();
        self.0.into_iter().for_each(|claim| verdict.take(claim));
        let Verdict { good, bad, .. } = &mut verdict;
        // A header may have signatures of two schemes.
        bad.retain(|bad| !good.iter().any(|good| good.header == bad.header));
        match bad.iter().find(|bad| bad.is_of_no_sender) {
            Some(bad) => Err(bad.why),
            None => Ok(verdict),
        }
    }
}

impl Verdict {
    fn take(&mut self, claim: Claim) {
        let (header, signs_body) = (claim.scheme.header, claim.scheme.signs_body());
        if claim.scheme.signs_id() {
            self.open.push(claim);
        } else if let Some(fitting) = claim.fitting() {
            let sender = fitting.sender.clone();
            self.good.push(Good { header, sender, signs_body });
        } else {
            let (is_of_no_sender, why) = (claim.is_of_no_sender(), claim.wrong);
            let why = why.unwrap_or(SignatureError::Wrong);
            let senders = claim.tried.into_iter().filter_map(|one| one.sender).collect();
            self.bad.push(Bad { header, senders, is_of_no_sender, why });
        }
    }

    /// Adds a good signature over the body, by a key of no certain sender.
    pub fn add_signed(&mut self, header: &'static str) {
        self.good.push(Good { header, sender: None, signs_body: true });
    }

    /// Returns whether a signature was found wrong. It may be over another form
    /// of the body.
    #[must_use]
    pub fn is_doubtful(&self) -> bool {
        !self.bad.is_empty()
    }

    /// Returns whether the body of a delivery by this sender, for the job of
    /// this id, is signed.
    ///
    /// # Errors
    /// Returns a [`SignatureError`] if a signature of this sender is wrong. A
    /// sender that has a secret of its own must sign.
    pub fn is_signed(
        &self,
        sender: &str,
        id: Option<&str>,
        secrets: &WebhookSecrets,
    ) -> Result<bool, SignatureError> {
        let is_own = |one: &Option<String>| one.as_deref().is_none_or(|name| name == sender);
        let good: Vec<&Good> = self.good.iter().filter(|good| is_own(&good.sender)).collect();
        let bad = self.bad.iter().find(|bad| bad.senders.iter().any(|name| name == sender));
        if let Some(bad) = bad {
            return Err(bad.why);
        }
        let claims = self.open.iter().filter(|claim| claim.is_of(sender));
        let open: Vec<bool> = claims.map(|claim| claim.fits(sender, id)).collect();
        if open.contains(&false) {
            return Err(SignatureError::Wrong);
        }
        if secrets.has(sender) && good.is_empty() && open.is_empty() {
            return Err(SignatureError::Missing);
        }
        Ok(good.iter().any(|good| good.signs_body))
    }
}

impl Claim {
    /// Reads what a delivery claims by a scheme; `None` if it claims nothing,
    /// or if there is no secret to check it with.
    fn read(scheme: &'static Scheme, input: CheckInput<'_>) -> Option<Self> {
        let mut secrets = input.secrets.of(scheme, input.signs).peekable();
        secrets.peek()?;
        let value = (input.header)(scheme.header).filter(|value| scheme.owns(value))?;
        let (before, after, wrong) = match rendered(scheme, &value, input) {
            Ok((before, after)) => (before, after, None),
            Err(why) => (String::new(), String::new(), Some(why)),
        };
        let given = scheme.signatures(&value).take(MAX_SIGNATURES);
        let given: Vec<_> = given.filter_map(|text| scheme.encoding.decode(text)).collect();
        let tried = secrets.map(|secret| Tried::of(secret, scheme, &before, &value)).collect();
        let is_without = given.is_empty() && !scheme.signed.is_empty();
        let wrong = wrong.or(is_without.then_some(SignatureError::Wrong));
        Some(Self { scheme, given, tried, after, wrong })
    }

    /// Returns whether it is checked by a secret of no certain sender, so that
    /// it must fit.
    fn is_of_no_sender(&self) -> bool {
        self.tried.iter().any(|one| one.sender.is_none())
    }

    fn is_of(&self, sender: &str) -> bool {
        self.tried.iter().any(|one| one.sender.as_deref() == Some(sender))
    }

    /// Returns the secret that fits.
    fn fitting(&self) -> Option<&Tried> {
        self.tried.iter().find(|one| self.wrong.is_none() && self.is_good(one, ""))
    }

    fn fits(&self, sender: &str, id: Option<&str>) -> bool {
        let own = || self.tried.iter().filter(|one| one.sender.as_deref() == Some(sender));
        self.wrong.is_none() && id.is_some_and(|id| own().any(|one| self.is_good(one, id)))
    }

    fn is_good(&self, one: &Tried, id: &str) -> bool {
        let Some(mac) = &one.mac else { return one.is_shown };
        let signed = mac.clone().chain_update(id).chain_update(&self.after);
        self.given.iter().any(|given| signed.clone().verify_slice(given).is_ok())
    }
}

impl Tried {
    fn of(secret: &WebhookSecret, scheme: &Scheme, before: &str, value: &str) -> Self {
        let sender = secret.sender.clone();
        if scheme.signed.is_empty() {
            return Self { sender, mac: None, is_shown: is_same_secret(secret.text(), value) };
        }
        let mac = secret.key(scheme.key).and_then(|key| Hmac::new_from_slice(&key).ok());
        let mac = mac.map(|mac: Hmac<Sha256>| mac.chain_update(before));
        Self { sender, mac, is_shown: false }
    }
}

impl Encoding {
    fn decode(self, text: &str) -> Option<Vec<u8>> {
        let bytes = match self {
            Self::Base64 => STANDARD.decode(text).ok(),
            Self::Hex => hex::decode(text).ok(),
        };
        bytes.filter(|bytes| bytes.len() == SIGNATURE_BYTES)
    }
}

/// Returns what is signed before the body or the id, and what is signed after
/// it.
fn rendered(
    scheme: &'static Scheme,
    value: &str,
    input: CheckInput<'_>,
) -> Result<(String, String), SignatureError> {
    let (mut before, mut after) = (String::new(), String::new());
    let (mut out, mut rest) = (&mut before, scheme.signed);
    while let Some((literal, (name, behind))) =
        rest.split_once('{').and_then(|(literal, tail)| Some((literal, tail.split_once('}')?)))
    {
        out.push_str(literal);
        match name {
            "body" | "id" => out = &mut after,
            name => out.push_str(&named(scheme, name, value, input)?),
        }
        rest = behind;
    }
    out.push_str(rest);
    Ok((before, after))
}

/// Returns the part of the signed text that `name` stands for.
fn named(
    scheme: &Scheme,
    name: &'static str,
    value: &str,
    input: CheckInput<'_>,
) -> Result<String, SignatureError> {
    let text = match name {
        "t" => value.split(',').find_map(|part| part.strip_prefix("t=")).map(str::to_owned),
        header => (input.header)(header),
    };
    let text = text.unwrap_or_default();
    if name == scheme.time {
        check_time(&text, input.now)?;
    }
    if text.is_empty() { Err(SignatureError::Header(name)) } else { Ok(text) }
}
