//! Long bodies, which never stand in memory: they are read in pieces, in one
//! pass, into R2 and through the scanner that keeps their skeleton
//! ([`crate::domain::file::skeleton`]).
//!
//! `intake` takes a body in, and tells short from long; `pass` is that of a
//! long one, `sink` its way into R2, under `incoming/` until it is known whose it
//! is: `stored`, `parked`. `unpacked` reads what is packed. `scan`, `cut` and `decode`
//! read what is stored: all of it again, parts of it, the files in it.

mod cut;
mod decode;
mod intake;
mod parked;
mod pass;
mod scan;
mod sink;
mod stored;
mod unpacked;

pub use self::cut::Parts;
pub use self::decode::decode;
pub use self::intake::{Body, Intake, Whole};
pub use self::parked::park;
pub use self::pass::HELD_BYTES;
pub use self::scan::scan;
pub use self::sink::Place;
pub use self::stored::{Stored, copy_object};
pub use self::unpacked::inflate;
