//! The clock and the object's alarm.

use super::failure::{During, Failure};
use crate::domain::access::pass::Pass;
use crate::domain::retry;
use crate::domain::time::{HOUR, Timestamp};
use std::time::Duration;
use web_sys::Headers;
use worker::{Delay, Storage};

/// Returns the time of the last input or output; it stands still in between.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
pub fn now() -> Timestamp {
    Timestamp::from_millis(worker::Date::now().as_millis())
}

/// Returns when a pass ends by itself; never for one that does not. A timer
/// counts 24 days at most: nothing stays connected for so long.
pub async fn end_of(pass: Pass) {
    const MAX_MS: u64 = 24 * 24 * HOUR;
    match pass.until {
        Some(until) => Delay::from(Duration::from_millis(until.since(now()).min(MAX_MS))).await,
        None => std::future::pending().await,
    }
}

/// Sets the object's alarm. At least 10 ms ahead: one set to "now" inside an
/// alarm handler can be lost.
#[expect(clippy::disallowed_methods, reason = "the one place that sets an alarm")]
pub async fn set_alarm_at(storage: &Storage, at: Timestamp) -> Result<(), Failure> {
    const AHEAD_MS: u64 = 10;
    /// Later ones are set again when this one rings.
    const MAX_AHEAD_MS: u64 = 24 * 365 * HOUR;
    let offset = Duration::from_millis(at.since(now()).clamp(AHEAD_MS, MAX_AHEAD_MS));
    storage.set_alarm(offset).await.during("setting the alarm")
}

/// Reads the wish of an answer's `Retry-After`, in milliseconds.
pub fn retry_after(headers: &Headers) -> Option<u64> {
    let header = headers.get("retry-after").ok().flatten()?;
    retry::retry_after(&header, now())
}

/// Drops the object's alarm: nothing is pending.
pub async fn clear_alarm(storage: &Storage) -> Result<(), Failure> {
    storage.delete_alarm().await.during("clearing the alarm")
}
