//! The entry point of the runtime.

use crate::edge::router;
use wasm_bindgen::prelude::*;
use web_sys::{Request, Response};
use worker::{Context, Env, event};

#[event(start)]
fn start() {
    // This only makes messages readable: nothing may panic.
    console_error_panic_hook::set_once();
    // Each poll of a future is a task. A promise takes a fraction of the time
    // of the runtime's `queueMicrotask`, and is used if that function is
    // missing.
    let _ = js_sys::Reflect::set(&js_sys::global(), &"queueMicrotask".into(), &JsValue::UNDEFINED);
}

/// Answers a request; `worker.js` calls this.
#[wasm_bindgen]
pub async fn fetch(request: Request, env: Env, context: worker_sys::Context) -> Answered {
    let answer = router::answer(&request, &env, &Context::new(context)).await;
    answer.map_err(|failure| {
        failure.log();
        js_sys::Error::new("the answer could not be built").into()
    })
}

type Answered = Result<Response, JsValue>;
