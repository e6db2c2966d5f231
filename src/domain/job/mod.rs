//! The job's stored record: data, and functions that need nothing else.

pub mod file;
mod files;
pub mod healing;
pub mod kind;
pub mod outbox;
pub mod progress;
pub mod record;
pub mod retention;
pub mod status;
mod stored_file;
pub mod submission;
pub mod tasks;
pub mod timeline;
pub mod value;
