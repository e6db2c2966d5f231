//! What a copy says that has failed.

use super::order::SourceFile;
use crate::domain::archive::failure::{CopyFailure, FailureKind};

/// Makes the failure of a file that is larger than it may be; `how` large it
/// is.
pub fn too_large(how: &str, wanted: &SourceFile<'_>) -> CopyFailure {
    last(format!("the file {how}, MAX_FILE_BYTES is {}", wanted.max_bytes))
}

/// Makes a failure after which the copy is tried again soon.
pub fn transient(message: &str) -> CopyFailure {
    CopyFailure { kind: FailureKind::Transient, message: message.to_owned(), retry_after_ms: None }
}

/// Makes the failure of a copy for which the run has no subrequest left.
pub fn postponed() -> CopyFailure {
    let message = "the run has no subrequest left for it".to_owned();
    CopyFailure { kind: FailureKind::Postponed, message, retry_after_ms: None }
}

/// Makes the failure of a copy that found no room in memory.
pub fn no_room() -> CopyFailure {
    let message = "the vault has no memory left for it just now".to_owned();
    CopyFailure { kind: FailureKind::Postponed, message, retry_after_ms: None }
}

/// Makes the failure of a copy whose bytes came, and could not be stored.
pub fn storage(message: &str) -> CopyFailure {
    CopyFailure { kind: FailureKind::Storage, message: message.to_owned(), retry_after_ms: None }
}

/// Makes a failure after which the copy is not tried again.
pub const fn last(message: String) -> CopyFailure {
    CopyFailure { kind: FailureKind::Final, message, retry_after_ms: None }
}
