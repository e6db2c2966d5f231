//! A gate: an object that is no job's, which lets in submissions that may be
//! one and the same, or counts the uses of a ticket.

use super::Job;
use crate::domain::gateway::pass::{GRACE_MS, Wish};
use crate::domain::protocol::Reply;
use crate::domain::time::{DAY, Timestamp};
use crate::edge::platform::{self, Failure};

/// How long uses are counted, in milliseconds: longer than any ticket lives.
const USES_LIFE_MS: u64 = 31 * DAY;

impl Job {
    /// Lets a submission in.
    pub(super) async fn admit(&self, wish: &Wish) -> Result<Reply, Failure> {
        let store = &self.store;
        let mut passes = store.passes()?;
        let verdict = passes.admit(wish, platform::now());
        if let Some(end) = passes.ends_at() {
            platform::set_alarm_at(store.storage(), end).await?;
        }
        store.save_passes(&passes)?;
        Ok(Reply::Passed(verdict))
    }

    /// Who gets the job of `earlier`: until its answer has had the time to be
    /// read, no one knows.
    pub(super) async fn take_over(&self, earlier: &str, wish: &Wish) -> Result<Reply, Failure> {
        let store = &self.store;
        let until = platform::now().plus(GRACE_MS);
        loop {
            let change = self.changes.latest();
            let mut passes = store.passes()?;
            if !passes.is_unread(earlier) || platform::now() >= until {
                let verdict = passes.take_over(earlier, wish, platform::now());
                store.save_passes(&passes)?;
                return Ok(Reply::Passed(verdict));
            }
            self.changes.next(change, until).await;
        }
    }

    /// The answer of this job's submission was read.
    pub(super) fn settle(&self, reference: &str) -> Result<Reply, Failure> {
        let store = &self.store;
        let mut passes = store.passes()?;
        passes.read(reference);
        store.save_passes(&passes)?;
        if self.changes.count() {
            self.changes.announce(None);
        }
        Ok(Reply::Parked)
    }

    /// Counts a use, if one is left of `most`.
    pub(super) async fn count_use(&self, most: u32) -> Result<Reply, Failure> {
        let store = &self.store;
        let uses = store.uses()?;
        if uses >= most {
            return Ok(Reply::Counted(false));
        }
        platform::set_alarm_at(store.storage(), platform::now().plus(USES_LIFE_MS)).await?;
        store.save_uses(uses + 1)?;
        Ok(Reply::Counted(true))
    }

    /// Takes back a use that was counted.
    pub(super) fn uncount_use(&self) -> Result<Reply, Failure> {
        let store = &self.store;
        let uses = store.uses()?;
        store.save_uses(uses.saturating_sub(1))?;
        Ok(Reply::Parked)
    }

    /// Forgets what does not count any more. Only the alarm calls this.
    pub(super) async fn tidy_gate(&self) -> Result<(), Failure> {
        let store = &self.store;
        let end = store.passes()?.ends_at().unwrap_or(Timestamp::default());
        if platform::now() < end {
            return platform::set_alarm_at(store.storage(), end).await;
        }
        store.forget_gate()?;
        platform::clear_alarm(store.storage()).await
    }
}
