//! What is asked of a file, and how its answer begins.

use crate::domain::http::conditions::Conditions;
use crate::domain::http::headers::{CODING, Headers};
use crate::edge::http::call::Call;
use crate::edge::http::response::Head;
use crate::edge::platform::{self, Failure};

/// What a client wants of a file.
pub struct FileRequest<'a> {
    /// The request.
    pub call: &'a Call<'a>,
    /// The ranges and the conditions of its headers.
    pub conditions: Conditions,
    /// Whether the client is to save the file, not to show it.
    pub download: bool,
}

/// Begins an answer with these headers, secrets masked.
pub fn build(status: u16, headers: Headers) -> Result<Head, Failure> {
    let mut head = Head::new(status)?;
    if headers.iter().any(|(name, _)| *name == CODING) {
        head = head.coded();
    }
    headers
        .into_iter()
        .try_fold(head, |head, (name, value)| head.with(name, &platform::masked(value)))
}
