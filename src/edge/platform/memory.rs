//! Reserves the isolate's memory for large buffers.
//!
//! All requests and objects of an isolate share its 128 MB, so code that needs
//! a large buffer reserves memory for it here. If none is free the caller waits
//! a little, or comes back later. It waits by a timer of its own, because
//! waiting for another request would tie the two together.

use super::clock::now;
use std::cell::Cell;
use std::time::Duration;
use worker::Delay;

/// The most bytes of buffers in the whole isolate.
const MAX_BYTES: usize = 48 * 1024 * 1024;

/// How often a waiting caller looks for free memory again.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

thread_local! {
    static FREE: Cell<usize> = const { Cell::new(MAX_BYTES) };
}

/// A reservation of memory for buffers, until it is dropped.
#[derive(Default)]
pub struct MemoryReservation(usize);

impl MemoryReservation {
    /// Reserves `bytes`; `None` if so much is not free now. A request for more
    /// than the total reserves the total.
    pub fn take(bytes: usize) -> Option<Self> {
        let mut reservation = Self(0);
        reservation.grow(bytes.min(MAX_BYTES)).then_some(reservation)
    }

    /// Reserves `bytes`, and waits up to `patience_ms` milliseconds for them.
    pub async fn wait(bytes: usize, patience_ms: u64) -> Option<Self> {
        let until = now().plus(patience_ms);
        loop {
            let reservation = Self::take(bytes);
            if reservation.is_some() || now() >= until {
                return reservation;
            }
            Delay::from(LOOK_AGAIN).await;
        }
    }

    /// Grows the reservation to `bytes` in all; `false` if so much is not free
    /// now.
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
