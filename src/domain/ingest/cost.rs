//! Takes over the cost that a delivery or an answer tells.

use super::arrival::Arrival;
use crate::domain::cost::Cost;
use crate::domain::job::record::Job;
use crate::domain::job::timeline::EntryOutcome;

/// The note about a cost that can't be used.
const ODD: &str = "its cost is not used: not a plain decimal number";

/// Takes over the cost in a body, and the cost that is moved here with it. The
/// later cost replaces the earlier one, so no order and no repetition changes
/// the sum of all jobs. Returns a note if the cost can't be used.
pub(super) fn take(
    job: &mut Job,
    arrival: &Arrival<'_>,
    is_repeated: bool,
    outcome: EntryOutcome,
) -> Option<String> {
    let told = &arrival.document.told;
    let text = told.cost.as_deref().filter(|_| !is_repeated);
    let new = text.map(|text| Cost { at: arrival.at, sent: told.sender_time(), ..Cost::of(text) });
    for new in [new, arrival.cost.map(Cost::of)].into_iter().flatten() {
        let known = job.cost.as_deref().map(Cost::of);
        if new.is_odd() || known.is_some_and(|known| !new.replaces(&known)) {
            continue;
        }
        let is_equal = known.is_some_and(|it| (it.amount, it.unit) == (new.amount, new.unit));
        let text = new.write();
        // An event that is applied counts as a change anyway.
        if outcome != EntryOutcome::Applied && !is_equal {
            job.touch(arrival.now);
        }
        job.cost = Some(text);
    }
    new.filter(Cost::is_odd).map(|_| ODD.to_owned())
}
