//! Finds the files in a result: which strings are files, how they are named,
//! which may be fetched, and until when.

pub mod discover;
pub mod expiry;
pub mod filename;
pub mod inline;
pub mod magic;
pub mod media_type;
pub mod media_types;
pub mod skeleton;
mod source_entry;
pub mod source_policy;
pub mod sources;
pub mod strict_url;
