//! Streams large bodies into R2, so that none is ever whole in memory.
//!
//! `reader` receives a body and decides whether it is short or long. `upload`
//! hashes a long one, scans it for its skeleton
//! ([`crate::domain::file::skeleton`]), and sends it through `writer` to a key
//! under `incoming/`. `incoming` and `parked` move it to its job once that is
//! known. `inflate` decompresses a body. The rest reads stored bodies: `scan`
//! all of one, `splice` parts of it, `decode` the files in it.

mod decode;
mod incoming;
mod inflate;
mod parked;
mod reader;
mod scan;
mod splice;
mod upload;
mod writer;

pub use self::decode::decode;
pub use self::incoming::{IncomingObject, copy_object};
pub use self::inflate::inflate;
pub use self::parked::park;
pub use self::reader::{BodyReader, CompleteBody, ReceivedBody};
pub use self::scan::scan;
pub use self::splice::SplicedText;
pub use self::upload::BODY_MEMORY_BYTES;
pub use self::writer::PutTarget;
