//! Wakes the readers that wait for a change of a job.

use crate::domain::protocol::outcome::Outcome;
use crate::domain::protocol::read::JobRead;
use crate::domain::protocol::wait::Wait;
use crate::domain::time::Timestamp;
use crate::edge::platform;
use futures_channel::oneshot;
use futures_util::future::{Either, select};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;
use worker::Delay;

/// The outcome that a reader gets, and its text. All waiting readers share it,
/// so that the object reads and renders the job once for all.
pub struct Snapshot {
    /// The job, if it lives here.
    pub outcome: Outcome<JobRead>,
    /// The outcome as it is sent.
    pub text: String,
    /// The number of the latest change that it is sure to include
    /// ([`Changes::latest`]).
    pub change: u64,
}

impl Snapshot {
    /// Returns whether the reader's wait ends with this.
    pub fn ends(&self, wait: &Wait) -> bool {
        match &self.outcome {
            Outcome::Here(read) => wait.is_over(Some(&read.job)),
            Outcome::Missing => false,
            Outcome::Elsewhere(_) | Outcome::Deleted(_) => true,
        }
    }
}

/// The readers that wait, in memory only. When the object is evicted their
/// requests end with it; a reader that asks again loses nothing.
#[derive(Default)]
pub struct Changes {
    latest: Cell<u64>,
    waiters: RefCell<Vec<oneshot::Sender<Rc<Snapshot>>>>,
}

impl Changes {
    /// Returns the number of the latest change. A reader takes it before it
    /// looks, so that [`Self::next`] knows what it may have missed.
    pub const fn latest(&self) -> u64 {
        self.latest.get()
    }

    /// Counts a change that was written. Returns whether any reader waits for
    /// it.
    pub fn count(&self) -> bool {
        self.latest.set(self.latest.get() + 1);
        self.waiters.borrow().iter().any(|waiter| !waiter.is_canceled())
    }

    /// Wakes all readers, each to look for itself: what changed is not the job.
    pub fn wake(&self) {
        if self.count() {
            self.announce(None);
        }
    }

    /// Wakes all readers with one shared `seen`. Without it each looks for
    /// itself.
    pub fn announce(&self, seen: Option<&Rc<Snapshot>>) {
        for waiter in self.waiters.take() {
            if let Some(seen) = seen {
                // Sending fails if the reader has left; that is fine.
                let _left = waiter.send(Rc::clone(seen));
            }
        }
    }

    /// Waits for the change after the one numbered `change`, or for `until`,
    /// and returns what was seen then. Returns `None` at once if that change is
    /// already past: the reader then looks for itself.
    pub async fn next(&self, change: u64, until: Timestamp) -> Option<Rc<Snapshot>> {
        if change != self.latest() {
            return None;
        }
        let (sender, receiver) = oneshot::channel();
        {
            let mut waiters = self.waiters.borrow_mut();
            waiters.retain(|waiter| !waiter.is_canceled());
            waiters.push(sender);
        }
        let left = Duration::from_millis(until.since(platform::now()));
        match select(receiver, Delay::from(left)).await {
            Either::Left((seen, _)) => seen.ok(),
            Either::Right(_) => None,
        }
    }
}
