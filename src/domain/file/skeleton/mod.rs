//! A body without its long strings: what is held of one that is too large to
//! stand in memory.
//!
//! A [`Scanner`] reads it in pieces of any size. All is kept as it is written,
//! but for each string token that is over [`MAX_HELD`], or a file, which a short
//! placeholder stands for. A [`Gap`] tells of it what readers ask: where it is, its digest,
//! and whether it is a file. So the skeleton is read by the code that reads all
//! other bodies. Whatever has a placeholder's text is one of ours: a string of
//! the sender that begins like one becomes a gap itself.
//!
//! A string that is JSON itself is looked into, as `discover` does: of it the
//! long strings are the gaps. It has to begin in its first [`MAX_HELD`] bytes.

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
    /// Returns the gap that a string stands for, given decoded.
    #[must_use]
    pub fn gap(&self, decoded: &str) -> Option<&Gap> {
        gap(&self.gaps, decoded)
    }
}

#[cfg(test)]
mod tests;
