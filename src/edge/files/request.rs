//! What is asked of a file, and how its answer begins.

use crate::domain::http::conditions::Conditions;
use crate::domain::http::headers::{CODING, Headers};
use crate::edge::http::call::Call;
use crate::edge::platform::{self, During, Failure};
use worker::{EncodeBody, Response, ResponseBuilder};

/// What a client wants of a file.
pub struct Asked<'a> {
    /// The request.
    pub call: &'a Call<'a>,
    /// The ranges and the conditions of its headers.
    pub conditions: Conditions,
    /// Whether the client is to save the file, not to show it.
    pub download: bool,
}

/// Begins an answer with these headers, secrets masked.
pub fn build(status: u16, headers: Headers) -> Result<ResponseBuilder, Failure> {
    let mut builder = Response::builder().with_status(status);
    if headers.iter().any(|(name, _)| *name == CODING) {
        builder = builder.with_encode_body(EncodeBody::Manual);
    }
    let built = headers
        .into_iter()
        .map(|(name, value)| (name, platform::masked(value)))
        .try_fold(builder, |builder, (name, value)| builder.with_header(name, &value));
    built.during("building the answer")
}
