//! A job object's own storage, by what lies in it.
//!
//! A job is one value (`domain::job::value`); all others are one JSON string or
//! plain text. One that is too long for a single value is split. Reads and writes are synchronous: what is written
//! before the next await is one transaction, and until then no other event
//! comes to the object. Whoever awaits anything must read again. An answer
//! waits for the disk (the output gate), not the code.

mod apart;
mod no_job;
mod raw;
mod store;
mod timeline;
mod uploads;

pub use self::no_job::NoJob;
pub use self::store::{RecordExtras, Slot, Store};
