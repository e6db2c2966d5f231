//! The configuration as the runtime gives it, and the log, which masks its
//! secrets.

use crate::domain::config::Config;
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::JsValue;
use worker::Env;

thread_local! {
    /// The configuration that was read last, and what it was read from.
    static CONFIG: RefCell<Option<(JsValue, Rc<Config>)>> = const { RefCell::new(None) };
    /// The mistakes in it that the log has: an isolate tells of each once.
    static LOGGED: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Returns the configuration. It is read again only when `env` is another one:
/// the runtime may keep an isolate when nothing but the variables changes.
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

/// Reads a variable or secret. What `wrangler.toml` writes without quotes comes
/// as JSON: a list is a mistake, and it must not look as if nothing were set.
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
