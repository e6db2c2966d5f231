//! Keeps a body that is too large for memory without its long strings.
//!
//! A [`Scanner`] reads the body in pieces of any size. It keeps everything as
//! it is written, except each string token that is over [`MAX_HELD`] bytes or a
//! file. A short placeholder replaces such a token, and a [`Gap`] holds what
//! readers need: its place, its digest, and whether it is a file. So the code
//! that reads all other bodies reads the skeleton too.
//!
//! Each string that looks like a placeholder is one of ours: a sender's string
//! that begins like one becomes a gap itself.
//!
//! A string that is JSON itself is searched, as `discover` does: its long
//! strings are the gaps. Its JSON must begin within its first [`MAX_HELD`]
//! bytes.

mod deep;
mod digest;
mod gap;
mod mender;
mod open;
mod pieces;
mod placeholder;
mod runs;
mod scanner;
mod shallow;
mod stored;
mod text;

pub(crate) use self::digest::{digest, digest_of_token};
pub use self::gap::{Gap, MAX_BYTES, Skeleton};
pub use self::mender::Mender;
pub use self::pieces::{Piece, pieces};
pub(crate) use self::placeholder::{MARK, gap};
pub use self::scanner::Scanner;
pub use super::inline::MAX_HELD;

impl Skeleton {
    /// Returns the gap that a decoded string stands for.
    #[must_use]
    pub fn gap(&self, decoded: &str) -> Option<&Gap> {
        gap(&self.gaps, decoded)
    }
}

#[cfg(test)]
mod tests;
