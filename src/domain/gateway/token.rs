//! A token of fal.ai, with which a page calls an application directly.
//!
//! The holder of a ticket gets a token that is valid for no other applications
//! than the ticket, and for no longer. How often the token is used can't be
//! counted here.

use crate::domain::access::ticket::{Ticket, is_among};
use crate::domain::http::problem::{Code, Problem};
use crate::domain::json;
use crate::domain::time::{SECOND, Timestamp};
use crate::domain::upstream::template::encode_app;
use serde::{Deserialize, Serialize};

/// The longest request for a token, in bytes.
pub const MAX_BYTES: u64 = 16 * 1024;

/// The members that fal's clients send. No others are passed on.
#[derive(Serialize, Deserialize)]
struct TokenRequest {
    allowed_apps: Vec<String>,
    token_expiration: u64,
}

/// Returns the request to pass on for the holder of `ticket`. The text is
/// written again, because two readers of one text may understand it
/// differently.
///
/// # Errors
/// Returns a problem if the ticket does not allow the token, or if the request
/// is malformed.
pub fn within(ticket: &Ticket, body: &[u8], now: Timestamp) -> Result<String, Problem> {
    if ticket.count.is_some() && ticket.apps.is_none() {
        return Err(Problem::new(
            Code::WrongScope,
            "a ticket with `count` alone makes no token, as its uses can't be counted; get one \
             with `apps`",
        ));
    }
    let request: TokenRequest =
        json::from_slice(body).map_err(|error| malformed(&error.to_string()))?;
    if request.allowed_apps.is_empty() || request.token_expiration == 0 {
        return Err(malformed("`allowed_apps` is empty, or `token_expiration` is 0"));
    }
    let apps = ticket.apps.as_deref();
    if apps.is_some_and(|apps| !request.allowed_apps.iter().all(|app| covers(apps, app))) {
        return Err(Problem::new(
            Code::WrongScope,
            "`allowed_apps` names an application outside the ticket's `apps`; leave it out",
        ));
    }
    if request.token_expiration.saturating_mul(SECOND) > ticket.expires_at.since(now) {
        return Err(Problem::new(
            Code::WrongScope,
            "`token_expiration` is later than the ticket's end; ask for less",
        ));
    }
    serde_json::to_string(&request).map_err(|error| malformed(&error.to_string()))
}

fn malformed(why: &str) -> Problem {
    let like = r#"{"allowed_apps":["flux"],"token_expiration":120}"#;
    Problem::bad_body(format!("{why}; the body must be like {like}"))
}

/// Returns whether a ticket for `apps` covers everything that a token for
/// `wanted` gives access to.
fn covers(apps: &[String], wanted: &str) -> bool {
    let is_plain = encode_app(wanted).is_some_and(|encoded| encoded == wanted);
    is_plain && (is_among(wanted, apps) || apps.iter().any(|app| alias(app) == Some(wanted)))
}

/// Returns the name by which fal's clients request a token for a whole
/// application. A longer path is a part of an application, and no tokens exist
/// for parts.
fn alias(app: &str) -> Option<&str> {
    let parts: Vec<&str> = app.trim_matches('/').split('/').collect();
    match *parts.as_slice() {
        ["workflows" | "comfy", _] => None,
        ["workflows" | "comfy", _, alias] | [_, alias] => Some(alias),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::access::ticket::Scope;

    const NOW: Timestamp = Timestamp::from_millis(1_766_867_820_000);

    fn ask(apps: Option<&[&str]>, count: Option<u32>, body: &str) -> Result<String, u16> {
        let ticket = Ticket {
            scope: Scope::Proxy,
            expires_at: NOW.plus(120 * SECOND),
            id: "00".to_owned(),
            apps: apps.map(|apps| apps.iter().map(|app| (*app).to_owned()).collect()),
            count,
            origin: None,
            signer: 0,
        };
        within(&ticket, body.as_bytes(), NOW).map_err(|problem| problem.status())
    }

    fn request(app: &str, seconds: u64) -> String {
        format!(r#"{{"allowed_apps":["{app}"],"token_expiration":{seconds}}}"#)
    }

    #[test]
    fn a_token_allows_no_more_than_the_ticket() {
        let flux = request("flux", 120);
        for (apps, app) in [
            (&["fal-ai/flux"][..], "flux"),
            (&["x/y", "/fal-ai/flux/"], "flux"),
            (&["fal-ai/flux"], "fal-ai/flux"),
            (&["fal-ai/flux"], "fal-ai/flux/dev"),
            (&["workflows/me/flow"], "flow"),
        ] {
            let body = request(app, 120);
            assert_eq!(ask(Some(apps), Some(1), &body), Ok(body.clone()), "{apps:?} {app}");
        }
        assert_eq!(ask(None, None, &flux), Ok(flux.clone()));
        for (apps, app) in [
            (&["fal-ai/flux/dev"][..], "flux"),
            (&["fal-ai/flux"], "flux-pro"),
            (&["fal-ai/flux"], "fal-ai"),
            (&["fal-ai/flux"], "fal-ai/flux/../pro"),
            (&["fal-ai/flux"], "fal-ai/flux/*"),
            (&["fal-ai/flux"], "fal-ai/flux/%2e%2e/pro"),
            (&["fal-ai/flux"], ""),
            (&["fal-ai/flux"], "*"),
            (&["fal-ai"], "flux"),
            (&["workflows/me"], "me"),
            (&[], "flux"),
        ] {
            assert_eq!(ask(Some(apps), None, &request(app, 60)), Err(403), "{apps:?} {app}");
        }
        assert_eq!(ask(Some(&["fal-ai/flux"]), None, &request("flux", 121)), Err(403));
        assert_eq!(ask(None, None, &request("flux", u64::MAX)), Err(403));
        assert_eq!(ask(None, Some(9), &flux), Err(403));
    }

    #[test]
    fn a_token_is_requested_in_the_form_of_fals_clients() {
        let apps = Some(&["fal-ai/flux"][..]);
        for bad in [
            "",
            "{}",
            r#"{"allowed_apps":["flux"]}"#,
            r#"{"token_expiration":60}"#,
            r#"{"allowed_apps":[],"token_expiration":60}"#,
            r#"{"allowed_apps":["flux"],"token_expiration":0}"#,
            r#"{"allowed_apps":["flux"],"token_expiration":-1}"#,
            r#"{"allowed_apps":["flux"],"token_expiration":"60"}"#,
            r#"{"allowed_apps":"flux","token_expiration":60}"#,
            r#"{"allowed_apps":["flux"],"token_expiration":60,"allowed_apps":["other"]}"#,
            r#"{"allowed_apps":["flux"],"token_expiration":60}{"allowed_apps":["other"]}"#,
        ] {
            assert_eq!(ask(apps, None, bad), Err(400), "{bad}");
        }
        let more = r#"{ "token_expiration": 60, "allowed_apps": ["flux"], "scope": "admin" }"#;
        assert_eq!(ask(apps, None, more), Ok(request("flux", 60)));
    }
}
