//! A gate: an object that is no job's, which lets in submissions that may be
//! one and the same, or counts the uses of a ticket.

use crate::domain::gateway::idempotency::{GRACE_MS, Passes, Verdict, Wish};
use crate::domain::protocol::gate::{Settle, TakeOver};
use crate::domain::time::{DAY, Timestamp};
use crate::edge::job::home::Home;
use crate::edge::platform::{self, Failure};

/// How long uses are counted, in milliseconds: longer than any ticket lives.
const USES_LIFE_MS: u64 = 31 * DAY;

/// Lets a submission in.
pub async fn admit(home: &Home, wish: &Wish) -> Result<Verdict, Failure> {
    let mut passes = home.store.passes(wish.place.as_deref())?;
    let verdict = passes.admit(wish, platform::now());
    let_in(home, wish, &passes, verdict).await
}

/// Who gets the job of `earlier`: until its answer has had the time to be
/// read, no one knows.
pub async fn take_over(home: &Home, asked: &TakeOver) -> Result<Verdict, Failure> {
    let TakeOver { earlier, wish } = asked;
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
) -> Result<Verdict, Failure> {
    let store = &home.store;
    if let (Some(most), true) = (wish.most, verdict.is_new(wish)) {
        if !count_use(home, most).await? {
            return Ok(Verdict::UsedUp);
        }
    } else if let (None, Some(end)) = (wish.most, passes.ends_at()) {
        home.set_alarm(end).await?;
    }
    store.save_passes(wish.place.as_deref(), passes)?;
    Ok(verdict)
}

/// The answer of this job's submission was read.
pub fn settle(home: &Home, Settle { place, reference }: &Settle) -> Result<(), Failure> {
    let (store, place) = (&home.store, place.as_deref());
    let mut passes = store.passes(place)?;
    passes.read(reference);
    store.save_passes(place, &passes)?;
    home.changes.wake();
    Ok(())
}

/// Counts a use, if one is left of `most`.
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

/// Forgets what does not count any more. Only the alarm calls this.
pub async fn expire(home: &Home) -> Result<(), Failure> {
    let store = &home.store;
    let end = store.passes(None)?.ends_at().unwrap_or(Timestamp::default());
    if platform::now() < end {
        return home.set_alarm(end).await;
    }
    store.forget_everything().await
}
