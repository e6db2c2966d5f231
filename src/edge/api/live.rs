//! `GET /live`: passes a viewer's WebSocket to the catalog's `root`.

use crate::domain::access::pass::TokenPass;
use crate::domain::catalog::ROOT;
use crate::domain::catalog::live_feed::Cursor;
use crate::domain::http::problem::{Code, Problem};
use crate::edge::http::access;
use crate::edge::http::call::Call;
use crate::edge::http::outgoing::Outgoing;
use crate::edge::platform::{During, Failure};
use crate::edge::rpc::call::fetch_object;
use web_sys::Response;
use worker::Error;

/// `GET /live?after=`: first the changes that the viewer has missed, then each
/// change as it happens.
pub async fn watch(call: &Call<'_>) -> Result<Response, Problem> {
    // A viewer with an invalid cursor must read the list again.
    let after = call.query("after").map(|text| Cursor::parse(&text));
    let after = after.map(|at| at.map_or("none".to_owned(), |at| at.to_string()));
    let is_upgrade = call.header("upgrade").is_some_and(|to| to.eq_ignore_ascii_case("websocket"));
    if !is_upgrade {
        let detail = "this route is a WebSocket; connect with `Upgrade: websocket`";
        return Err(Problem::new(Code::UpgradeRequired, detail));
    }
    let after = after.map(|after| format!("?after={after}")).unwrap_or_default();
    let response = join(call, &format!("https://object/live{after}"), access::pass(call)?).await?;
    match response.status() {
        101 => Ok(response),
        401 => Err(access::gone()),
        status => Err(Failure::new(JOINING, &format!("the answer is {status}")).into()),
    }
}

const JOINING: &str = "joining the live feed";

async fn join(call: &Call<'_>, url: &str, pass: TokenPass) -> Result<Response, Failure> {
    let pass = serde_json::to_string(&pass).during(JOINING)?;
    let request = Outgoing::new("GET")?.header("upgrade", "websocket")?.header("x-pass", &pass)?;
    let joined = fetch_object(call.env, ROOT, url, request.init()).await;
    joined.map_err(Error::from).during(JOINING)
}
