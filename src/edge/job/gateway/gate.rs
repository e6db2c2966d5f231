//! A gate: an object without a job, which admits submissions that may be equal,
//! or counts the uses of a ticket.

use crate::domain::gateway::idempotency::{Decision, Entries, GRACE_MS, Request};
use crate::domain::protocol::gate::{MarkRead, TakeOver};
use crate::domain::time::{DAY, Timestamp};
use crate::edge::job::home::Home;
use crate::edge::platform::{self, Failure};

/// How long uses are counted, in milliseconds: longer than any ticket lives.
const USES_LIFE_MS: u64 = 31 * DAY;

/// Admits a submission.
pub async fn admit(home: &Home, request: &Request) -> Result<Decision, Failure> {
    let mut entries = home.store.submissions(request.place.as_deref())?;
    let decision = entries.admit(request, platform::now());
    record_decision(home, request, &entries, decision).await
}

/// Decides who gets the job of `earlier`. It waits until that job's answer is
/// read, or until its client has had the time to read it.
pub async fn take_over(home: &Home, asked: &TakeOver) -> Result<Decision, Failure> {
    let TakeOver { earlier, request } = asked;
    let until = platform::now().plus(GRACE_MS);
    loop {
        let change = home.changes.latest();
        let mut entries = home.store.submissions(request.place.as_deref())?;
        if !entries.is_unread(earlier) || platform::now() >= until {
            let decision = entries.take_over(earlier, request, platform::now());
            return record_decision(home, request, &entries, decision).await;
        }
        home.changes.next(change, until).await;
    }
}

/// Writes the decision and, if the ticket counts, its use. If no use is left it
/// writes nothing.
async fn record_decision(
    home: &Home,
    request: &Request,
    entries: &Entries,
    decision: Decision,
) -> Result<Decision, Failure> {
    let store = &home.store;
    if let (Some(most), true) = (request.most, decision.is_new(request)) {
        if !count_use(home, most).await? {
            return Ok(Decision::UsedUp);
        }
    } else if let (None, Some(end)) = (request.most, entries.ends_at()) {
        home.set_alarm(end).await?;
    }
    store.save_submissions(request.place.as_deref(), entries)?;
    Ok(decision)
}

/// Records that the answer of this job's submission was read.
pub fn mark_read(home: &Home, MarkRead { place, reference }: &MarkRead) -> Result<(), Failure> {
    let (store, place) = (&home.store, place.as_deref());
    let mut entries = store.submissions(place)?;
    entries.mark_read(reference);
    store.save_submissions(place, &entries)?;
    home.changes.wake();
    Ok(())
}

/// Counts a use; returns `false` if `most` are used already.
pub async fn count_use(home: &Home, most: u32) -> Result<bool, Failure> {
    let store = &home.store;
    let uses = store.uses()?;
    if uses >= most {
        return Ok(false);
    }
    home.set_alarm(platform::now().plus(USES_LIFE_MS)).await?;
    store.save_uses(uses + 1)?;
    Ok(true)
}

/// Forgets entries and uses that have expired. Only the alarm calls this.
pub async fn expire(home: &Home) -> Result<(), Failure> {
    let store = &home.store;
    let end = store.submissions(None)?.ends_at().unwrap_or(Timestamp::default());
    if platform::now() < end {
        return home.set_alarm(end).await;
    }
    store.forget_everything().await
}
