//! The configuration from the runtime's variables, and the log, which masks its
//! secrets.

use crate::domain::config::Config;
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::JsValue;
use worker::Env;

thread_local! {
    /// The latest configuration, and the `env` that it was read from.
    static CONFIG: RefCell<Option<(JsValue, Rc<Config>)>> = const { RefCell::new(None) };
    /// The configuration mistakes that are logged: an isolate logs each once.
    static LOGGED: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Returns the configuration. It is read again only for another `env`: the
/// runtime may keep an isolate when only the variables change.
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

/// Reads a variable or secret. An unquoted value in `wrangler.toml` arrives as
/// JSON. A list is a mistake, and it must not look like an unset variable.
fn variable(env: &Env, name: &str) -> Option<String> {
    let value = js_sys::Reflect::get(env, &JsValue::from_str(name)).ok()?;
    let json = || js_sys::JSON::stringify(&value).ok()?.as_string();
    value.as_string().or_else(json)
}

/// Masks the secrets of the latest configuration; an isolate has one at a time.
pub fn masked(text: String) -> String {
    let last = CONFIG.with_borrow(|last| last.as_ref().map(|(_, config)| Rc::clone(config)));
    match last {
        Some(config) => config.secrets().masked(text),
        None => text,
    }
}

/// Logs an error, with secrets masked: a failure names what was attempted, and
/// its text may come from anyone.
pub fn log_error(text: &str) {
    let text = masked(text.to_owned());
    worker::console_error!("{text}");
}
