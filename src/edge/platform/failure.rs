//! Failed calls of the platform.

use super::config::log_error;
use crate::domain::http::problem::{Problem, ProblemKind};
use std::fmt::{self, Display};

/// A failed call of the platform. It is for the log; callers get
/// [`ProblemKind::Internal`].
#[derive(Debug)]
pub struct Failure(Box<FailureDetails>);

/// Kept behind a pointer: most results contain a failure type, and results are
/// moved more often than a failure occurs.
#[derive(Debug)]
struct FailureDetails {
    /// What was attempted.
    during: String,
    kind: Kind,
    /// The error text of the platform, or our own.
    text: String,
}

/// The kind of a failure, for callers that treat kinds differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The thing that was asked for does not exist.
    NotFound,
    /// The platform refuses the input.
    Invalid,
    /// Any other failure; a retry may succeed.
    Unavailable,
}

impl Failure {
    /// Makes a failure from what was attempted and an error text.
    pub fn new(during: &str, text: &str) -> Self {
        Self::of_kind(Kind::of_words(text), during, text)
    }

    /// Makes a failure from any error, so that the Worker contains the code
    /// once for all error types.
    fn of_error(during: &str, error: &dyn Display) -> Self {
        Self::new(during, &error.to_string())
    }

    /// Makes the failure of a reply that does not fit the command. The reply is
    /// not shown: the log would get its contents, and the Worker the code to
    /// print every type.
    pub fn unexpected(during: &str) -> Self {
        Self::of_kind(Kind::Unavailable, during, "unexpected answer")
    }

    /// Makes the failure of something that should exist and does not.
    pub fn gone(during: &str) -> Self {
        Self::of_kind(Kind::NotFound, during, "it is gone")
    }

    fn of_kind(kind: Kind, during: &str, text: &str) -> Self {
        Self(Box::new(FailureDetails { during: during.to_owned(), kind, text: text.to_owned() }))
    }

    /// Returns the kind, for callers that treat kinds differently.
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// Writes the failure to the log.
    pub fn log(&self) {
        log_error(&self.to_string());
    }
}

impl Kind {
    /// Reads the code that R2 writes at the end of its error texts.
    ///
    /// R2's documentation does not give the code of a refused cursor. But all
    /// known codes from 10020 to 10029 refuse an input. None of them means a
    /// bucket that fails or may not be read (10001, 10003, 10043, 10058).
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

/// Returns whether `outcome` is a success; a failure is logged.
pub fn succeeded(outcome: Result<(), Failure>) -> bool {
    outcome.inspect_err(Failure::log).is_ok()
}
