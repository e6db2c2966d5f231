//! Failed calls of the platform.

use super::config::log_error;
use crate::domain::http::problem::{Problem, ProblemKind};
use std::fmt::{self, Display};

/// A failed call of the platform. It is for the log; callers get
/// [`ProblemKind::Internal`].
#[derive(Debug)]
pub struct Failure(Box<FailureDetails>);

/// Behind a pointer: a failure is part of most results, and they are moved
/// about more often than one is made.
#[derive(Debug)]
struct FailureDetails {
    /// What was attempted.
    during: String,
    kind: Kind,
    /// The platform's words, or ours.
    text: String,
}

/// What a failure is, for those to whom it makes a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// There is nothing of what was asked for.
    NotFound,
    /// The platform refuses what it was given.
    Invalid,
    /// Anything else: it may succeed later.
    Unavailable,
}

impl Failure {
    /// Makes a failure of what was attempted, in these words.
    pub fn new(during: &str, text: &str) -> Self {
        Self::of_kind(Kind::of_words(text), during, text)
    }

    /// The same of an error, once in the Worker for all kinds of them.
    fn of_error(during: &str, error: &dyn Display) -> Self {
        Self::new(during, &error.to_string())
    }

    /// Makes the failure of an object whose answer does not go with what it was
    /// asked. Its own words would be in the log, and how to write every answer
    /// in the Worker.
    pub fn unexpected(during: &str) -> Self {
        Self::of_kind(Kind::Unavailable, during, "unexpected answer")
    }

    /// Makes the failure of something that should be there and is not.
    pub fn gone(during: &str) -> Self {
        Self::of_kind(Kind::NotFound, during, "it is gone")
    }

    fn of_kind(kind: Kind, during: &str, text: &str) -> Self {
        Self(Box::new(FailureDetails { during: during.to_owned(), kind, text: text.to_owned() }))
    }

    /// Returns what it is, for those to whom it makes a difference.
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// Writes it to the log.
    pub fn log(&self) {
        log_error(&self.to_string());
    }
}

impl Kind {
    /// Reads the code that R2 writes at the end of its words.
    ///
    /// R2's pages do not tell the code of a cursor that it refuses. But of the
    /// codes from 10020 to 10029 all that are known refuse what was given, and
    /// none is that of a bucket that fails or may not be read (10001, 10003,
    /// 10043, 10058).
    fn of_words(text: &str) -> Self {
        let line = text.lines().next().unwrap_or_default();
        let code = line.strip_suffix(')').and_then(|line| line.rsplit_once('('));
        match code.and_then(|(_, code)| code.parse().ok()) {
            Some(10007 | 10024) => Self::NotFound,
            Some(10020..=10029) => Self::Invalid,
            _ => Self::Unavailable,
        }
    }
}

impl Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let FailureDetails { during, text, .. } = &*self.0;
        write!(out, "{during}: {text}")
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        ProblemKind::Internal(failure.to_string()).into()
    }
}

/// Names what was attempted when a call of the platform fails.
pub trait During<T> {
    /// Turns the error into a [`Failure`] that begins with `what`.
    fn during(self, what: &str) -> Result<T, Failure>;
}

impl<T, E: Display> During<T> for Result<T, E> {
    fn during(self, what: &str) -> Result<T, Failure> {
        self.map_err(|error| Failure::of_error(what, &error))
    }
}

/// Whether it did; what failed is logged.
pub fn succeeded(outcome: Result<(), Failure>) -> bool {
    outcome.inspect_err(Failure::log).is_ok()
}
