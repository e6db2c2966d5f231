//! Undoes content codings by the runtime's own streams.

use crate::domain::http::coding::Coding;
use crate::edge::platform::{During, Failure};
use wasm_bindgen::prelude::*;
use web_sys::ReadableStream;

#[wasm_bindgen]
extern "C" {
    type DecompressionStream;
    #[wasm_bindgen(constructor, catch)]
    fn new(format: &str) -> Result<DecompressionStream, JsValue>;

    type Body;
    #[wasm_bindgen(method, catch, js_name = pipeThrough)]
    fn pipe_through(this: &Body, pair: &DecompressionStream) -> Result<ReadableStream, JsValue>;
}

/// Returns `body` without `codings`, of which the last was applied last. If the
/// body is not so coded, reading it fails.
///
/// # Errors
/// [`Failure`] for a coding that the runtime's streams don't know: any but gzip
/// and deflate.
pub fn undo(body: ReadableStream, codings: &[Coding]) -> Result<ReadableStream, Failure> {
    codings.iter().rev().try_fold(body, |body, coding| {
        let body: Body = body.unchecked_into();
        DecompressionStream::new(coding.name())
            .and_then(|undo| body.pipe_through(&undo))
            .map_err(worker::Error::from)
            .during("decoding a body")
    })
}
