//! A request for a file, and the beginning of its response.

use crate::domain::http::conditions::Conditions;
use crate::domain::http::headers::{CODING, Headers};
use crate::edge::http::call::Call;
use crate::edge::http::response::Head;
use crate::edge::platform::{self, Failure};

/// A client's request for a file.
pub struct FileRequest<'a> {
    /// The request.
    pub call: &'a Call<'a>,
    /// The ranges and conditions in its headers.
    pub conditions: Conditions,
    /// Whether the client should save the file instead of showing it.
    pub download: bool,
}

/// Begins a response with these headers, with secrets masked.
pub fn build(status: u16, headers: Headers) -> Result<Head, Failure> {
    let mut head = Head::new(status)?;
    if headers.iter().any(|(name, _)| *name == CODING) {
        head = head.coded();
    }
    headers
        .into_iter()
        .try_fold(head, |head, (name, value)| head.with(name, &platform::masked(value)))
}
