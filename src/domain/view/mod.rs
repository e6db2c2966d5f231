//! Renders jobs for readers: the record, its summary, the timeline. A presigned
//! URL never appears in them.

pub mod handoff;
pub mod long_result;
pub mod record;
pub mod sse;
pub mod summary;
pub mod timeline;
