//! Reads JSON into types, with less code per type than `serde_json` needs.
//!
//! A derived `Deserialize` asks for one part after the other. The work that is
//! the same for all types is here once, instead of in each instance. It finds
//! where a value begins and ends, and which key follows.
//!
//! `serde_json` reads long strings, strings with escapes, and values that are
//! skipped or kept as text. So only one parser decides what is JSON. A struct
//! is read from an object only, never from an array.

mod fields;
mod parts;
mod reader;
#[cfg(test)]
mod tests;
mod types;

use self::reader::Reader;
use serde::de::{Deserialize, DeserializeOwned, Error};

/// Reads a value from this text.
///
/// # Errors
/// Returns an error where [`serde_json::from_str`] does, and for a struct that
/// is an array.
pub fn from_str<'de, T: Deserialize<'de>>(text: &'de str) -> serde_json::Result<T> {
    let mut reader = Reader::new(text);
    let read = T::deserialize(&mut reader);
    match read {
        Ok(value) => reader.end().map(|()| value),
        Err(wrong) => Err(reader.error(&wrong)),
    }
}

/// Reads a value from these bytes.
///
/// # Errors
/// Returns an error if they are not UTF-8, or where [`from_str`] does.
pub fn from_slice<T: DeserializeOwned>(bytes: &[u8]) -> serde_json::Result<T> {
    std::str::from_utf8(bytes).map_err(serde_json::Error::custom).and_then(from_str)
}
