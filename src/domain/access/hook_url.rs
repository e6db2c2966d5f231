//! Capabilities: hook URLs that are valid for one job, `/hook/r_{ref}.{mac}`.
//!
//! The gateway mints one for each submission. Nothing is stored for it: the MAC
//! is an HMAC-SHA256 (RFC 2104) of the reference under a hook token, cut to 128
//! bits. A capability is valid as long as that token is in use.

use super::tokens::Tokens;
use crate::domain::names::ObjectName;
use crate::domain::percent::first_segment;
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// The prefix of a capability. No hook token begins with it.
const MARK: &str = "r_";
/// Keeps these MACs apart from all others under the same key.
const PURPOSE: &[u8] = b"hookvault capability 1\n";
/// The length of the MAC in bytes.
const MAC_BYTES: usize = 16;

/// The prefix of the references that the gateway gives to its jobs.
const OWN: &str = "gw-";
/// The random bytes in such a reference.
pub const REFERENCE_BYTES: usize = 16;

/// Returns the reference of a job that is submitted through the gateway.
#[must_use]
pub fn reference(random: [u8; REFERENCE_BYTES]) -> String {
    format!("{OWN}{}", hex::encode(random))
}

/// Returns whether `text` has the form of the gateway's own references. Only
/// its capability opens such a job, so no caller may link anything to that
/// reference.
#[must_use]
pub fn is_own_reference(text: &str) -> bool {
    let is_hex = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
    let random = text.strip_prefix(OWN).filter(|rest| rest.len() == 2 * REFERENCE_BYTES);
    random.is_some_and(|rest| rest.bytes().all(is_hex))
}

/// Returns whether a token in a hook URL must be read as a capability.
#[must_use]
pub fn is_one(token: &str) -> bool {
    token.starts_with(MARK)
}

/// Mints the capability for the job of `reference`; `None` if there is no
/// token.
#[must_use]
pub fn mint(reference: &str, tokens: &Tokens) -> Option<String> {
    let mac = mac(tokens.values().first()?, reference)?.finalize().into_bytes();
    Some(format!("{MARK}{reference}.{}", hex::encode(mac.get(..MAC_BYTES)?)))
}

/// Returns the job of a capability that one of `tokens` has signed; `None` for
/// any other text.
#[must_use]
pub fn read(text: &str, tokens: &Tokens) -> Option<ObjectName> {
    let (reference, given) = text.strip_prefix(MARK)?.rsplit_once('.')?;
    // A shorter MAC would be compared in that many bytes only.
    let given = hex::decode(given).ok().filter(|mac| mac.len() == MAC_BYTES)?;
    let is_of = |token: &String| {
        mac(token, reference).is_some_and(|mac| mac.verify_truncated_left(&given).is_ok())
    };
    tokens.values().iter().any(is_of).then(|| ObjectName::reference(reference))?
}

fn mac(token: &str, reference: &str) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(token.as_bytes()).ok()?;
    mac.update(PURPOSE);
    mac.update(reference.as_bytes());
    Some(mac)
}

/// Returns whether a path is the hook's, in any spelling: some senders double
/// the slash between the origin and the path, or encode what needs no encoding.
#[must_use]
pub fn is_hook(path: &str) -> bool {
    first_segment(path) == "hook"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(list: &str) -> Tokens {
        Tokens::parse(list, |_| true).unwrap()
    }

    #[test]
    fn a_capability_is_valid_for_one_job_while_its_token_is_in_use() {
        let minted = mint("a.b-1", &tokens("first, second")).unwrap();
        assert!(is_one(&minted));
        let job = ObjectName::reference("a.b-1");
        assert_eq!(read(&minted, &tokens("new, first")), job);
        assert_eq!(read(&minted, &tokens("second")), None);
        let other = minted.replace("a.b-1", "a.b-2");
        assert_eq!(read(&other, &tokens("first")), None);
    }

    #[test]
    fn the_gateways_own_references_are_recognized() {
        let own = reference([0xa7; REFERENCE_BYTES]);
        assert!(is_own_reference(&own));
        for other in [
            "gw-",
            "gw-1",
            "",
            &own.to_uppercase(),
            &format!("{own}0"),
            own.trim_start_matches('g'),
        ] {
            assert!(!is_own_reference(other), "{other}");
        }
    }

    #[test]
    fn only_the_whole_mac_is_accepted() {
        let tokens = tokens("first");
        let minted = mint("a", &tokens).unwrap();
        let (head, mac) = minted.split_once('.').unwrap();
        let (half, _) = mac.split_at(16);
        for bad in [
            head.to_owned(),
            format!("{head}."),
            format!("{head}.{half}"),
            format!("{minted}00"),
            minted.trim_start_matches(MARK).to_owned(),
            "r_.".to_owned(),
            String::new(),
        ] {
            assert_eq!(read(&bad, &tokens), None, "{bad}");
        }
    }
}
