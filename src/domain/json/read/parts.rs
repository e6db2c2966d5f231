//! Reads the parts of an array or an object, one after the other.

use super::reader::{Reader, Wrong};

/// The items of an array, or the members of an object.
pub(super) struct Items<'r, 'de> {
    pub(super) reader: &'r mut Reader<'de>,
    pub(super) is_first: bool,
}

impl Items<'_, '_> {
    /// Returns whether another item or member follows before the closing
    /// `bracket`.
    pub(super) fn has_more(&mut self, bracket: u8) -> Result<bool, Wrong> {
        if self.reader.peek() == Some(bracket) {
            return Ok(false);
        }
        if !std::mem::take(&mut self.is_first) {
            self.reader.must_take(b',')?;
        }
        if bracket == b'}' && self.reader.peek() != Some(b'"') {
            return Err(self.reader.unexpected(&"a key"));
        }
        Ok(true)
    }
}
