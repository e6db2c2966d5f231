//! What readers see: the record, its summary, the timeline. Never a presigned URL.

pub mod handoff;
pub mod long_result;
pub mod record;
pub mod sse;
pub mod summary;
pub mod timeline;
