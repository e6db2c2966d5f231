//! Reads JSON into types, in less code than `serde_json` makes of each type.
//!
//! A derived `Deserialize` asks for one thing after the other. What is the same
//! for all types is here once, and not in each instance: where a value begins
//! and ends, which key follows. Texts, numbers that are not plain, and what is
//! kept or skipped as it is are read by `serde_json`, so that there is one
//! judge of what JSON is. A struct is read from an object only, never from an
//! array.

mod fields;
mod parts;
mod reader;
#[cfg(test)]
mod tests;
mod types;

use self::reader::Reader;
use serde::de::{Deserialize, DeserializeOwned, Error};

/// Reads a value of this text.
///
/// # Errors
/// As [`serde_json::from_str`], and for a struct that is an array.
pub fn from_str<'de, T: Deserialize<'de>>(text: &'de str) -> serde_json::Result<T> {
    let mut reader = Reader::new(text);
    let read = T::deserialize(&mut reader);
    match read {
        Ok(value) => reader.end().map(|()| value),
        Err(wrong) => Err(reader.error(&wrong)),
    }
}

/// Reads a value of these bytes.
///
/// # Errors
/// They are not UTF-8, or as [`from_str`].
pub fn from_slice<T: DeserializeOwned>(bytes: &[u8]) -> serde_json::Result<T> {
    std::str::from_utf8(bytes).map_err(serde_json::Error::custom).and_then(from_str)
}
