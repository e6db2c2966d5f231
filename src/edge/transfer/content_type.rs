//! Finds the media type of a file.

use super::head::head;
use super::order::SourceFile;
use super::source::Source;
use crate::domain::archive::failure::CopyFailure;
use crate::domain::file::media_type;

/// Returns the type: the source's word, the result's, the first bytes', the
/// name's.
///
/// A clear word comes before the bytes: it also tells types that no bytes show,
/// and a request is saved. One that fits anything tells nothing, and
/// `text/plain`, which servers send for what they do not know, only stands
/// where the bytes show no other type.
pub async fn content_type(source: &Source, wanted: &SourceFile<'_>) -> Result<String, CopyFailure> {
    let told = source.header("content-type");
    let words = [told.as_deref(), wanted.declared_type];
    if let Some(clear) = media_type::clear(words) {
        return Ok(clear.to_owned());
    }
    let head = if source.kept_codings().is_some() { None } else { head(wanted, false).await? };
    Ok(media_type::guess(&head.unwrap_or_default(), words, wanted.name).to_owned())
}
