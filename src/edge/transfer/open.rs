//! Opens a file at its source, and corrects a wrong content coding.

use super::failure::postponed;
use super::head::head;
use super::order::SourceFile;
use super::source::{FetchOptions, Source, classify, fetch};
use crate::domain::archive::failure::CopyFailure;
use crate::domain::http::coding::FetchedBytes;

/// Opens the whole file.
pub async fn open(wanted: &SourceFile<'_>) -> Result<Source, CopyFailure> {
    let source = fetch(wanted, FetchOptions::default()).await?;
    classify(resolve_coding(source, wanted, None).await?, false)
}

/// Returns the response to use instead of `source`; usually it is `source`
/// itself.
///
/// If the source declares a coding, the first bytes are checked by a request of
/// their own. If they are not coded, the file is fetched again without
/// decoding. A range of a coded file holds coded bytes, so then the whole file
/// is fetched.
pub async fn resolve_coding(
    source: Source,
    wanted: &SourceFile<'_>,
    range: Option<&str>,
) -> Result<Source, CopyFailure> {
    if source.coded == FetchedBytes::Plain || !matches!(source.response.status(), 200 | 206) {
        return Ok(source);
    }
    let head = head(wanted, true).await;
    let raw = matches!(&head, Ok(Some(head)) if source.is_denied_by(head));
    let is_kept = !raw && (range.is_none() || matches!(source.coded, FetchedBytes::Kept(_)));
    if head.is_ok() && is_kept {
        return Ok(source);
    }
    source.abort.abort();
    head?;
    if !wanted.budget.take(1) {
        return Err(postponed());
    }
    fetch(wanted, FetchOptions { range: range.filter(|_| raw), raw }).await
}
