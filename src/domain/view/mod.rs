//! What readers see: the record, its summary, the timeline. Never a presigned URL.

pub mod record;
pub mod sse;
