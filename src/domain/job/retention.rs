//! How long a job is kept: `RETENTION_DAYS`, or the `?keep=days` in its hook
//! URL.

use super::record::Job;
use crate::domain::time::{DAY, Timestamp};

/// The most days for which a job can be kept, other than for good.
pub const MAX_DAYS: u32 = 36_500;

/// Returns when `job` is due for deletion, counted from its last change. `None`
/// means that it is kept for good.
#[must_use]
pub fn ends_at(job: &Job, usual_days: u32) -> Option<Timestamp> {
    let days = job.keep_days.unwrap_or(usual_days);
    (days > 0).then(|| job.updated_at.plus(u64::from(days) * DAY))
}

/// Reads `?keep=`: a number of days, or 0 to keep the job for good.
///
/// # Errors
/// Describes the error for the timeline. The delivery is accepted nevertheless.
pub fn parse_keep(text: &str) -> Result<u32, String> {
    text.parse().ok().filter(|days| *days <= MAX_DAYS).ok_or_else(|| {
        let shown: String = text.chars().take(40).collect();
        format!("keep is {shown:?}, not a number of days from 0 to {MAX_DAYS}, and is ignored")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixtures;

    #[test]
    fn the_jobs_own_days_override_the_usual_ones() {
        let mut job = fixtures::job();
        job.updated_at = Timestamp::from_millis(1_000);
        let after = |days: u64| Some(Timestamp::from_millis(1_000 + days * DAY));
        assert_eq!((ends_at(&job, 0), ends_at(&job, 7)), (None, after(7)));
        job.keep_days = Some(2);
        assert_eq!((ends_at(&job, 0), ends_at(&job, 7)), (after(2), after(2)));
        job.keep_days = Some(0);
        assert_eq!(ends_at(&job, 7), None);
    }

    #[test]
    fn days_are_whole_and_not_too_many() {
        assert_eq!((parse_keep("0"), parse_keep("36500")), (Ok(0), Ok(36_500)));
        for bad in ["", "-1", "1.5", "36501", "soon", "99999999999"] {
            assert!(parse_keep(bad).unwrap_err().contains(bad), "{bad}");
        }
    }
}
