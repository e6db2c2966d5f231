//! Stores what a job keeps outside its object: files, manifest, copy in KV, old
//! timeline entries.

pub mod copy;
mod inline;
pub mod kv_copy;
pub mod manifest;
pub mod offload;
pub mod recopy;
pub mod relink;
pub mod restore;
pub mod uploads;
