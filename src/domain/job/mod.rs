//! The job's stored record: data, and what follows from it alone.

pub mod file;
pub mod record;
pub mod retention;
pub mod status;
pub mod timeline;
