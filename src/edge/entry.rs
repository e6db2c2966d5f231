//! Where the runtime comes in.

use crate::edge::router;
use web_sys::Request;
use worker::{Context, Env, Response, event};

#[event(start)]
fn start() {
    // For readable messages only: nothing may panic.
    console_error_panic_hook::set_once();
    // Each poll of a future is a task. A promise's takes a fraction of the time
    // of the runtime's `queueMicrotask`, and is used where there is none.
    let _ = js_sys::Reflect::set(
        &js_sys::global(),
        &"queueMicrotask".into(),
        &wasm_bindgen::JsValue::UNDEFINED,
    );
}

#[event(fetch)]
async fn fetch(request: Request, env: Env, context: Context) -> worker::Result<Response> {
    router::answer(&request, &env, &context).await
}
