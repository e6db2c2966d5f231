//! fal.ai's public keys, and how long they are trusted.

use crate::domain::json;
use crate::domain::retry::Pace;
use crate::domain::time::{HOUR, Timestamp};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use serde::Deserialize;
use serde_json::value::RawValue;

/// The address at which fal.ai publishes its keys.
pub const URL: &str = "https://rest.alpha.fal.ai/.well-known/jwks.json";
/// The longest life of fetched keys, in milliseconds.
const LIFE_MS: u64 = 24 * HOUR;
/// The most keys that are tried.
const MAX_KEYS: usize = 16;
/// The length of an Ed25519 public key in bytes.
const KEY_BYTES: usize = 32;

/// The keys of the latest successful fetch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keys {
    /// The raw Ed25519 public keys.
    pub keys: Vec<Vec<u8>>,
    fetched_at: Option<Timestamp>,
    tried_at: Option<Timestamp>,
}

/// A key set. Its entries are read one by one, so that a key of an unknown kind
/// does not spoil the others.
#[derive(Deserialize)]
struct Set {
    keys: Vec<Box<RawValue>>,
}

#[derive(Deserialize)]
struct Key {
    kty: String,
    crv: String,
    x: String,
}

impl Keys {
    /// Returns whether the keys must be fetched before a signature is checked.
    #[must_use]
    pub fn are_due(&self, pace: Pace, now: Timestamp) -> bool {
        let is_old = self.fetched_at.is_none_or(|at| now.since(at) >= LIFE_MS);
        is_old && self.may_be_fetched(pace, now)
    }

    /// Returns whether the keys may be fetched again, as a signature that fits
    /// none of them may come from a new key. Each fetch, even a failed one, is
    /// followed by a pause: forged signatures must not cause a fetch for each
    /// delivery.
    #[must_use]
    pub fn may_be_fetched(&self, pace: Pace, now: Timestamp) -> bool {
        self.tried_at.is_none_or(|at| now.since(at) >= pace.keys_pause())
    }

    /// Records a fetch; `body` is `None` if it failed. The old keys stay until
    /// a fetch returns others.
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
    let set: Option<Set> = json::from_str(body).ok();
    let keys = set.map(|set| set.keys).unwrap_or_default();
    keys.iter().filter_map(|key| ed25519(key.get())).take(MAX_KEYS).collect()
}

fn ed25519(key: &str) -> Option<Vec<u8>> {
    let Key { kty, crv, x } = json::from_str(key).ok()?;
    let raw = BASE64URL.decode(x.trim_end_matches('=')).ok()?;
    (kty == "OKP" && crv == "Ed25519" && raw.len() == KEY_BYTES).then_some(raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACE: Pace = Pace::new(2_000);
    const PAUSE_MS: u64 = 60_000;

    const fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn set(byte: u8) -> String {
        let x = BASE64URL.encode([byte; KEY_BYTES]);
        format!(
            r#"{{"keys":[{{"kty":"RSA","x":"{x}"}},null,{{"kty":"OKP","crv":"Ed25519","x":null}},
            {{"kty":"OKP","crv":"Ed25519","x":"{x}","use":"sig"}}]}}"#
        )
    }

    #[test]
    fn keys_live_for_a_day_and_stay_when_a_fetch_fails() {
        let none = Keys::default();
        assert!(none.are_due(PACE, at(0)));
        let keys = none.after_fetch(Some(&set(7)), at(0));
        assert_eq!(keys.keys, vec![vec![7; KEY_BYTES]]);
        assert!(!keys.are_due(PACE, at(LIFE_MS - 1)) && keys.are_due(PACE, at(LIFE_MS)));
        let failed = keys.after_fetch(None, at(LIFE_MS));
        assert_eq!(failed.keys, vec![vec![7; KEY_BYTES]]);
        assert!(!failed.are_due(PACE, at(LIFE_MS + PAUSE_MS - 1)));
        assert!(failed.are_due(PACE, at(LIFE_MS + PAUSE_MS)));
        let others = failed.after_fetch(Some(&set(8)), at(LIFE_MS + PAUSE_MS));
        assert_eq!(others.keys, vec![vec![8; KEY_BYTES]]);
    }

    #[test]
    fn a_fetch_ends_before_the_sender_gives_up() {
        for base in [1, 25, 2_000, 60_000] {
            let pace = Pace::new(base);
            assert!(pace.keys_pause() <= PAUSE_MS && pace.keys_limit() <= 5_000, "{base}");
        }
        assert_eq!((PACE.keys_pause(), PACE.keys_limit()), (PAUSE_MS, 5_000));
    }

    #[test]
    fn a_failure_is_remembered_for_a_minute() {
        let failed = Keys::default().after_fetch(None, at(0));
        assert!(!failed.are_due(PACE, at(PAUSE_MS - 1)) && failed.are_due(PACE, at(PAUSE_MS)));
        for broken in
            ["", "{}", r#"{"keys":[]}"#, r#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"AA"}]}"#]
        {
            assert_eq!(Keys::default().after_fetch(Some(broken), at(0)), failed, "{broken}");
        }
    }
}
