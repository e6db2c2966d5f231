//! The isolate's memory for what can't be streamed.
//!
//! All objects of an isolate share its 128 MB. Who needs a buffer takes room
//! for it here, and comes back later when there is none: waiting for another
//! request's room would tie the two together.

use crate::domain::archive::failure::{CopyFailure, FailureKind};
use std::cell::Cell;

/// Most bytes of buffers in the whole isolate.
const MAX_BYTES: usize = 48 * 1024 * 1024;

thread_local! {
    static FREE: Cell<usize> = const { Cell::new(MAX_BYTES) };
}

/// Room for a buffer, until it is dropped.
pub struct Room(usize);

impl Room {
    /// Takes room for `bytes`; `None` if there is not so much just now. More
    /// than all of it is all of it.
    pub fn take(bytes: usize) -> Option<Self> {
        let bytes = bytes.min(MAX_BYTES);
        FREE.with(|free| {
            let left = free.get().checked_sub(bytes)?;
            free.set(left);
            Some(Self(bytes))
        })
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        FREE.with(|free| free.set(free.get() + self.0));
    }
}

/// Makes the failure of a copy that found no room.
pub fn full() -> CopyFailure {
    CopyFailure {
        kind: FailureKind::Postponed,
        message: "the vault has no memory left for it just now".to_owned(),
        retry_after_ms: None,
    }
}
