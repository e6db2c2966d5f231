//! The isolate's memory for what is not small.
//!
//! All requests and objects of an isolate share its 128 MB. Who needs a buffer
//! takes room for it here; who finds none waits a little, by a timer of its own
//! (waiting for another request's room would tie the two together), or comes
//! back later.

use super::clock::now;
use std::cell::Cell;
use std::time::Duration;
use worker::Delay;

/// Most bytes of buffers in the whole isolate.
const MAX_BYTES: usize = 48 * 1024 * 1024;

/// How often who waits looks for room again.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

thread_local! {
    static FREE: Cell<usize> = const { Cell::new(MAX_BYTES) };
}

/// Room for buffers, until it is dropped.
#[derive(Default)]
pub struct MemoryReservation(usize);

impl MemoryReservation {
    /// Takes room for `bytes`; `None` if there is not so much just now. More
    /// than all of it is all of it.
    pub fn take(bytes: usize) -> Option<Self> {
        let mut room = Self(0);
        room.grow(bytes.min(MAX_BYTES)).then_some(room)
    }

    /// Takes room for `bytes`, and waits up to `patience_ms` for it.
    pub async fn wait(bytes: usize, patience_ms: u64) -> Option<Self> {
        let until = now().plus(patience_ms);
        loop {
            let room = Self::take(bytes);
            if room.is_some() || now() >= until {
                return room;
            }
            Delay::from(LOOK_AGAIN).await;
        }
    }

    /// Has room for `bytes` in all; `false` if there is not so much just now.
    pub fn grow(&mut self, bytes: usize) -> bool {
        let more = bytes.saturating_sub(self.0);
        let left = FREE.with(|free| free.get().checked_sub(more).inspect(|left| free.set(*left)));
        self.0 += left.map_or(0, |_| more);
        left.is_some()
    }
}

impl Drop for MemoryReservation {
    fn drop(&mut self) {
        FREE.with(|free| free.set(free.get() + self.0));
    }
}
