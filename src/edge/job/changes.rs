//! Wakes the readers that wait for news of a job.

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

/// What a reader is told, as an outcome and as that is written: one of many
/// that wait costs the object no reading and no rendering.
pub struct Snapshot {
    /// The job, if it is here.
    pub outcome: Outcome<JobRead>,
    /// The same as it is sent.
    pub text: String,
    /// Which change it shows at least ([`Changes::latest`]).
    pub change: u64,
}

impl Snapshot {
    /// Whether it is what the reader waits for.
    pub fn ends(&self, wait: &Wait) -> bool {
        match &self.outcome {
            Outcome::Here(read) => wait.is_over(Some(&read.job)),
            Outcome::Missing => false,
            Outcome::Elsewhere(_) | Outcome::Deleted(_) => true,
        }
    }
}

/// The readers that wait. It lives in memory only: when the object is evicted
/// their requests end with it, and a reader who asks again loses nothing.
#[derive(Default)]
pub struct Changes {
    latest: Cell<u64>,
    waiters: RefCell<Vec<oneshot::Sender<Rc<Snapshot>>>>,
}

impl Changes {
    /// The number of the latest change. Taken before looking, it tells
    /// [`Self::next`] what the reader may have missed while it looked.
    pub const fn latest(&self) -> u64 {
        self.latest.get()
    }

    /// Counts a change that was written; whether there is anyone to be told.
    pub fn count(&self) -> bool {
        self.latest.set(self.latest.get() + 1);
        self.waiters.borrow().iter().any(|waiter| !waiter.is_canceled())
    }

    /// Wakes all, to look by themselves: something has changed that is not the
    /// job's.
    pub fn wake(&self) {
        if self.count() {
            self.announce(None);
        }
    }

    /// Wakes all. What there is to be seen now is looked up once for all of
    /// them; without it each looks by itself.
    pub fn announce(&self, seen: Option<&Rc<Snapshot>>) {
        for waiter in self.waiters.take() {
            if let Some(seen) = seen {
                // A reader that has left does not mind.
                let _left = waiter.send(Rc::clone(seen));
            }
        }
    }

    /// Returns at the next change after the one numbered `change`, with what
    /// was to be seen then, or at `until`. When it has been already, the reader
    /// looks for itself.
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
