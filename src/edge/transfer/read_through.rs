//! Streams a file from its source, for a client that can't wait for the copy.

use super::content_type::content_type;
use super::open::resolve_coding;
use super::order::SourceFile;
use super::source::{FetchOptions, Source, fetch};
use crate::domain::archive::failure::CopyFailure;
use crate::domain::http::range::ByteRange;
use crate::domain::http::read_through::{SourceAnswer, SourceBody, judge};
use wasm_bindgen::JsValue;

/// A file that is being streamed from its source.
pub struct ReadThrough {
    source: Source,
    /// Which part of the file the body contains.
    pub passed: SourceBody,
    /// The media type, found in the same way as for a stored file.
    pub content_type: String,
    /// The content codings that the bytes keep.
    pub encoding: Option<String>,
    /// Whether the source supports ranges.
    pub has_ranges: bool,
}

/// Opens the file, or the requested range of it, at its source.
///
/// # Errors
/// The reason why the source can't give it now, without secrets.
pub async fn read(
    wanted: &SourceFile<'_>,
    asked: Option<ByteRange>,
) -> Result<ReadThrough, String> {
    let range = asked.map(|asked| asked.to_string());
    let ask = FetchOptions { range: range.as_deref(), raw: false };
    let source = fetch(wanted, ask).await.map_err(why)?;
    let mut source = resolve_coding(source, wanted, ask.range).await.map_err(why)?;
    let mut passed = judge(&source.told(), asked, wanted.max_bytes);
    if passed == Ok(SourceBody::SizeUnknown) {
        // Only a response with the whole file shows its length.
        source.abort.abort();
        source = fetch(wanted, FetchOptions::default()).await.map_err(why)?;
        source = resolve_coding(source, wanted, None).await.map_err(why)?;
        passed = judge(&source.told(), asked, wanted.max_bytes);
    }
    match passed {
        Ok(passed) => ReadThrough::of(source, passed, wanted).await,
        Err(why) => {
            source.abort.abort();
            Err(why)
        }
    }
}

impl ReadThrough {
    async fn of(
        source: Source,
        passed: SourceBody,
        wanted: &SourceFile<'_>,
    ) -> Result<Self, String> {
        let says_so =
            || source.header("accept-ranges").is_some_and(|ranges| ranges.trim() == "bytes");
        let has_ranges =
            matches!(passed, SourceBody::Part { .. }) || (!source.is_decoded() && says_so());
        let encoding = source.kept_codings().map(str::to_owned);
        match content_type(&source, wanted).await {
            Ok(content_type) => Ok(Self { source, passed, content_type, encoding, has_ranges }),
            Err(failure) => {
                source.abort.abort();
                Err(why(failure))
            }
        }
    }

    /// Returns the bytes as a stream. When the client has left, the runtime
    /// ends the connection to the source at the next bytes.
    pub fn into_body(self) -> JsValue {
        match self.source.stream() {
            Ok(Some(body)) if self.source.is_decoded() => body.into(),
            _ => self.source.response.body().into(),
        }
    }

    /// Ends the connection to the source without reading its bytes.
    pub fn cancel(self) {
        self.source.abort.abort();
    }
}

fn why(failure: CopyFailure) -> String {
    failure.message
}

impl Source {
    fn told(&self) -> SourceAnswer {
        SourceAnswer {
            status: self.response.status(),
            length: self.length(),
            range: self.header("content-range"),
            is_decoded: self.is_decoded(),
        }
    }
}
