//! Where in a result a string stands.

use super::describe::Beside;
use super::found::Place;
use super::nested::Within;
use crate::domain::json::Path;

/// Longest pointer that is told, in characters.
pub(super) const MAX_POINTER_CHARS: usize = 300;

/// A string of the text that is searched.
pub(super) struct Spot<'s> {
    pub path: &'s Path<'s, 's>,
    pub within: &'s Within,
    pub beside: Option<&'s Beside>,
    pub place: Place,
}

impl Spot<'_> {
    pub fn pointer(&self) -> String {
        pointer(self.within, self.path)
    }

    pub fn is_input(&self) -> bool {
        is_input(self.within, self.path)
    }
}

/// Whether a value is a part of what was put in, as a sender tells it again.
pub(super) fn is_input(within: &Within, path: &Path<'_, '_>) -> bool {
    within.is_input || path.passes("input")
}

pub(super) fn pointer(within: &Within, path: &Path<'_, '_>) -> String {
    let whole = within.pointer.clone() + &path.pointer(MAX_POINTER_CHARS);
    whole.chars().take(MAX_POINTER_CHARS).collect()
}
