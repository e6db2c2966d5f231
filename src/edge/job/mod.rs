//! The Durable Object of one job, or of a name that leads to one.
//!
//! `ask` answers commands, `alarm` does the pending work. Both read the record,
//! ask `domain` what follows, write it, and only then act.
//!
//! ```text
//! mod → alarm, dispatch → alias, archive, gateway, handoff, healing, ingest, …
//!                       → timeline, result → home → changes, found, run
//! ```
//!
//! Nothing imports this file, and only it imports the alarm and the dispatch of
//! commands (`dispatch`).

mod alarm;
mod alias;
mod archive;
mod catalog;
mod changes;
mod delete;
mod dispatch;
mod found;
mod gateway;
mod handoff;
mod healing;
mod home;
mod ingest;
mod read;
mod result;
mod run;
mod timeline;

use self::home::Home;
use crate::edge::platform;
use crate::edge::rpc::call;
use wasm_bindgen::prelude::*;
use worker::{DurableObject, Env, Request, Response, Result, State, durable_object};

/// The object's class, bound as `JOBS`.
#[durable_object(fetch)]
pub struct Job {
    home: Home,
}

impl DurableObject for Job {
    fn new(state: State, env: Env) -> Self {
        Self { home: Home::new(state.storage(), env) }
    }

    /// Refuses HTTP requests: callers use `ask` instead.
    async fn fetch(&self, _: Request) -> Result<Response> {
        Response::error("a job's object is asked by its method `ask`", 405)
    }
}

#[wasm_bindgen]
impl Job {
    /// Does the pending work. This replaces the macro's method, which does not
    /// pass on the runtime's information about the alarm.
    #[wasm_bindgen(js_name = alarm)]
    pub async fn on_alarm(&self, told: JsValue) {
        alarm::run_alarm(&self.home, platform::scheduled_time(&told)).await;
    }

    /// Runs a command and returns its reply; the caller is `call::ask_object`.
    #[wasm_bindgen(js_name = ask)]
    pub async fn on_ask(&self, command: JsValue) -> JsValue {
        let answer =
            call::answer(command, async |text| dispatch::dispatch(&self.home, &text).await).await;
        self.home.store.end_event();
        answer
    }
}
