//! Makes the skeleton of a body while it is read in pieces.

use super::deep::Deep;
use super::gap::Skeleton;
use super::runs::Runs;
use super::shallow::Shallow;
use crate::domain::json::is_of_name;

/// Makes the skeleton of a body that arrives in pieces of any size.
#[derive(Debug)]
pub struct Scanner {
    opening: Opening,
    /// The full skeleton; `None` once it is too long.
    deep: Option<Deep>,
    /// The skeleton of the top level, for a body whose full skeleton is too
    /// long.
    shallow: Option<Shallow>,
}

/// The format that the first bytes show. In a form, quotes do not begin JSON
/// strings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Opening {
    /// The body begins with so many bytes that may be the name of a form's
    /// field.
    Name(usize),
    Json,
    Form,
}

impl Default for Scanner {
    fn default() -> Self {
        Self::new()
    }
}

impl Scanner {
    /// Begins the scan of a body.
    #[must_use]
    pub fn new() -> Self {
        Self {
            opening: Opening::Name(0),
            deep: Some(Deep::default()),
            shallow: Some(Shallow::default()),
        }
    }

    /// Reads more of the body.
    pub fn push(&mut self, chunk: &[u8]) {
        for byte in chunk {
            if !matches!(self.opening, Opening::Name(_)) {
                break;
            }
            self.opening = self.opening.after(*byte);
        }
        let is_form = self.opening == Opening::Form;
        self.deep = self.deep.take().and_then(|mut deep| {
            deep.has_strings = !is_form;
            deep.push(chunk);
            (!deep.is_too_long()).then_some(deep)
        });
        self.shallow = self.shallow.take().filter(|_| !is_form).and_then(|mut shallow| {
            shallow.push(chunk);
            (!shallow.is_too_long()).then_some(shallow)
        });
    }

    /// Ends the body, and returns its skeleton. It is empty if even that of the
    /// top level is too long.
    #[must_use]
    pub fn finish(self) -> Skeleton {
        match (self.deep, self.shallow) {
            (Some(deep), _) => deep.finish(),
            (None, Some(shallow)) => shallow.finish(),
            (None, None) => Skeleton::default(),
        }
    }

    /// Returns how many bytes are held in memory now.
    #[must_use]
    pub fn held(&self) -> usize {
        self.deep.as_ref().map_or(0, Deep::held) + self.shallow.as_ref().map_or(0, Shallow::held)
    }
}

impl Opening {
    fn after(self, byte: u8) -> Self {
        match self {
            Self::Name(length) if is_of_name(byte) => Self::Name(length + 1),
            Self::Name(1..) if byte == b'=' => Self::Form,
            _ => Self::Json,
        }
    }
}
