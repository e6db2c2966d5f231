//! Copies a job's files, and maintains what exists of a job outside its object:
//! the manifest, the copy in KV, the tombstone.

pub mod failure;
pub mod kv_copy;
pub mod manifest;
pub mod outcome;
pub mod recopy;
pub mod relink;
pub mod tombstone;
