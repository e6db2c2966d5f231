//! Copies one file from its URL into the bucket, or streams it through to a
//! client.
//!
//! The bytes go from the socket to R2 or to the client through the runtime's
//! own pipe, and never through wasm memory. This folder knows URLs and the
//! bucket, never jobs.
//!
//! `copy` and `read_through` are on top. Both `open` a `source`, look at its
//! `head` and find its `content_type`; `put` and `multipart` write to the
//! bucket. All of them use the types of `order` and `failure`.

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
pub use self::failure::{last, no_memory};
pub use self::multipart::abort_left;
pub use self::order::{Order, SourceFile};
pub use self::read_through::{ReadThrough, read};
pub use self::rewrite::rewrite;
