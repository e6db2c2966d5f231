//! The configured secrets, which are masked by value.

use super::spelling::{Text, is_lead};
use crate::domain::json;
use std::fmt;
use url::Url;

/// The variables that contain a URL.
const URLS: [&str; 5] =
    ["UPSTREAM_QUEUE_URL", "UPSTREAM_FAL_URL", "RESULT_URL", "HANDOFF_URL", "PUBLIC_URL"];
/// The secret with the keys of senders, as a JSON object.
pub const SENDER_KEYS: &str = "SENDER_KEYS";
/// The prefix of a signing secret.
pub(crate) const SIGNING: &str = "whsec_";
/// The shortest value that is masked, in bytes: a shorter one may be a word.
pub const MIN_CHARS: usize = 12;

/// All configured values that no answer, log or message may contain.
#[derive(Clone)]
pub struct Secrets {
    /// The characters of each secret, whatever its spelling in the
    /// configuration.
    values: Vec<Vec<u8>>,
    /// Whether the spelling of a secret may begin with this byte.
    beginnings: [bool; 256],
    too_short: Vec<&'static str>,
}

impl Default for Secrets {
    fn default() -> Self {
        Self { values: Vec::new(), beginnings: [false; 256], too_short: Vec::new() }
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secrets({})", self.values.len())
    }
}

impl Secrets {
    /// Reads the secrets from the settings that `lookup` finds by name. A
    /// malformed value counts too, because it may still be a secret.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Self {
        let mut found = Self::default();
        for name in SECRETS {
            let text = lookup(name).unwrap_or_default();
            found.add_key(name, &text);
            let is_short = |key: &String| (1..MIN_CHARS).contains(&key.trim().len());
            let has_short = match name {
                SENDER_KEYS => entries(name, &text).iter().any(is_short),
                _ => name.ends_with("_KEY") && is_short(&text),
            };
            if has_short {
                found.too_short.push(name);
            }
        }
        for name in URLS {
            let text = lookup(name).unwrap_or_default();
            found.add_url(&text, name == "HANDOFF_URL");
        }
        found
    }

    /// Makes a set of these values, for tests.
    #[must_use]
    pub fn of<'a>(values: impl IntoIterator<Item = &'a str>) -> Self {
        let mut found = Self::default();
        values.into_iter().for_each(|value| found.add(value));
        found
    }

    /// Returns the variables whose key is too short to be masked by value.
    #[must_use]
    pub fn too_short(&self) -> &[&'static str] {
        &self.too_short
    }

    /// Returns whether the spelling of a secret may begin with `byte`.
    #[inline]
    pub(super) fn may_begin(&self, byte: u8) -> bool {
        self.beginnings.get(usize::from(byte)).is_some_and(|may| *may)
    }

    /// Returns the secrets whose first character is `byte`.
    pub(super) fn beginning_with(&self, byte: u8) -> impl Iterator<Item = &[u8]> {
        let is_so = move |value: &&[u8]| value.first() == Some(&byte);
        self.values.iter().map(Vec::as_slice).filter(is_so)
    }

    /// Adds a list and its entries. From a key like `id:secret` it adds the
    /// secret too.
    fn add_key(&mut self, name: &str, text: &str) {
        if name != SENDER_KEYS {
            self.add(text);
        }
        for whole in &entries(name, text) {
            let entry = secret_in(name, whole);
            self.add(whole);
            self.add(entry);
            self.add(entry.strip_prefix(SIGNING).unwrap_or_default());
            self.add(entry.split_once(':').map_or("", |(_, secret)| secret));
        }
    }

    /// Adds the user info of a URL, and the query if it is secret.
    fn add_url(&mut self, text: &str, with_query: bool) {
        let Some((_, rest)) = text.split_once("://") else { return };
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        if let Some((user_info, _)) = authority.rsplit_once('@') {
            self.add(user_info);
            self.add(user_info.split_once(':').map_or("", |(_, password)| password));
        }
        let url = Url::parse(text).ok().filter(|_| with_query);
        if let Some(url) = url {
            self.add(url.query().unwrap_or_default());
            url.query_pairs().for_each(|(_, value)| self.add(&value));
        }
    }

    fn add(&mut self, value: &str) {
        let value = value.trim();
        let letters = letters(value);
        let Some(first) = letters.first() else { return };
        if value.len() < MIN_CHARS || self.values.contains(&letters) {
            return;
        }
        for (byte, may) in (0..=u8::MAX).zip(&mut self.beginnings) {
            *may |= byte == *first || is_lead(byte);
        }
        self.values.push(letters);
    }
}

/// Returns the characters of a secret as they are read from a text. An escape
/// at the end is left out if the text after the secret could continue it.
fn letters(value: &str) -> Vec<u8> {
    let text = Text { bytes: value.trim_start_matches('\\').as_bytes(), is_whole: false };
    let (mut letters, mut at) = (Vec::new(), 0);
    while let Some(unit) = text.unit(at) {
        letters.push(unit.byte);
        at = unit.end;
    }
    letters
}

/// Returns the entries of a variable: of a list, or of an object of keys. An
/// object that can't be read counts as one entry, and as each text in it.
pub(crate) fn entries(name: &str, text: &str) -> Vec<String> {
    if name != SENDER_KEYS {
        return text.split(',').map(str::to_owned).collect();
    }
    let Ok(members) = json::object_members(text) else {
        return text.split('"').chain([text]).map(str::to_owned).collect();
    };
    let keys = members.iter().filter_map(|member| json::decode_string(member.value));
    keys.map(std::borrow::Cow::into_owned).collect()
}

/// Returns the secret in an entry of a variable: `WEBHOOK_SECRETS` may have the
/// sender's name before it.
pub(crate) fn secret_in<'a>(name: &str, entry: &'a str) -> &'a str {
    let entry = entry.trim();
    let named = entry.split_once('=').filter(|(sender, secret)| {
        name == "WEBHOOK_SECRETS" && !sender.starts_with(SIGNING) && !secret.is_empty()
    });
    named.map_or(entry, |(_, secret)| secret)
}

/// The variables that contain a secret. Of two equal ones, the later one must
/// be changed: keys come from others, and hook tokens are in the URLs of
/// running jobs.
pub(crate) const SECRETS: [&str; 10] = [
    "UPSTREAM_API_KEY",
    "UPSTREAM_FAL_KEY",
    "FAL_KEY",
    SENDER_KEYS,
    "WEBHOOK_SECRETS",
    "REPLICATE_WEBHOOK_SECRET",
    "HANDOFF_SECRET",
    "HOOK_TOKEN",
    "API_TOKEN",
    "READ_TOKEN",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn of(set: &[(&str, &str)]) -> Secrets {
        Secrets::from_lookup(|name| {
            set.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn every_configured_secret_is_masked_by_value() {
        let secrets = of(&[
            ("HOOK_TOKEN", "hook-token-012345, older-token-0123"),
            ("REPLICATE_WEBHOOK_SECRET", "whsec_c2VjcmV0c2VjcmV0c2VjcmV0"),
            ("WEBHOOK_SECRETS", "kling=whsec_a2xpbmdrbGluZ2tsaW5n, bfl=bfl-secret-0123=="),
            ("FAL_KEY", "0a1b2c3d:fal-secret-0123"),
            ("UPSTREAM_QUEUE_URL", "https://user:pass-word-0123@h/queue"),
            ("HANDOFF_URL", "https://h/x?token=handoff-0123456"),
            ("FILES_MAX_AGE", "1234567890123456"),
        ]);
        for value in [
            "hook-token-012345",
            "older-token-0123",
            "whsec_c2VjcmV0c2VjcmV0c2VjcmV0",
            "c2VjcmV0c2VjcmV0c2VjcmV0",
            "whsec_a2xpbmdrbGluZ2tsaW5n",
            "a2xpbmdrbGluZ2tsaW5n",
            "bfl-secret-0123==",
            "0a1b2c3d:fal-secret-0123",
            "fal-secret-0123",
            "user:pass-word-0123",
            "pass-word-0123",
            "token=handoff-0123456",
            "handoff-0123456",
        ] {
            assert!(secrets.values.iter().any(|known| known == value.as_bytes()), "{value}");
        }
        assert!(!secrets.values.iter().any(|known| known == b"1234567890123456"));
        assert_eq!(format!("{secrets:?}"), format!("Secrets({})", secrets.values.len()));
    }

    #[test]
    fn a_short_key_is_named_and_not_masked() {
        let secrets = of(&[("FAL_KEY", "short"), ("UPSTREAM_API_KEY", "0123456789ab")]);
        assert_eq!(secrets.too_short(), ["FAL_KEY"]);
        assert_eq!(secrets.values, [b"0123456789ab"]);
    }
}
