//! What is kept of a job outside its object: its files, its manifest, its copy
//! in KV, its old timeline.

pub mod copy;
mod inline;
pub mod kv_copy;
pub mod manifest;
pub mod offload;
pub mod recopy;
pub mod relink;
pub mod restore;
pub mod uploads;
