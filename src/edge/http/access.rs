//! Checks a caller's rights once, before a route's handler is called.

use super::call::Call;
use crate::domain::access::pass::TokenPass;
use crate::domain::access::ticket::{Scope, Ticket, TicketError};
use crate::domain::access::tokens::{self, BadSecret, Tokens};
use crate::domain::http::problem::{Code, Problem, ProblemKind};
use crate::domain::json::object;
use crate::domain::route::Access;
use crate::edge::platform;

/// Checks that the caller may use a route of this access. `scope` is that of
/// the tickets which open the route.
///
/// # Errors
/// 401 without a valid credential, 403 with one for something else, 503 if the
/// required secret is not configured.
pub fn check(call: &Call<'_>, access: Access, scope: Option<&Scope>) -> Result<(), Problem> {
    match access {
        Access::Open | Access::Hook | Access::Link | Access::Proxy => Ok(()),
        Access::Read if may_read(call) => Ok(()),
        Access::Read => holds_api_token(call).or_else(|refused| {
            let ticket = ticket(call, refused)?;
            let is_for_it = scope == Some(&ticket.scope);
            is_for_it.then_some(()).ok_or_else(other_scope)
        }),
        Access::Api => holds_api_token(call).map_err(|refused| {
            let read_only =
                || Problem::new(Code::ReadOnly, "READ_TOKEN may only read; send API_TOKEN");
            if may_read(call) { read_only() } else { refused }
        }),
    }
}

/// Answers `GET /whoami`: what the caller may do, and the settings that a page
/// needs to give advice.
pub fn whoami(call: &Call<'_>) -> String {
    let access = if holds_api_token(call).is_ok() { "api" } else { "read" };
    object!({ "access": access, "allowedSourceHosts": call.config.sources.entries() })
}

/// Returns the pass that let the caller in, for a route with a lasting
/// connection.
pub fn pass(call: &Call<'_>) -> Result<TokenPass, Problem> {
    if may_read(call) || holds_api_token(call).is_ok() {
        return Ok(token_pass(call));
    }
    ticket(call, gone()).map(|ticket| ticket.pass())
}

/// Returns the pass of a caller with a valid token.
pub fn token_pass(call: &Call<'_>) -> TokenPass {
    TokenPass::of_token(&credential(call))
}

/// Returns the problem for a caller whose pass has expired.
pub fn gone() -> Problem {
    let why = "the ticket has expired, or its token is no longer in use; send another";
    Problem::new(Code::AccessEnded, why)
}

/// Returns the problem for a caller whose ticket is for another route.
pub fn other_scope() -> Problem {
    Problem::new(Code::WrongScope, "the ticket's `scope` is another; get a ticket for this route")
}

fn credential(call: &Call<'_>) -> String {
    let given = call.header("authorization");
    given.as_deref().and_then(tokens::credential).unwrap_or_default().to_owned()
}

fn may_read(call: &Call<'_>) -> bool {
    call.config.read.as_ref().is_some_and(|tokens| tokens.accept(&credential(call)))
}

fn api<'a>(call: &'a Call<'_>) -> Result<&'a Tokens, Problem> {
    Ok(call.config.api.as_ref().map_err(BadSecret::clone)?)
}

pub fn holds_api_token(call: &Call<'_>) -> Result<(), Problem> {
    let given = credential(call);
    if api(call)?.accept(&given) {
        return Ok(());
    }
    Err(refused(&given, "send `Authorization: Bearer <API_TOKEN>`"))
}

/// Distinguishes a missing token from an invalid one; `how` says what to send.
pub fn refused(given: &str, how: &str) -> Problem {
    let (code, what) = match given {
        "" => (Code::NoToken, "no token was sent"),
        _ => (Code::WrongToken, "the token is not in use here"),
    };
    Problem::new(code, format!("{what}; {how}"))
}

/// Returns the caller's ticket, if it is valid; `refused` is for a caller
/// without one.
fn ticket(call: &Call<'_>, refused: Problem) -> Result<Ticket, Problem> {
    let text = call.query("ticket").ok_or(refused)?;
    read_ticket(call, &text)
}

/// Reads a ticket, if it is valid.
pub fn read_ticket(call: &Call<'_>, text: &str) -> Result<Ticket, Problem> {
    Ticket::read(text, api(call)?, platform::now()).map_err(|why| match why {
        TicketError::Expired => {
            Problem::new(Code::TicketEnded, "the ticket has expired; get a new one")
        }
        TicketError::Unknown => {
            Problem::new(Code::WrongTicket, "no token in use has signed the ticket; get a new one")
        }
    })
}

impl From<BadSecret> for Problem {
    fn from(bad: BadSecret) -> Self {
        ProblemKind::Misconfigured(bad).into()
    }
}
