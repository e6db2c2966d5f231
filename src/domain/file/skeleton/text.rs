//! Grows the text of a skeleton.

use super::gap::MAX_BYTES;

/// How many bytes over [`MAX_BYTES`] may be in memory while a piece is read.
const SPARE: usize = 64 * 1024;

/// Appends bytes. `Vec` alone would double its memory, but at most a little
/// over [`MAX_BYTES`] is needed.
pub(super) fn extend(text: &mut Vec<u8>, more: &[u8]) {
    if text.capacity() - text.len() < more.len() {
        let double = text.len().max(more.len());
        let most = (MAX_BYTES + SPARE).saturating_sub(text.len());
        text.reserve_exact(double.min(most).max(more.len()));
    }
    text.extend_from_slice(more);
}
