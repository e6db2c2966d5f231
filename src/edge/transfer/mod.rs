//! Copies one file from its URL into the bucket, or reads it through for a
//! client, as a stream.
//!
//! The bytes go from the socket to R2 or to the client through the runtime's
//! own pipe and never through wasm memory. Knows URLs and the bucket, never
//! jobs.
//!
//! `copy` and `read_through` are on top. Both `open` a `source`, look at its
//! `head` and find its `content_type`; `put` and `multipart` write to the
//! bucket; `order` and `failure` are what all of them speak of.

mod content_type;
mod copy;
mod failure;
mod head;
mod multipart;
mod open;
mod order;
mod put;
mod read_through;
mod rewrite;
mod source;

pub use self::copy::copy;
pub use self::failure::{last, no_room};
pub use self::multipart::abort_left;
pub use self::order::{Order, SourceFile};
pub use self::read_through::{ReadThrough, read};
pub use self::rewrite::rewrite;
