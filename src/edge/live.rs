//! `GET /live`: hands a viewer's WebSocket to the catalog's `root`.

use super::http::Call;
use super::platform::{During, Failure};
use crate::domain::catalog::ROOT;
use crate::domain::error::Problem;
use worker::{Headers, Method, Request, RequestInit, Response};

/// `GET /live?after=`: every change as it happens, after those that were
/// missed.
pub async fn watch(call: &Call<'_>) -> Result<Response, Problem> {
    let after = call.query("after");
    // What JavaScript can't tell exactly is no number of this feed.
    let is_seq = |text: &str| text.parse::<u64>().is_ok_and(|seq| seq < 1 << 53);
    if let Some(text) = after.as_ref().filter(|text| !is_seq(text)) {
        let detail = format!("`after` is {text:?}; it must be the `seq` of a message");
        return Err(Problem::BadRequest(detail));
    }
    let is_upgrade = call.header("upgrade").is_some_and(|to| to.eq_ignore_ascii_case("websocket"));
    if !is_upgrade {
        return Err(Problem::UpgradeRequired);
    }
    let after = after.map(|after| format!("?after={after}")).unwrap_or_default();
    Ok(join(call, &format!("https://object/live{after}")).await?)
}

async fn join(call: &Call<'_>, url: &str) -> Result<Response, Failure> {
    let what = "joining the live feed";
    let headers = Headers::new();
    headers.set("upgrade", "websocket").during(what)?;
    let mut init = RequestInit::new();
    init.with_method(Method::Get).with_headers(headers);
    let request = Request::new_with_init(url, &init).during(what)?;
    let objects = call.env.durable_object("CATALOG").during(what)?;
    let stub = objects.id_from_name(ROOT).and_then(|id| id.get_stub()).during(what)?;
    let response = stub.fetch_with_request(request).await.during(what)?;
    if response.status_code() == 101 {
        return Ok(response);
    }
    Err(Failure(format!("{what}: the answer is {}", response.status_code())))
}
