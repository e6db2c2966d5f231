//! `POST /tickets`: makes short-lived credentials for a browser.

use crate::domain::access::ticket::{Ticket, TicketRequest};
use crate::domain::http::problem::Problem;
use crate::domain::json::object;
use crate::edge::http::body::read_small;
use crate::edge::http::call::Call;
use crate::edge::http::response::json;
use crate::edge::platform::{self, During};
use web_sys::{Request, Response};

/// The longest body, in bytes.
const MAX_BYTES: u64 = 16 * 1024;

/// Makes a ticket. Nothing is stored: its signature by the API token is enough
/// to check it.
pub async fn make(call: &Call<'_>, request: &Request) -> Result<Response, Problem> {
    let body = read_small(request, MAX_BYTES).await?;
    let request = TicketRequest::parse(&body).map_err(Problem::bad_body)?;
    let origin = call.config.public_url.is_none().then(|| call.origin());
    let id = hex::encode(platform::random::<8>());
    let ticket = Ticket::of(request, id, origin, platform::now());
    let signed = call.config.api.as_ref().ok().and_then(|tokens| ticket.sign(tokens));
    let signed = signed.ok_or("no token to sign it with").during("signing a ticket")?;
    let answer = object!({ "ticket": signed, "expiresAt": ticket.expires_at });
    Ok(json(200, answer)?)
}
