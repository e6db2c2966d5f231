//! An object's keys and values, by synchronous calls.

use crate::domain::ingest::delivery::MAX_OBJECT_TEXT;
use crate::edge::platform::{During, Failure};
use js_sys::{Array, Object, Reflect};
use serde::Serialize;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use worker::{Error, Storage};

/// The prefix of a value that stands for a split text; the number of its parts
/// follows. No JSON text and no name begins with it.
const SPLIT: &str = "parts:";

#[wasm_bindgen]
extern "C" {
    /// The synchronous key-value API, which `worker` does not have. A promise
    /// for each call would cost more than the call.
    type Kv;
    #[wasm_bindgen(method, catch)]
    fn get(this: &Kv, key: &str) -> Result<Option<String>, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn put(this: &Kv, key: &str, value: &str) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch)]
    fn delete(this: &Kv, key: &str) -> Result<bool, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn list(this: &Kv, options: &Object) -> Result<JsValue, JsValue>;
}

/// Texts by their keys.
pub struct Raw(Kv);

impl Raw {
    /// Wraps an object's storage.
    pub fn new(storage: &Storage) -> Self {
        // Without this API every call below fails with an error.
        let kv = Reflect::get(storage.as_raw(), &JsValue::from_str("kv")).unwrap_or_default();
        Self(kv.unchecked_into())
    }

    /// Writes a value as JSON.
    pub fn put_json(&self, key: &str, value: &impl Serialize) -> Result<(), Failure> {
        let text = serde_json::to_string(value).during("writing to the object")?;
        self.put(key, &text)
    }

    /// Writes a text, in parts if it is too long for one value.
    pub fn put(&self, key: &str, text: &str) -> Result<(), Failure> {
        let put = |key: &str, text: &str| {
            self.0.put(key, text).map_err(Error::from).during("writing to the object")
        };
        let pieces = split(text);
        if pieces.len() == 1 {
            return put(key, text);
        }
        put(key, &format!("{SPLIT}{}", pieces.len()))?;
        let mut parts = pieces.iter().enumerate();
        parts.try_for_each(|(at, piece)| put(&part_key(key, at), piece))
    }

    /// Deletes a value.
    pub fn remove(&self, key: &str) -> Result<(), Failure> {
        self.0.delete(key).map_err(Error::from).during("deleting from the object").map(drop)
    }

    /// Returns keys and values in the order of the keys; `options` are those of
    /// the platform's `list`.
    pub fn list(&self, options: &[(&str, JsValue)]) -> Result<Vec<(String, String)>, Failure> {
        let object = Object::new();
        for (name, value) in options {
            // Setting a property of our own object can't fail.
            let _set = Reflect::set(&object, &JsValue::from_str(name), value);
        }
        let found = self.0.list(&object).map_err(Error::from).during("listing the object")?;
        let pair = |pair: JsValue| {
            let pair: Array = pair.unchecked_into();
            Some((pair.get(0).as_string()?, pair.get(1).as_string()?))
        };
        Ok(Array::from(&found).iter().filter_map(pair).collect())
    }

    /// Reads a text, and joins its parts.
    pub fn text(&self, key: &str) -> Result<Option<String>, Failure> {
        let Some(text) = self.get(key)? else { return Ok(None) };
        let Some(parts) = parts_of(&text) else { return Ok(Some(text)) };
        let mut whole = String::new();
        for at in 0..parts {
            let part = self.get(&part_key(key, at))?;
            whole.push_str(&part.ok_or_else(|| Failure::gone(&part_key(key, at)))?);
        }
        Ok(Some(whole))
    }

    /// Reads a value as it is stored: for a split text, the value that stands
    /// for it.
    pub fn get(&self, key: &str) -> Result<Option<String>, Failure> {
        self.0.get(key).map_err(Error::from).during("reading from the object")
    }

    /// Deletes the values of these keys.
    pub fn delete(&self, keys: &[String]) -> Result<(), Failure> {
        keys.iter().try_for_each(|key| self.remove(key))
    }

    /// Deletes a text and its parts.
    pub fn remove_all(&self, key: &str) -> Result<(), Failure> {
        let parts = self.get(key)?.as_deref().and_then(parts_of).unwrap_or(0);
        (0..parts).try_for_each(|at| self.remove(&part_key(key, at)))?;
        self.remove(key)
    }
}

/// Splits a text between characters, into pieces that each fit into one value.
fn split(text: &str) -> Vec<&str> {
    let (mut pieces, mut rest) = (Vec::new(), text);
    while rest.len() > MAX_OBJECT_TEXT {
        let (piece, more) = rest.split_at(rest.floor_char_boundary(MAX_OBJECT_TEXT));
        pieces.push(piece);
        rest = more;
    }
    pieces.push(rest);
    pieces
}

fn parts_of(text: &str) -> Option<usize> {
    text.strip_prefix(SPLIT)?.parse().ok()
}

fn part_key(key: &str, at: usize) -> String {
    format!("part/{key}/{at:05}")
}
