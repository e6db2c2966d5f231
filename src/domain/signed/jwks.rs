//! fal.ai's public keys, and for how long they are believed.

use crate::domain::time::{HOUR, MINUTE, Timestamp};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use serde::Deserialize;

/// Where they are published.
pub const URL: &str = "https://rest.alpha.fal.ai/.well-known/jwks.json";
/// Longest life of what was fetched.
const LIFE_MS: u64 = 24 * HOUR;
/// The pause after a fetch before the next one, failed or not: keys that sign
/// nothing known must not have them fetched for each delivery.
const PAUSE_MS: u64 = MINUTE;
/// Most keys that are tried.
const MAX_KEYS: usize = 16;
/// Bytes of an Ed25519 public key.
const KEY_BYTES: usize = 32;

/// The keys as they were last fetched.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keys {
    /// Raw Ed25519 public keys.
    pub keys: Vec<Vec<u8>>,
    fetched_at: Option<Timestamp>,
    tried_at: Option<Timestamp>,
}

#[derive(Deserialize)]
struct Set {
    keys: Vec<Key>,
}

#[derive(Deserialize)]
struct Key {
    #[serde(default)]
    kty: String,
    #[serde(default)]
    crv: String,
    #[serde(default)]
    x: String,
}

impl Keys {
    /// Whether they are to be fetched before a signature is checked.
    #[must_use]
    pub fn are_due(&self, now: Timestamp) -> bool {
        let is_old = self.fetched_at.is_none_or(|at| now.since(at) >= LIFE_MS);
        is_old && self.may_be_fetched(now)
    }

    /// Whether they may be fetched again: a signature that none of them has
    /// made may be of a new one.
    #[must_use]
    pub fn may_be_fetched(&self, now: Timestamp) -> bool {
        self.tried_at.is_none_or(|at| now.since(at) >= PAUSE_MS)
    }

    /// Notes a fetch; `body` is `None` if it failed. Keys are kept until there
    /// are others.
    #[must_use]
    pub fn after_fetch(self, body: Option<&str>, now: Timestamp) -> Self {
        let keys = body.map(parse).unwrap_or_default();
        if keys.is_empty() {
            return Self { tried_at: Some(now), ..self };
        }
        Self { keys, fetched_at: Some(now), tried_at: Some(now) }
    }
}

fn parse(body: &str) -> Vec<Vec<u8>> {
    let set: Option<Set> = serde_json::from_str(body).ok();
    let keys = set.map(|set| set.keys).unwrap_or_default();
    let ed25519 = keys.into_iter().filter(|key| key.kty == "OKP" && key.crv == "Ed25519");
    let raw = ed25519.filter_map(|key| BASE64URL.decode(key.x.trim_end_matches('=')).ok());
    raw.filter(|key| key.len() == KEY_BYTES).take(MAX_KEYS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn set(byte: u8) -> String {
        let x = BASE64URL.encode([byte; KEY_BYTES]);
        format!(
            r#"{{"keys":[{{"kty":"RSA","x":"{x}"}},{{"kty":"OKP","crv":"Ed25519","x":"{x}"}}]}}"#
        )
    }

    #[test]
    fn keys_live_for_a_day_and_are_kept_when_a_fetch_fails() {
        let none = Keys::default();
        assert!(none.are_due(at(0)));
        let keys = none.after_fetch(Some(&set(7)), at(0));
        assert_eq!(keys.keys, vec![vec![7; KEY_BYTES]]);
        assert!(!keys.are_due(at(LIFE_MS - 1)) && keys.are_due(at(LIFE_MS)));
        let failed = keys.after_fetch(None, at(LIFE_MS));
        assert_eq!(failed.keys, vec![vec![7; KEY_BYTES]]);
        assert!(!failed.are_due(at(LIFE_MS + PAUSE_MS - 1)));
        assert!(failed.are_due(at(LIFE_MS + PAUSE_MS)));
        let others = failed.after_fetch(Some(&set(8)), at(LIFE_MS + PAUSE_MS));
        assert_eq!(others.keys, vec![vec![8; KEY_BYTES]]);
    }

    #[test]
    fn a_failure_is_remembered_for_a_minute() {
        let failed = Keys::default().after_fetch(None, at(0));
        assert!(!failed.are_due(at(PAUSE_MS - 1)) && failed.are_due(at(PAUSE_MS)));
        for broken in
            ["", "{}", r#"{"keys":[]}"#, r#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"AA"}]}"#]
        {
            assert_eq!(Keys::default().after_fetch(Some(broken), at(0)), failed, "{broken}");
        }
    }
}
