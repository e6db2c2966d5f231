//! Refused deliveries. A catalog object of their own records them, so that a
//! flood of them does not load the others, and `GET /refused` lists them.

use crate::domain::catalog::{CatalogRequest, REFUSED};
use crate::domain::http::problem::Problem;
use crate::domain::json::object;
use crate::domain::webhook::rejection::{Limits, RefusedDelivery, agent};
use crate::edge::http::call::Call;
use crate::edge::http::response::json;
use crate::edge::platform;
use crate::edge::rpc::{catalog, listing};
use std::cell::Cell;
use web_sys::Response;
use worker::Env;

thread_local! {
    static LIMITS: Cell<Limits> = const { Cell::new(Limits::new()) };
}

/// Returns the record of a delivery that is refused; `None` if the isolate has
/// reported too many lately.
pub fn report(call: &Call<'_>, problem: &Problem) -> Option<RefusedDelivery> {
    let at = platform::now();
    let more = LIMITS.with(|limits| {
        let mut now = limits.get();
        let more = now.take(problem.status(), at);
        limits.set(now);
        more
    })?;
    let masked = |text: &str| call.config.secrets().mask(text).into_owned();
    Some(RefusedDelivery {
        at,
        status: problem.status(),
        reason: problem.detail().into_owned(),
        user_agent: call.header("user-agent").map(|text| masked(&agent(&text))),
        bytes: call.header("content-length").and_then(|text| text.parse().ok()),
        more,
    })
}

/// Records a refused delivery. Its sender already has the answer.
pub async fn note(env: Env, refused: RefusedDelivery) {
    let noted = catalog::ask(&env, REFUSED, &CatalogRequest::Refuse(refused)).await;
    if let Err(failure) = noted {
        failure.log();
    }
}

/// `GET /refused`: the newest of each status, the newest first.
pub async fn list(call: &Call<'_>) -> Result<Response, Problem> {
    let (refused, total) = listing::refused(call.env).await?;
    Ok(json(200, object!({ "refused": refused, "total": total }))?)
}
