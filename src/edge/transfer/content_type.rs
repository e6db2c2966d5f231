//! Finds the media type of a file.

use super::head::head;
use super::order::SourceFile;
use super::source::Source;
use crate::domain::archive::failure::CopyFailure;
use crate::domain::file::media_type;

/// Returns the media type: from the source's header, the result, the first
/// bytes, or the name, in this order.
///
/// A clear declaration comes before the bytes: it also names types that no
/// bytes show, and it saves a request. A type that fits anything is ignored.
/// Servers send `text/plain` for files they do not know, so it counts only if
/// the bytes show no other type.
pub async fn content_type(source: &Source, wanted: &SourceFile<'_>) -> Result<String, CopyFailure> {
    let told = source.header("content-type");
    let words = [told.as_deref(), wanted.declared_type];
    if let Some(clear) = media_type::clear(words) {
        return Ok(clear.to_owned());
    }
    let head = if source.kept_codings().is_some() { None } else { head(wanted, false).await? };
    Ok(media_type::guess(&head.unwrap_or_default(), words, wanted.name).to_owned())
}
