//! Long bodies, which never stand in memory: they are read in pieces, in one
//! pass, into R2 and through the scanner that keeps their skeleton
//! ([`crate::domain::file::skeleton`]).
//!
//! `intake` takes a body in, and tells short from long; `pass` is that of a
//! long one, `writer` its way into R2, under `incoming/` until it is known whose it
//! is: `stored`, `parked`. `unpacked` reads what is packed. `scan`, `cut` and `decode`
//! read what is stored: all of it again, parts of it, the files in it.

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
