//! Makes the failures of a copy.

use super::order::SourceFile;
use crate::domain::archive::failure::{CopyFailure, FailureKind};

/// Makes the failure of a file that exceeds the limit; `how` says how large it
/// is.
pub fn too_large(how: &str, wanted: &SourceFile<'_>) -> CopyFailure {
    last(format!("the file {how}, MAX_FILE_BYTES is {}", wanted.max_bytes))
}

/// Makes a failure after which the copy is retried soon.
pub fn transient(message: &str) -> CopyFailure {
    CopyFailure { kind: FailureKind::Transient, message: message.to_owned(), retry_after_ms: None }
}

/// Makes the failure of a copy for which the run has no subrequest left.
pub fn postponed() -> CopyFailure {
    let message = "the run has no subrequest left for it".to_owned();
    CopyFailure { kind: FailureKind::Postponed, message, retry_after_ms: None }
}

/// Makes the failure of a copy that found no free memory.
pub fn no_memory() -> CopyFailure {
    let message = "the vault has no memory left for it just now".to_owned();
    CopyFailure { kind: FailureKind::Postponed, message, retry_after_ms: None }
}

/// Makes the failure of a copy whose bytes arrived but could not be stored.
pub fn storage(message: &str) -> CopyFailure {
    CopyFailure { kind: FailureKind::Storage, message: message.to_owned(), retry_after_ms: None }
}

/// Makes a failure after which the copy is not retried.
pub const fn last(message: String) -> CopyFailure {
    CopyFailure { kind: FailureKind::Final, message, retry_after_ms: None }
}
