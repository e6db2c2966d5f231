//! The public keys of senders, and how long they are trusted.

use crate::domain::json::{self, Member};
use crate::domain::retry::Pace;
use crate::domain::time::{HOUR, Timestamp};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::ops::RangeInclusive;

/// A sender that publishes its keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Issuer {
    /// fal.ai, which signs by Ed25519.
    Fal,
    /// Google, whose Gemini signs by RSA with SHA-256 (RS256).
    Google,
}

impl Issuer {
    /// Returns the address at which it publishes its keys.
    #[must_use]
    pub const fn url(self) -> &'static str {
        match self {
            Self::Fal => "https://rest.alpha.fal.ai/.well-known/jwks.json",
            Self::Google => "https://generativelanguage.googleapis.com/.well-known/jwks.json",
        }
    }

    /// Returns its name, for the log.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fal => "fal.ai",
            Self::Google => "Google",
        }
    }
}

/// A signature that must be checked with public keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyClaim {
    /// The signed text.
    pub message: String,
    /// The signature's bytes.
    pub signature: Vec<u8>,
}

/// The longest life of fetched keys, in milliseconds.
const LIFE_MS: u64 = 24 * HOUR;
/// The most keys that are tried.
const MAX_KEYS: usize = 16;
/// The keys of the latest successful fetch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keys {
    /// The keys, each as a JSON Web Key that has only what is needed.
    pub keys: Vec<String>,
    fetched_at: Option<Timestamp>,
    tried_at: Option<Timestamp>,
}

/// A key set. Its entries are read one by one, so that a key of an unknown kind
/// does not spoil the others.
#[derive(Deserialize)]
struct Set {
    keys: Vec<Box<RawValue>>,
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
    pub fn after_fetch(self, issuer: Issuer, body: Option<&str>, now: Timestamp) -> Self {
        let keys = body.map(|body| parse(issuer, body)).unwrap_or_default();
        if keys.is_empty() {
            return Self { tried_at: Some(now), ..self };
        }
        Self { keys, fetched_at: Some(now), tried_at: Some(now) }
    }
}

fn parse(issuer: Issuer, body: &str) -> Vec<String> {
    let set: Option<Set> = json::from_str(body).ok();
    let keys = set.map(|set| set.keys).unwrap_or_default();
    let read = keys.iter().filter_map(|key| issuer.form().read(key.get()));
    read.take(MAX_KEYS).collect()
}

/// What a JSON Web Key (RFC 7517) must have to be used.
struct Form {
    /// Members and their texts.
    fixed: &'static [(&'static str, &'static str)],
    /// Members and their texts, if they are there.
    optional: &'static [(&'static str, &'static str)],
    /// Members with bytes in base64url, and how many bytes.
    numbers: &'static [(&'static str, RangeInclusive<usize>)],
}

impl Issuer {
    const fn form(self) -> Form {
        match self {
            Self::Fal => Form {
                fixed: &[("kty", "OKP"), ("crv", "Ed25519")],
                optional: &[],
                numbers: &[("x", 32..=32)],
            },
            // The modulus has 2,048 to 8,192 bits.
            Self::Google => Form {
                fixed: &[("kty", "RSA")],
                optional: &[("alg", "RS256"), ("use", "sig")],
                numbers: &[("n", 256..=1_024), ("e", 1..=8)],
            },
        }
    }
}

impl Form {
    /// Returns the key with only what is needed.
    fn read(&self, key: &str) -> Option<String> {
        let members = json::members(key);
        let is = |(key, want): &(&str, &str), default| {
            text(&members, key).map_or(default, |text| text == *want)
        };
        if !self.fixed.iter().all(|one| is(one, false))
            || !self.optional.iter().all(|one| is(one, true))
        {
            return None;
        }
        let mut pairs: Vec<String> = Vec::new();
        for (key, length) in self.numbers {
            let number = text(&members, key)?;
            let number = number.trim_end_matches('=');
            let bytes = BASE64URL.decode(number).ok()?;
            length.contains(&bytes.len()).then(|| pairs.push(pair(key, number)))?;
        }
        pairs.extend(self.fixed.iter().map(|(key, value)| pair(key, value)));
        Some(format!("{{{}}}", pairs.join(",")))
    }
}

fn pair(key: &str, value: &str) -> String {
    format!("\"{key}\":\"{value}\"")
}

fn text<'a>(members: &[Member<'a>], key: &str) -> Option<Cow<'a, str>> {
    let found = members.iter().rev().find(|member| member.key == key)?;
    json::decode_string(found.value)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACE: Pace = Pace::new(2_000);
    const PAUSE_MS: u64 = 60_000;

    const fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn jwk(byte: u8) -> String {
        let x = BASE64URL.encode([byte; 32]);
        format!(r#"{{"x":"{x}","kty":"OKP","crv":"Ed25519"}}"#)
    }

    fn set(byte: u8) -> String {
        let x = BASE64URL.encode([byte; 32]);
        format!(
            r#"{{"keys":[{{"kty":"RSA","x":"{x}"}},null,{{"kty":"OKP","crv":"Ed25519","x":null}},
            {{"kty":"OKP","crv":"Ed25519","x":"{x}","use":"sig"}}]}}"#
        )
    }

    #[test]
    fn keys_live_for_a_day_and_stay_when_a_fetch_fails() {
        let none = Keys::default();
        assert!(none.are_due(PACE, at(0)));
        let keys = none.after_fetch(Issuer::Fal, Some(&set(7)), at(0));
        assert_eq!(keys.keys, vec![jwk(7)]);
        assert!(!keys.are_due(PACE, at(LIFE_MS - 1)) && keys.are_due(PACE, at(LIFE_MS)));
        let failed = keys.after_fetch(Issuer::Fal, None, at(LIFE_MS));
        assert_eq!(failed.keys, vec![jwk(7)]);
        assert!(!failed.are_due(PACE, at(LIFE_MS + PAUSE_MS - 1)));
        assert!(failed.are_due(PACE, at(LIFE_MS + PAUSE_MS)));
        let others = failed.after_fetch(Issuer::Fal, Some(&set(8)), at(LIFE_MS + PAUSE_MS));
        assert_eq!(others.keys, vec![jwk(8)]);
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
        let failed = Keys::default().after_fetch(Issuer::Fal, None, at(0));
        assert!(!failed.are_due(PACE, at(PAUSE_MS - 1)) && failed.are_due(PACE, at(PAUSE_MS)));
        for broken in
            ["", "{}", r#"{"keys":[]}"#, r#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"AA"}]}"#]
        {
            assert_eq!(
                Keys::default().after_fetch(Issuer::Fal, Some(broken), at(0)),
                failed,
                "{broken}"
            );
        }
    }

    #[test]
    fn only_rsa_keys_for_signatures_are_googles() {
        let n = BASE64URL.encode([0xab; 256]);
        let key = |more: &str| format!(r#"{{"kty":"RSA","n":"{n}","e":"AQAB"{more}}}"#);
        let read = |key: &str| parse(Issuer::Google, &format!(r#"{{"keys":[{key}]}}"#));
        let want = format!(r#"{{"n":"{n}","e":"AQAB","kty":"RSA"}}"#);
        for more in ["", r#","alg":"RS256","use":"sig","kid":"1""#] {
            assert_eq!(read(&key(more)), vec![want.clone()], "{more}");
        }
        for more in [r#","alg":"PS256""#, r#","use":"enc""#, r#","kty":"OKP""#, r#","e":"A\"B""#] {
            assert!(read(&key(more)).is_empty(), "{more}");
        }
        assert!(read(&set(7)).is_empty() && read("7").is_empty());
    }
}
