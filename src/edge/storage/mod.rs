//! The stores: the bucket, KV, and an object's own storage.

pub mod body;
pub mod bucket;
pub mod kv;
pub mod object;
pub mod result;
pub mod unmatched;
