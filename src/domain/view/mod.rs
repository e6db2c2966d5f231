//! What readers see: the record, its summary, the timeline. Never a presigned URL.

pub mod handoff;
pub mod record;
pub mod sse;
pub mod summary;
pub mod timeline;
