//! The clock and the object's alarm.

use super::failure::{During, Failure};
use crate::domain::access::pass::TokenPass;
use crate::domain::alarm::schedule::SOON_MS;
use crate::domain::retry;
use crate::domain::time::{HOUR, Timestamp};
use js_sys::Reflect;
use std::time::Duration;
use wasm_bindgen::prelude::*;
use web_sys::Headers;
use worker::{Delay, Error, Storage};

/// Returns the time of the last input or output: the clock stands still in
/// between.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole milliseconds")]
pub fn now() -> Timestamp {
    Timestamp::from_millis(js_sys::Date::now() as u64)
}

/// Waits until a pass expires; forever if it does not expire. A timer counts 24
/// days at most, and no connection lasts so long.
pub async fn end_of(pass: TokenPass) {
    const MAX_MS: u64 = 24 * 24 * HOUR;
    match pass.until {
        Some(until) => Delay::from(Duration::from_millis(until.since(now()).min(MAX_MS))).await,
        None => std::future::pending().await,
    }
}

#[wasm_bindgen]
extern "C" {
    /// The alarm methods of an object's storage; times are in milliseconds.
    /// `worker` sets the alarm by a delay from now, which is not the time that
    /// a record remembers.
    type Alarms;
    #[wasm_bindgen(method, catch, js_name = getAlarm)]
    async fn get_alarm(this: &Alarms) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch, js_name = setAlarm)]
    async fn set_alarm(this: &Alarms, at: f64) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch, js_name = deleteAlarm)]
    async fn delete_alarm(this: &Alarms) -> Result<JsValue, JsValue>;
}

fn alarms(storage: &Storage) -> &Alarms {
    storage.as_raw().unchecked_ref()
}

/// Returns when the object's alarm rings, if it is set.
pub async fn alarm(storage: &Storage) -> Result<Option<Timestamp>, Failure> {
    let set = alarms(storage).get_alarm().await;
    Ok(time_of(&set.map_err(Error::from).during("reading the alarm")?))
}

/// Converts a time in milliseconds from the runtime.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a time")]
fn time_of(told: &JsValue) -> Option<Timestamp> {
    told.as_f64().map(|at| Timestamp::from_millis(at as u64))
}

/// Sets the object's alarm, at least [`SOON_MS`] ahead.
pub fn set_alarm_at(storage: &Storage, at: Timestamp) -> impl Future<Output = Result<(), Failure>> {
    set_alarm_exactly(storage, at.max(now().plus(SOON_MS)))
}

/// Sets the object's alarm to exactly this time. Not for use in an alarm's run.
pub async fn set_alarm_exactly(storage: &Storage, at: Timestamp) -> Result<(), Failure> {
    /// The farthest that an alarm can be set; when it rings, a later one is set
    /// again.
    const MAX_AHEAD_MS: u64 = 24 * 365 * HOUR;
    let at = at.min(now().plus(MAX_AHEAD_MS));
    #[expect(clippy::cast_precision_loss, reason = "no time of this age is as long")]
    let millis = at.as_millis() as f64;
    let set = alarms(storage).set_alarm(millis).await;
    set.map_err(Error::from).during("setting the alarm")
}

/// Reads the time that the ringing alarm was set for, from the
/// `AlarmInvocationInfo` that the runtime passes to its handler
/// (`scheduledTime`). `None` if the runtime does not report it.
pub fn scheduled_time(told: &JsValue) -> Option<Timestamp> {
    time_of(&Reflect::get(told, &JsValue::from_str("scheduledTime")).ok()?)
}

/// Reads a response's `Retry-After`, in milliseconds.
pub fn retry_after(headers: &Headers) -> Option<u64> {
    let header = headers.get("retry-after").ok().flatten()?;
    retry::retry_after(&header, now())
}

/// Deletes the object's alarm, because nothing is pending.
pub async fn clear_alarm(storage: &Storage) -> Result<(), Failure> {
    let cleared = alarms(storage).delete_alarm().await;
    cleared.map(drop).map_err(Error::from).during("clearing the alarm")
}
