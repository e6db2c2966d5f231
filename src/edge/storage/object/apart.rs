//! Keys for values that are too long for the frames behind the record.

use super::raw::Raw;
use crate::domain::job::value::Frames;
use crate::edge::platform::Failure;

/// The prefix of the keys of timeline entries.
pub const EVENT: &str = "event/";
/// The key of the result.
pub const RESULT: &str = "result";

/// Writes the contents of frames under keys of their own.
pub fn move_out(raw: &Raw, frames: &Frames) -> Result<(), Failure> {
    for framed in &frames.entries {
        raw.put(&entry_key(framed.n), &framed.entry)?;
        framed.body.as_ref().map_or(Ok(()), |body| raw.put(&body_key(framed.n), body))?;
        let n = framed.n.to_string();
        framed.seen.iter().try_for_each(|by| raw.put(&seen_key(by), &n))?;
    }
    frames.result.as_ref().map_or(Ok(()), |result| raw.put(RESULT, result))
}

/// Returns the key of timeline entry `n`.
pub fn entry_key(n: u32) -> String {
    format!("{EVENT}{n:08}")
}

/// Returns the key of the body of entry `n`.
pub fn body_key(n: u32) -> String {
    format!("body/{n:08}")
}

/// Returns the key by which a repeated delivery is recognized: `by` is a body's
/// digest, or the entry's place before a move.
pub fn seen_key(by: &str) -> String {
    format!("seen/{by}")
}
