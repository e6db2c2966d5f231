//! The keys of senders, the headers in which they are sent, and queries.

use super::queue::Scheme;
use super::template::CantAsk;
use crate::domain::access::redact::secrets::SENDER_KEYS;
use crate::domain::json;
use crate::domain::sender::fact::Fact;
use crate::domain::sender::name::SenderName;
use crate::domain::sender::row::Row;
use url::Url;

/// A header's name and value.
pub type Header = (String, String);

/// A query to the upstream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpstreamQuery {
    /// The URL.
    pub url: Url,
    /// The key for the URL's origin.
    pub key: Option<String>,
    /// How the key is sent.
    pub scheme: Scheme,
    /// The headers with the key of a sender's row, in place of `key`.
    pub headers: Vec<Header>,
}

/// The keys of `SENDER_KEYS`.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct SenderKeys(Vec<(SenderName, String)>);

impl std::fmt::Debug for SenderKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SenderKeys({})", self.0.len())
    }
}

impl SenderKeys {
    /// Reads a JSON object of names and keys. The second value holds the
    /// mistakes, each by its path and without a key.
    #[must_use]
    pub fn read(text: &str, is_known: &dyn Fn(SenderName) -> bool) -> (Self, Vec<String>) {
        let (mut keys, mut mistakes) = (Self::default(), Vec::new());
        let members = json::object_members(text).unwrap_or_else(|_| {
            mistakes.push(format!("{SENDER_KEYS}: must be like {{\"kling\":\"key\"}}"));
            Vec::new()
        });
        for member in members {
            let name = SenderName::parse(&member.key).filter(|name| is_known(*name));
            let key = json::decode_string(member.value).filter(|key| is_key(key));
            let why = match (name, key) {
                (Some(SenderName::PIPELET), _) => "set UPSTREAM_API_KEY instead",
                (Some(SenderName::FAL), _) => "set FAL_KEY instead",
                (None, _) => "no known sender has this name",
                (_, None) => "must be a text of visible ASCII characters",
                (Some(name), Some(key)) => {
                    keys.0.retain(|(known, _)| *known != name);
                    keys.0.push((name, key.into_owned()));
                    continue;
                }
            };
            let shown: String = member.key.chars().take(MAX_SHOWN).collect();
            mistakes.push(format!("{SENDER_KEYS}.{shown}: {why}"));
        }
        (keys, mistakes)
    }

    /// Returns the key of a sender.
    #[must_use]
    pub fn get(&self, name: SenderName) -> Option<&str> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, key)| key.as_str())
    }

    /// Returns the headers with the sender's key; none if the sender takes no
    /// key.
    ///
    /// # Errors
    /// Returns [`CantAsk::NoKey`] if the key is not set.
    pub fn headers(&self, row: &Row) -> Result<Vec<Header>, CantAsk> {
        let texts = row.list(Fact::Auth);
        if texts.is_empty() {
            return Ok(Vec::new());
        }
        let key = self.get(row.name).ok_or(CantAsk::NoKey(SENDER_KEYS))?;
        let header = |text: &String| {
            let (name, value) = text.split_once(": ")?;
            Some((name.to_ascii_lowercase(), value.replace("{key}", key)))
        };
        Ok(texts.iter().filter_map(header).collect())
    }
}

/// Returns whether a value of [`Fact::Auth`] is a header's name, `: `, and a
/// value.
#[must_use]
pub fn is_header(text: &str) -> bool {
    let Some((name, value)) = text.split_once(": ") else { return false };
    let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    is_name && !value.is_empty() && value.bytes().all(|b| matches!(b, b' '..=b'~'))
}

/// The most characters of a name in a mistake.
const MAX_SHOWN: usize = 40;

fn is_key(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic())
}
