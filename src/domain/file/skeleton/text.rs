//! The text of a skeleton, as it grows.

use super::gap::MAX_BYTES;

/// How much more than may be kept is held for a moment: what a piece brings.
const SPARE: usize = 64 * 1024;

/// Adds bytes. `Vec` alone would double what it takes, where at most a little
/// over [`MAX_BYTES`] is needed.
pub(super) fn extend(text: &mut Vec<u8>, more: &[u8]) {
    if text.capacity() - text.len() < more.len() {
        let double = text.len().max(more.len());
        let most = (MAX_BYTES + SPARE).saturating_sub(text.len());
        text.reserve_exact(double.min(most).max(more.len()));
    }
    text.extend_from_slice(more);
}
