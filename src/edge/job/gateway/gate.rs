//! A gate: an object that is no job's, which lets in submissions that may be
//! one and the same, or counts the uses of a ticket.

use crate::domain::gateway::idempotency::{GRACE_MS, Passes, Verdict, Wish};
use crate::domain::protocol::reply::Reply;
use crate::domain::time::{DAY, Timestamp};
use crate::edge::job::home::Home;
use crate::edge::platform::{self, Failure};

/// How long uses are counted, in milliseconds: longer than any ticket lives.
const USES_LIFE_MS: u64 = 31 * DAY;

/// Lets a submission in.
pub async fn admit(home: &Home, wish: &Wish) -> Result<Reply, Failure> {
    let mut passes = home.store.passes(wish.place.as_deref())?;
    let verdict = passes.admit(wish, platform::now());
    let_in(home, wish, &passes, verdict).await
}

/// Who gets the job of `earlier`: until its answer has had the time to be
/// read, no one knows.
pub async fn take_over(home: &Home, earlier: &str, wish: &Wish) -> Result<Reply, Failure> {
    let until = platform::now().plus(GRACE_MS);
    loop {
        let change = home.changes.latest();
        let mut passes = home.store.passes(wish.place.as_deref())?;
        if !passes.is_unread(earlier) || platform::now() >= until {
            let verdict = passes.take_over(earlier, wish, platform::now());
            return let_in(home, wish, &passes, verdict).await;
        }
        home.changes.next(change, until).await;
    }
}

/// Writes down what the gate says, with the use that is taken; nothing if
/// none is left.
async fn let_in(
    home: &Home,
    wish: &Wish,
    passes: &Passes,
    verdict: Verdict,
) -> Result<Reply, Failure> {
    let store = &home.store;
    if let (Some(most), true) = (wish.most, verdict.is_new(wish)) {
        if !take_use(home, most).await? {
            return Ok(Reply::Passed(Verdict::UsedUp));
        }
    } else if let (None, Some(end)) = (wish.most, passes.ends_at()) {
        home.set_alarm(end).await?;
    }
    store.save_passes(wish.place.as_deref(), passes)?;
    Ok(Reply::Passed(verdict))
}

/// The answer of this job's submission was read.
pub fn settle(home: &Home, place: Option<&str>, reference: &str) -> Result<Reply, Failure> {
    let store = &home.store;
    let mut passes = store.passes(place)?;
    passes.read(reference);
    store.save_passes(place, &passes)?;
    home.changes.wake();
    Ok(Reply::Parked)
}

/// Counts a use, if one is left of `most`.
pub async fn count_use(home: &Home, most: u32) -> Result<Reply, Failure> {
    take_use(home, most).await.map(Reply::Counted)
}

async fn take_use(home: &Home, most: u32) -> Result<bool, Failure> {
    let store = &home.store;
    let uses = store.uses()?;
    if uses >= most {
        return Ok(false);
    }
    home.set_alarm(platform::now().plus(USES_LIFE_MS)).await?;
    store.save_uses(uses + 1)?;
    Ok(true)
}

/// Forgets what does not count any more. Only the alarm calls this.
pub async fn expire(home: &Home) -> Result<(), Failure> {
    let store = &home.store;
    let end = store.passes(None)?.ends_at().unwrap_or(Timestamp::default());
    if platform::now() < end {
        return home.set_alarm(end).await;
    }
    // An input that no submission came for may still have to be deleted: the
    // watchdog is set for that.
    if !store.uploads()?.is_empty() {
        return Ok(());
    }
    store.forget_everything().await
}
