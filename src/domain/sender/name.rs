//! The name of a sender, as records and rows spell it.

use serde::de::{Deserialize, Deserializer};
use serde::ser::{Serialize, Serializer};
use std::fmt;

/// The longest name, in bytes.
pub const MAX_BYTES: usize = 23;

/// The name of a sender: lower-case letters, digits, `-` and `_`, at most
/// [`MAX_BYTES`] of them. It is held in place, so that copying it is free.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SenderName {
    length: u8,
    bytes: [u8; MAX_BYTES],
}

impl SenderName {
    /// The upstream's own sender, which reads what no other row recognizes.
    pub const PIPELET: Self = Self::of(b"pipelet");
    /// fal.ai, which has a gateway of its own.
    pub const FAL: Self = Self::of(b"fal");

    /// Returns the name with the first of these bytes.
    const fn of(text: &[u8]) -> Self {
        let (mut bytes, mut rest, mut length) = ([0; MAX_BYTES], text, 0);
        let mut room: &mut [u8] = &mut bytes;
        while let (Some((first, behind)), Some((place, free))) =
            (rest.split_first(), room.split_first_mut())
        {
            *place = *first;
            length += 1;
            (rest, room) = (behind, free);
        }
        Self { length, bytes }
    }

    /// Reads a name; `None` if `text` is not one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_fit =
            |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_');
        let is_name = (1..=MAX_BYTES).contains(&text.len()) && text.bytes().all(is_fit);
        is_name.then(|| Self::of(text.as_bytes()))
    }

    /// Returns the name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let bytes = self.bytes.get(..usize::from(self.length)).unwrap_or_default();
        std::str::from_utf8(bytes).unwrap_or_default()
    }
}

impl Default for SenderName {
    fn default() -> Self {
        Self::PIPELET
    }
}

impl fmt::Display for SenderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for SenderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for SenderName {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for SenderName {
    /// Reads a stored name. The row of that name may be gone since.
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not a sender's name"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::json;

    #[test]
    fn names_are_read_and_written_as_text() {
        for name in ["pipelet", "fal", "replicate", "a-b_9", "twenty-three-characters"] {
            let read: SenderName = json::from_str(&format!("\"{name}\"")).unwrap();
            assert_eq!((read.as_str(), read.to_string()), (name, name.to_owned()));
            assert_eq!(serde_json::to_string(&read).unwrap(), format!("\"{name}\""));
        }
        assert_eq!(SenderName::default(), SenderName::parse("pipelet").unwrap());
        assert_ne!(SenderName::PIPELET, SenderName::FAL);
    }

    #[test]
    fn other_texts_are_no_names() {
        for odd in ["", "Kling", "a b", "ü", "twenty-four-characters-xx"] {
            assert_eq!(SenderName::parse(odd), None, "{odd}");
        }
        assert!(json::from_str::<SenderName>("\"A\"").is_err());
    }
}
