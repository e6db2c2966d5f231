//! A job object's own storage.
//!
//! A job is one value (`domain::job::value`). Everything else is one JSON
//! string or plain text; a text that is too long for one value is split.
//!
//! Reads and writes are synchronous: all writes before the next await are one
//! transaction, and until then the object handles no other event. After any
//! await, the code must read again. Replies wait until the writes are on disk
//! (the output gate); the code does not.

mod apart;
mod no_job;
mod raw;
mod store;
mod timeline;
mod uploads;

pub use self::no_job::NoJob;
pub use self::store::{RecordExtras, Slot, Store};
