//! The clock and the object's alarm.

use super::failure::{During, Failure};
use crate::domain::access::pass::Pass;
use crate::domain::alarm::ring::SOON_MS;
use crate::domain::retry;
use crate::domain::time::{HOUR, Timestamp};
use js_sys::Reflect;
use std::time::Duration;
use wasm_bindgen::prelude::*;
use web_sys::Headers;
use worker::{Delay, Error, Storage};

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

#[wasm_bindgen]
extern "C" {
    /// An object's storage, whose alarm `worker` sets by a pause from now: that
    /// is not the time that a record remembers.
    type Alarms;
    #[wasm_bindgen(method, catch, js_name = setAlarm)]
    async fn set_alarm(this: &Alarms, at: f64) -> Result<(), JsValue>;
}

/// Sets the object's alarm; [`SOON_MS`] ahead at least.
pub fn set_alarm_at(storage: &Storage, at: Timestamp) -> impl Future<Output = Result<(), Failure>> {
    set_alarm_exactly(storage, at.max(now().plus(SOON_MS)))
}

/// Sets the object's alarm for this very time, outside of an alarm's own run.
pub async fn set_alarm_exactly(storage: &Storage, at: Timestamp) -> Result<(), Failure> {
    /// Later ones are set again when this one rings.
    const MAX_AHEAD_MS: u64 = 24 * 365 * HOUR;
    let at = at.min(now().plus(MAX_AHEAD_MS));
    #[expect(clippy::cast_precision_loss, reason = "no time of this age is as long")]
    let millis = at.as_millis() as f64;
    let set = storage.as_raw().unchecked_ref::<Alarms>().set_alarm(millis).await;
    set.map_err(Error::from).during("setting the alarm")
}

/// Reads for when an alarm was set that rings now, from what the runtime tells
/// its handler (`scheduledTime` of `AlarmInvocationInfo`); `None` if it does
/// not.
pub fn rings(told: &JsValue) -> Option<Timestamp> {
    let at = Reflect::get(told, &JsValue::from_str("scheduledTime")).ok()?.as_f64()?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a time")]
    Some(Timestamp::from_millis(at as u64))
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
