//! Job ids, references, and the names of the objects that contain jobs.
//!
//! A sender's id may have any characters. Here it has one spelling, in paths,
//! keys, records and KV alike: `~` and two hex digits stand for each byte that
//! a name can't have. An id without such bytes is spelled as the sender writes
//! it.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;

/// The longest id or reference, in bytes.
pub const MAX_NAME_BYTES: usize = 128;

const REFERENCE_PREFIX: &str = "ref:";

/// Begins the two hex digits of a byte that a name can't have.
const ESCAPE: char = '~';

/// Returns whether `text` may be a job id or a reference:
/// `[A-Za-z0-9._:-]{1,128}`, except two kinds. A text of dots alone would
/// vanish in a path, and the prefix `ref:` marks references where ids are
/// allowed too.
#[must_use]
pub fn is_valid_name(text: &str) -> bool {
    (1..=MAX_NAME_BYTES).contains(&text.len())
        && text.bytes().all(is_plain)
        && text.bytes().any(|b| b != b'.')
        && !text.starts_with(REFERENCE_PREFIX)
}

/// Returns whether names have this byte as it is.
#[must_use]
pub const fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b':' | b'-')
}

/// Returns whether `text` is a job id as hookvault spells it.
#[must_use]
pub fn is_valid_id(text: &str) -> bool {
    is_valid_name(text) || (text.contains(ESCAPE) && spelled(&sender_id(text)) == Some(text.into()))
}

/// Returns hookvault's spelling of a sender's id: `a~2Fb` for `a/b`. Returns
/// `None` if the text can't be an id. One with control characters or a broken
/// character is damaged.
#[must_use]
pub fn spelled(id: &str) -> Option<String> {
    let is_broken = |c: char| c.is_control() || c == char::REPLACEMENT_CHARACTER;
    let mut out = String::new();
    for byte in id.bytes() {
        match byte {
            byte if is_plain(byte) => out.push(char::from(byte)),
            byte => {
                out.push(ESCAPE);
                out.push_str(&hex::encode_upper([byte]));
            }
        }
    }
    let bare = out.replace(ESCAPE, "");
    (out.len() <= MAX_NAME_BYTES && is_valid_name(&bare) && !id.contains(is_broken)).then_some(out)
}

/// Returns an id as its sender writes it, for requests to the sender's own API.
/// It may contain slashes and dots: encode it before it becomes part of a URL.
#[must_use]
pub fn sender_id(id: &str) -> Cow<'_, str> {
    if !id.contains(ESCAPE) {
        return Cow::Borrowed(id);
    }
    let percent = id.replace('%', "%25").replace(ESCAPE, "%");
    Cow::Owned(super::percent::decode(&percent))
}

/// The name of a job object: `id:{x}` or `ref:{x}`.
///
/// A job lives in the object of its id. It lives in the object of the caller's
/// reference if its first delivery contained no id. The objects of other names
/// lead to it by an alias.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum ObjectName {
    /// Named by the upstream's job id.
    Id(String),
    /// Named by the caller's reference.
    Reference(String),
}

impl ObjectName {
    /// Returns the object of job id `text`, if that is an id as hookvault spells
    /// it.
    #[must_use]
    pub fn id(text: &str) -> Option<Self> {
        is_valid_id(text).then(|| Self::Id(text.to_owned()))
    }

    /// Returns the object of reference `text`, if that is a valid reference.
    #[must_use]
    pub fn reference(text: &str) -> Option<Self> {
        is_valid_name(text).then(|| Self::Reference(text.to_owned()))
    }

    /// Returns the object of the reference that a reader may mean by an id.
    #[must_use]
    pub fn as_reference(&self) -> Option<Self> {
        match self {
            Self::Id(id) => Self::reference(id),
            Self::Reference(_) => None,
        }
    }

    /// Returns the job's name in URLs, records and keys: `437852` or
    /// `ref:order-7`. No id begins with `ref:`, so the name is unambiguous.
    #[must_use]
    pub fn public(&self) -> String {
        match self {
            Self::Id(id) => id.clone(),
            Self::Reference(reference) => format!("{REFERENCE_PREFIX}{reference}"),
        }
    }

    /// Reads a name that [`ObjectName::public`] has written.
    #[must_use]
    pub fn from_public(text: &str) -> Option<Self> {
        match text.strip_prefix(REFERENCE_PREFIX) {
            Some(reference) => Self::reference(reference),
            None => Self::id(text),
        }
    }
}

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => write!(f, "id:{id}"),
            Self::Reference(reference) => write!(f, "{REFERENCE_PREFIX}{reference}"),
        }
    }
}

impl From<ObjectName> for String {
    fn from(name: ObjectName) -> Self {
        name.to_string()
    }
}

impl TryFrom<String> for ObjectName {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let name = match text.split_once(':') {
            Some(("id", id)) => Self::id(id),
            Some(("ref", reference)) => Self::reference(reference),
            _ => None,
        };
        name.ok_or_else(|| format!("`{text}` is not an object name"))
    }
}

/// The kind of an object, which its name shows. No job's name begins with
/// `gate:`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObjectKind<'a> {
    /// A job, the tombstone of a deleted one, or an alias that leads to a job.
    Job(&'a ObjectName),
    /// A gate of submissions, or of a ticket's uses.
    Gate(&'a str),
    /// The box of a delivery that waits for the bucket, by its key among the
    /// unmatched deliveries.
    Parked(&'a str),
}

impl fmt::Display for ObjectKind<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Job(name) => name.fmt(f),
            Self::Gate(gate) => write!(f, "gate:{gate}"),
            Self::Parked(key) => write!(f, "id:unmatched-{key}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_contain_no_paths_or_reference_marks() {
        for good in ["437852", "rn5r12q9pdu6yvb3nxty", "a:b", "..a", "-", &"x".repeat(128)] {
            assert!(is_valid_name(good), "{good}");
        }
        for bad in ["", ".", "..", "ref:a", "a/b", "a b", "é", "%2e", &"x".repeat(129)] {
            assert!(!is_valid_name(bad), "{bad}");
        }
    }

    #[test]
    fn a_senders_id_has_one_spelling() {
        let veo = "models/veo-3.1-generate-preview/operations/a1b2c3";
        for (id, spelling) in [
            (veo, "models~2Fveo-3.1-generate-preview~2Foperations~2Fa1b2c3"),
            ("437852", "437852"),
            ("a~b", "a~7Eb"),
            ("a~2Fb", "a~7E2Fb"),
            ("a%2Fb", "a~252Fb"),
            ("a b+c?d#e", "a~20b~2Bc~3Fd~23e"),
            ("é", "~C3~A9"),
            ("../x", "..~2Fx"),
            ("/", "~2F"),
        ] {
            assert_eq!(spelled(id).as_deref(), Some(spelling), "{id}");
            assert_eq!(sender_id(spelling), id);
            assert!(
                is_valid_id(spelling)
                    && ObjectName::reference(spelling).is_none() == spelling.contains('~')
            );
            let name = ObjectName::id(spelling).unwrap();
            assert_eq!(ObjectName::try_from(name.to_string()), Ok(name.clone()));
            assert_eq!(ObjectName::from_public(&name.public()), Some(name));
        }
    }

    #[test]
    fn damaged_ids_and_other_spellings_are_refused() {
        let long = "/".repeat(43);
        for damaged in ["", ".", "..", "ref:a", "ref:a/b", "a\0", "a\n/b", "a\u{fffd}", &long] {
            assert_eq!(spelled(damaged), None, "{damaged}");
        }
        assert_eq!(spelled(&"/".repeat(42)).map(|id| id.len()), Some(126));
        for other in
            ["~", "a~", "a~2", "a~2f", "a~41", "~2E", "a~GG", "~FF", "~00", "a~0Ab", "a/b", "a%2Fb"]
        {
            assert!(!is_valid_id(other), "{other}");
        }
    }

    #[test]
    fn object_names_survive_the_round_trip() {
        for name in [ObjectName::Id("a:1".into()), ObjectName::Reference("id:1".into())] {
            assert_eq!(ObjectName::try_from(name.to_string()), Ok(name.clone()));
            assert_eq!(ObjectName::from_public(&name.public()), Some(name));
        }
        assert!(ObjectName::try_from("other:1".to_owned()).is_err());
    }

    #[test]
    fn names_show_the_kind_of_an_object() {
        let job = ObjectName::Id("gate:1".into());
        assert_eq!(ObjectKind::Job(&job).to_string(), "id:gate:1");
        assert_eq!(ObjectKind::Gate("body:1").to_string(), "gate:body:1");
        assert_eq!(ObjectKind::Parked("1-a").to_string(), "id:unmatched-1-a");
        assert!(ObjectName::try_from("gate:body:1".to_owned()).is_err());
    }
}
