//! The runtime: clock, randomness, alarms, configuration, logs.

use crate::domain::access::pass::Pass;
use crate::domain::config::Config;
use crate::domain::http::problem::Problem;
use crate::domain::retry;
use crate::domain::time::{HOUR, Timestamp};
use js_sys::{ArrayBuffer, Uint8Array};
use sha2::{Digest, Sha256};
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;
use wasm_bindgen::prelude::*;
use worker::{Delay, Env, Error, Headers, Storage};

/// A failed call of the platform: what was attempted, and its words. For the
/// log; callers get [`Problem::Internal`].
#[derive(Debug)]
pub struct Failure(pub String);

impl Failure {
    /// What an object's answer says that does not go with what it was asked.
    /// Its own words would be in the log, and how to write every answer in the
    /// Worker.
    pub fn unexpected(what: &str) -> Self {
        Self(format!("{what}: unexpected answer"))
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        Self::Internal(failure.0)
    }
}

/// Names what was attempted when a call of the platform fails.
pub trait During<T> {
    /// Turns the error into a [`Failure`] that begins with `what`.
    fn during(self, what: &str) -> Result<T, Failure>;
}

impl<T, E: std::fmt::Display> During<T> for Result<T, E> {
    fn during(self, what: &str) -> Result<T, Failure> {
        self.map_err(|error| Failure(format!("{what}: {error}")))
    }
}

/// The time of the last input or output; it stands still in between.
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
    #[wasm_bindgen(js_namespace = crypto, js_name = getRandomValues)]
    fn fill_with_random(bytes: &mut [u8]);

    #[wasm_bindgen(js_namespace = ["crypto", "subtle"], catch)]
    async fn digest(algorithm: &str, bytes: &[u8]) -> Result<ArrayBuffer, JsValue>;
}

/// `N` bytes that no one can guess.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    fill_with_random(&mut bytes);
    bytes
}

/// SHA-256 in hex. The runtime hashes several times as fast as wasm, but a short
/// text is done before a promise would be.
pub async fn sha256(bytes: &[u8]) -> Result<String, Failure> {
    const SHORT: usize = 64 * 1024;
    if bytes.len() <= SHORT {
        return Ok(hex::encode(Sha256::digest(bytes)));
    }
    let hash = digest("SHA-256", bytes).await.map_err(Error::from).during("hashing a body")?;
    Ok(hex::encode(Uint8Array::new(&hash).to_vec()))
}

/// A number to spread retries with.
pub fn entropy() -> u32 {
    u32::from_le_bytes(random())
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

/// The wish of an answer's `Retry-After`, in milliseconds.
pub fn retry_after(headers: &Headers) -> Option<u64> {
    let header = headers.get("retry-after").ok().flatten()?;
    retry::retry_after(&header, now())
}

/// Drops the object's alarm: nothing is pending.
pub async fn clear_alarm(storage: &Storage) -> Result<(), Failure> {
    storage.delete_alarm().await.during("clearing the alarm")
}

thread_local! {
    /// The configuration that was read last, and what it was read from.
    static CONFIG: RefCell<Option<(JsValue, Rc<Config>)>> = const { RefCell::new(None) };
    /// The mistakes in it that the log has: an isolate tells of each once.
    static LOGGED: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// The configuration. It is read anew only when `env` is another one: the
/// runtime may keep an isolate when nothing but the variables changes.
pub fn config(env: &Env) -> Rc<Config> {
    let from: &JsValue = env.as_ref();
    let known = CONFIG.with_borrow(|last| {
        let last = last.as_ref().filter(|(last, _)| last == from);
        last.map(|(_, config)| Rc::clone(config))
    });
    known.unwrap_or_else(|| {
        let config = Rc::new(Config::from_lookup(|name| variable(env, name)));
        let logged = LOGGED.replace(config.mistakes.clone());
        config.mistakes.iter().filter(|one| !logged.contains(one)).for_each(|one| log_error(one));
        CONFIG.set(Some((from.clone(), Rc::clone(&config))));
        config
    })
}

/// A variable or secret. What `wrangler.toml` writes without quotes comes as
/// JSON: a list is a mistake, and it must not look as if nothing were set.
fn variable(env: &Env, name: &str) -> Option<String> {
    let value = js_sys::Reflect::get(env, &JsValue::from_str(name)).ok()?;
    let json = || js_sys::JSON::stringify(&value).ok()?.as_string();
    value.as_string().or_else(json)
}

/// Masks the secrets of the configuration that was read last: an isolate has
/// one at a time.
pub fn masked(text: String) -> String {
    let last = CONFIG.with_borrow(|last| last.as_ref().map(|(_, config)| Rc::clone(config)));
    match last {
        Some(config) => config.secrets().masked(text),
        None => text,
    }
}

/// Logs something that went wrong, its secrets masked: a failure is named by
/// what was attempted, and in words that may be anyone's.
pub fn log_error(text: &str) {
    let text = masked(text.to_owned());
    worker::console_error!("{text}");
}

/// Whether it did; what failed is logged.
pub fn succeeded(outcome: Result<(), Failure>) -> bool {
    outcome.inspect_err(|Failure(text)| log_error(text)).is_ok()
}
