//! Wakes the readers that wait for news of a job.

use crate::domain::time::Timestamp;
use crate::edge::platform;
use futures_channel::oneshot;
use futures_util::future::select;
use std::cell::RefCell;
use std::time::Duration;
use worker::Delay;

/// The readers that wait. It lives in memory only: when the object is evicted
/// their requests end with it, and a reader who asks again loses nothing.
#[derive(Default)]
pub struct Changes(RefCell<Vec<oneshot::Sender<()>>>);

impl Changes {
    /// Wakes all.
    pub fn announce(&self) {
        for waiter in self.0.take() {
            // A reader that has left does not mind.
            let _left = waiter.send(());
        }
    }

    /// Returns at the next change, or at `until`.
    pub async fn next(&self, until: Timestamp) {
        let (sender, receiver) = oneshot::channel();
        {
            let mut waiters = self.0.borrow_mut();
            waiters.retain(|waiter| !waiter.is_canceled());
            waiters.push(sender);
        }
        let left = Duration::from_millis(until.since(platform::now()));
        select(receiver, Delay::from(left)).await;
    }
}
