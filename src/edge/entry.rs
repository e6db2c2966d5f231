//! Where the runtime comes in.

use super::http;
use web_sys::Request;
use worker::{Context, Env, Response, event};

#[event(start)]
fn start() {
    // For readable messages only: nothing may panic.
    console_error_panic_hook::set_once();
}

#[event(fetch)]
async fn fetch(request: Request, env: Env, context: Context) -> worker::Result<Response> {
    http::answer(&request, &env, &context).await
}
