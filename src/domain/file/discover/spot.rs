//! Describes the place of a string in a result.

use super::describe::FileHints;
use super::found::StringToken;
use super::nested::SearchScope;
use crate::domain::file::skeleton::MARK;
use crate::domain::json::Path;

/// The longest pointer that is shown, in characters.
pub(super) const MAX_POINTER_CHARS: usize = 300;

/// A string of the searched text, with its place.
pub(super) struct Candidate<'s> {
    pub path: &'s Path<'s, 's>,
    pub within: &'s SearchScope,
    pub beside: Option<&'s FileHints>,
    pub place: StringToken,
}

impl Candidate<'_> {
    pub fn pointer(&self) -> String {
        pointer(self.within, self.path)
    }

    pub fn is_input(&self) -> bool {
        is_input(self.within, self.path)
    }
}

/// Returns whether a value is part of the job's input, which some senders
/// repeat in the result.
pub(super) fn is_input(within: &SearchScope, path: &Path<'_, '_>) -> bool {
    within.is_input || path.passes("input")
}

pub(super) fn pointer(within: &SearchScope, path: &Path<'_, '_>) -> String {
    let whole = within.pointer.clone() + &without_marks(path.pointer(MAX_POINTER_CHARS));
    whole.chars().take(MAX_POINTER_CHARS).collect()
}

/// Returns the pointer with `…` for each key that is a placeholder, because the
/// key is too long to keep.
fn without_marks(pointer: String) -> String {
    if !pointer.contains(MARK.trim_end_matches('/')) {
        return pointer;
    }
    let is_mark = |key: &str| key.replace("~1", "/").starts_with(MARK);
    let keys = pointer.split('/').map(|key| if is_mark(key) { "…" } else { key });
    keys.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_pointer_shows_a_placeholder() {
        for (pointer, told) in [
            ("/a/@hookvault-range~10~117000~1abc/0", "/a/…/0"),
            ("/a/@hookvault-range", "/a/@hookvault-range"),
            ("/a~1b/0", "/a~1b/0"),
        ] {
            assert_eq!(without_marks(pointer.to_owned()), told);
        }
    }
}
