//! Stores a skeleton's text in JSON as a string. Text that is not UTF-8, or
//! begins with a NUL, is stored as base64 after a NUL. No JSON begins with a
//! NUL.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;

pub(super) fn serialize<S: Serializer>(text: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    let written = match std::str::from_utf8(text) {
        Ok(text) if !text.starts_with('\0') => Cow::Borrowed(text),
        _ => Cow::Owned(format!("\0{}", STANDARD.encode(text))),
    };
    written.serialize(serializer)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(reader: D) -> Result<Vec<u8>, D::Error> {
    let written = String::deserialize(reader)?;
    match written.strip_prefix('\0') {
        Some(base64) => STANDARD.decode(base64).map_err(D::Error::custom),
        None => Ok(written.into_bytes()),
    }
}
