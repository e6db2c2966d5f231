//! Tickets: short-lived rights that can be given to a browser.
//!
//! A ticket is a signed text, and nothing is stored for it. It consists of its
//! JSON in base64url, a dot, and an HMAC-SHA256 (RFC 2104) in base64url, cut to
//! 128 bits. The key is an API token, so a ticket ends when the token that
//! signed it is removed.

use super::pass::{self, TokenPass};
use super::tokens::Tokens;
use crate::domain::json;
use crate::domain::names::ObjectName;
use crate::domain::time::{SECOND, Timestamp};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use hmac::{Hmac, Mac};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;
use sha2::Sha256;
use std::fmt;

/// The longest life of a ticket, in seconds: 30 days.
const MAX_TTL_SECONDS: u64 = 30 * 24 * 3_600;
/// The life of a ticket whose request names none, in seconds.
const DEFAULT_TTL_SECONDS: u64 = 3_600;
/// The most applications of a ticket, and the longest name of one in
/// characters: a ticket must fit in a URL.
const MAX_APPS: usize = 20;
const MAX_APP_CHARS: usize = 100;
/// The length of the signature in bytes.
const MAC_BYTES: usize = 16;
/// The longest ticket that is read, in bytes.
const MAX_BYTES: usize = 8 * 1024;
/// Keeps these signatures apart from all others under the same key.
const PURPOSE: &[u8] = b"hookvault ticket 1\n";

/// The action that a ticket allows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Scope {
    /// Read one job, under the name that the ticket was made for.
    Job(ObjectName),
    /// Watch the live feed.
    Live,
    /// Submit jobs through the proxy.
    Proxy,
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Job(name) => write!(f, "job:{}", name.public()),
            Self::Live => f.write_str("live"),
            Self::Proxy => f.write_str("proxy"),
        }
    }
}

impl From<Scope> for String {
    fn from(scope: Scope) -> Self {
        scope.to_string()
    }
}

impl TryFrom<String> for Scope {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let job = text.strip_prefix("job:").and_then(ObjectName::from_public).map(Self::Job);
        match text.as_str() {
            "live" => Ok(Self::Live),
            "proxy" => Ok(Self::Proxy),
            _ => job.ok_or_else(|| {
                format!("`scope` is {text:?}; it must be `job:{{id}}`, `live` or `proxy`")
            }),
        }
    }
}

/// The body of `POST /tickets`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct TicketRequest {
    /// The action that the ticket must allow.
    pub scope: Scope,
    /// The life of the ticket in seconds.
    #[serde(default = "default_ttl", deserialize_with = "whole")]
    pub ttl: u64,
    /// The applications that the holder may submit to; any if absent. Only for
    /// the scope `proxy`.
    pub apps: Option<Vec<String>>,
    /// The most submissions. Only for the scope `proxy`.
    #[serde(default, deserialize_with = "maybe_whole")]
    pub count: Option<u32>,
}

/// The members that a [`TicketRequest`] may have. Others are refused, because a
/// misspelt limit would be no limit.
const MEMBERS: [&str; 4] = ["scope", "ttl", "apps", "count"];

const fn default_ttl() -> u64 {
    DEFAULT_TTL_SECONDS
}

/// Reads a whole number in any spelling that JSON allows, for example `60.0`.
fn whole<'de, D: Deserializer<'de>>(number: D) -> Result<u64, D::Error> {
    let written = Box::<RawValue>::deserialize(number)?;
    read_whole(&written)
        .ok_or_else(|| D::Error::custom(format!("`ttl` is {written}, not a whole number")))
}

fn maybe_whole<'de, D: Deserializer<'de>>(number: D) -> Result<Option<u32>, D::Error> {
    let written = Box::<RawValue>::deserialize(number)?;
    if written.get() == "null" {
        return Ok(None);
    }
    let count = read_whole(&written).and_then(|count| u32::try_from(count).ok());
    let wrong = || D::Error::custom(format!("`count` is {written}, not a whole number below 2^32"));
    count.map(Some).ok_or_else(wrong)
}

fn read_whole(written: &RawValue) -> Option<u64> {
    json::decimal(written.get())?.parse().ok()
}

impl TicketRequest {
    /// Reads the body of `POST /tickets`.
    ///
    /// # Errors
    /// Returns what is wrong with the body, for the caller.
    pub fn parse(body: &[u8]) -> Result<Self, String> {
        let request = Self::read(body).map_err(|why| {
            format!("{why}; the body must be like {{\"scope\":\"job:437852\",\"ttl\":3600}}")
        })?;
        if !(1..=MAX_TTL_SECONDS).contains(&request.ttl) {
            return Err(format!(
                "`ttl` is {}; it can be 1 to {MAX_TTL_SECONDS} seconds",
                request.ttl
            ));
        }
        let is_proxy = request.scope == Scope::Proxy;
        if !is_proxy && (request.apps.is_some() || request.count.is_some()) {
            return Err(
                "`apps` and `count` are only for the scope `proxy`; leave them out".to_owned()
            );
        }
        let is_app = |app: &String| !app.is_empty() && app.chars().count() <= MAX_APP_CHARS;
        if request
            .apps
            .as_ref()
            .is_some_and(|apps| apps.len() > MAX_APPS || !apps.iter().all(is_app))
        {
            return Err(format!(
                "`apps` can be at most {MAX_APPS} names of 1 to {MAX_APP_CHARS} characters"
            ));
        }
        if request.count == Some(0) {
            return Err("`count` is 0; it must be at least 1".to_owned());
        }
        Ok(request)
    }

    fn read(body: &[u8]) -> Result<Self, String> {
        let text = json::tolerant(body).map_err(|why| why.to_string())?;
        let text = json::newest(&text);
        let request = json::from_str(&text).map_err(|why| why.to_string())?;
        let is_odd = |member: &json::Member<'_>| !MEMBERS.contains(&member.key.as_ref());
        match json::members(&text).into_iter().find(is_odd) {
            Some(odd) => {
                Err(format!("unknown field `{}`, expected one of {}", odd.key, MEMBERS.join(", ")))
            }
            None => Ok(request),
        }
    }
}

/// A ticket that was read, or that is to be signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticket {
    /// The action that the ticket allows.
    pub scope: Scope,
    /// When the ticket ends.
    #[serde(rename = "exp")]
    pub expires_at: Timestamp,
    /// The id in hex. The uses of a ticket are counted by it.
    pub id: String,
    /// The applications that the holder may submit to; any if `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub apps: Option<Vec<String>>,
    /// The most submissions; any number if `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// The scheme and host by which the owner called this vault. Jobs that are
    /// submitted with the ticket use them, because the holder can call the
    /// vault by any name. `None` if `PUBLIC_URL` is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// The mark of the token that signed the ticket. [`Ticket::read`] sets it.
    #[serde(skip)]
    pub signer: u64,
}

/// Why a ticket is not valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TicketError {
    /// No token in use has signed it.
    Unknown,
    /// The ticket has ended.
    Expired,
}

impl Ticket {
    /// Makes the ticket that `request` asks for, at `now`, by a client that
    /// called at `origin`.
    #[must_use]
    pub fn of(request: TicketRequest, id: String, origin: Option<String>, now: Timestamp) -> Self {
        let TicketRequest { scope, ttl, apps, count } = request;
        let origin = origin.filter(|_| scope == Scope::Proxy);
        Self { scope, expires_at: now.plus(ttl * SECOND), id, apps, count, origin, signer: 0 }
    }

    /// Signs the ticket with the first of `tokens`. Returns `None` if there is
    /// no token, or if the ticket can't be written.
    #[must_use]
    pub fn sign(&self, tokens: &Tokens) -> Option<String> {
        let payload = BASE64URL.encode(serde_json::to_string(self).ok()?);
        let mac = mac(tokens.values().first()?, &payload)?.finalize().into_bytes();
        Some(format!("{payload}.{}", BASE64URL.encode(mac.get(..MAC_BYTES)?)))
    }

    /// Reads a ticket that one of `tokens` has signed.
    ///
    /// # Errors
    /// Returns a [`TicketError`] if none of them has signed it, or if it has
    /// ended.
    pub fn read(text: &str, tokens: &Tokens, now: Timestamp) -> Result<Self, TicketError> {
        if text.len() > MAX_BYTES {
            return Err(TicketError::Unknown);
        }
        let (payload, signature) = text.split_once('.').ok_or(TicketError::Unknown)?;
        let signature = BASE64URL.decode(signature).map_err(|_| TicketError::Unknown)?;
        // A shorter signature would be compared in that many bytes only.
        let mut tokens = tokens.values().iter().filter(|_| signature.len() == MAC_BYTES);
        let signer = tokens.find(|token| is_of(token, payload, &signature));
        let signer = pass::mark(signer.ok_or(TicketError::Unknown)?);
        let payload = BASE64URL.decode(payload).map_err(|_| TicketError::Unknown)?;
        let ticket: Self = json::from_slice(&payload).map_err(|_| TicketError::Unknown)?;
        let ticket = Self { signer, ..ticket };
        if ticket.expires_at <= now { Err(TicketError::Expired) } else { Ok(ticket) }
    }

    /// Returns the pass of the ticket's holder.
    #[must_use]
    pub const fn pass(&self) -> TokenPass {
        TokenPass { until: Some(self.expires_at), token: self.signer }
    }
}

fn is_of(token: &str, payload: &str, signature: &[u8]) -> bool {
    mac(token, payload).is_some_and(|mac| mac.verify_truncated_left(signature).is_ok())
}

fn mac(token: &str, payload: &str) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(token.as_bytes()).ok()?;
    mac.update(PURPOSE);
    mac.update(payload.as_bytes());
    Some(mac)
}

/// Returns whether `app` is one of `apps`, or below one of them.
#[must_use]
pub fn is_among(app: &str, apps: &[String]) -> bool {
    apps.iter().any(|known| is_below(app, trimmed(known)))
}

pub(crate) fn is_below(app: &str, above: &str) -> bool {
    app.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

pub(crate) fn trimmed(app: &str) -> &str {
    app.trim_matches('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_766_867_820_000);

    fn tokens(list: &str) -> Tokens {
        Tokens::parse(list, |_| true).unwrap()
    }

    fn ticket(body: &str) -> Ticket {
        let request = TicketRequest::parse(body.as_bytes()).unwrap();
        Ticket::of(request, "00".to_owned(), Some("https://vault.example".to_owned()), NOW)
    }

    #[test]
    fn a_ticket_ends_at_its_time_or_with_its_token() {
        let ticket = ticket(r#"{"scope":"job:437852","ttl":60}"#);
        let text = ticket.sign(&tokens("first, second")).unwrap();
        let read = Ticket::read(&text, &tokens("new, first"), NOW).unwrap();
        assert_eq!(
            read.pass(),
            TokenPass { until: Some(ticket.expires_at), ..TokenPass::of_token("first") }
        );
        assert_eq!(Ticket { signer: 0, ..read }, ticket);
        let end = NOW.plus(60_000);
        assert_eq!(Ticket::read(&text, &tokens("first"), end), Err(TicketError::Expired));
        assert_eq!(Ticket::read(&text, &tokens("second"), NOW), Err(TicketError::Unknown));
    }

    #[test]
    fn a_proxy_ticket_contains_its_owners_origin() {
        let origin = |body| ticket(body).origin;
        assert_eq!(origin(r#"{"scope":"proxy"}"#).as_deref(), Some("https://vault.example"));
        assert_eq!(origin(r#"{"scope":"live"}"#), None);
        // A ticket from before has no origin.
        let old: Ticket = json::from_str(r#"{"scope":"proxy","exp":1,"id":"00"}"#).unwrap();
        assert_eq!(old.origin, None);
    }

    #[test]
    fn only_the_whole_signature_is_accepted() {
        let tokens = tokens("token");
        let text = ticket(r#"{"scope":"live"}"#).sign(&tokens).unwrap();
        let (payload, mac) = text.split_once('.').unwrap();
        let short = BASE64URL.encode(&BASE64URL.decode(mac).unwrap()[..8]);
        let other = ticket(r#"{"scope":"proxy"}"#).sign(&tokens).unwrap();
        let other = other.split_once('.').unwrap().0;
        for bad in [
            payload.to_owned(),
            format!("{payload}."),
            format!("{payload}.{short}"),
            format!("{other}.{mac}"),
            format!(".{mac}"),
            format!("{text}="),
            "x".repeat(MAX_BYTES + 1),
        ] {
            assert_eq!(Ticket::read(&bad, &tokens, NOW), Err(TicketError::Unknown), "{bad}");
        }
    }

    #[test]
    fn requests_for_tickets_are_checked() {
        for (good, ttl) in [
            (r#"{"scope":"live"}"#, 3_600),
            (r#"{"scope":"live","ttl":60.0}"#, 60),
            ("\u{feff}{\"scope\":\"live\",\"ttl\":NaN,\"ttl\":6e1}", 60),
            (r#"{"scope":"job:ref:order-7","ttl":1}"#, 1),
            (r#"{"scope":"proxy","ttl":2592000,"apps":["wan22-fast-t2v"],"count":3}"#, 2_592_000),
        ] {
            assert_eq!(
                TicketRequest::parse(good.as_bytes()).map(|request| request.ttl),
                Ok(ttl),
                "{good}"
            );
        }
        for (bad, named) in [
            ("", "must be like"),
            (r#"{"ttl":60}"#, "scope"),
            (r#"{"scope":"all"}"#, "\"all\""),
            (r#"{"scope":"job:a/b"}"#, "a/b"),
            (r#"{"scope":"live","ttl":0}"#, "`ttl` is 0"),
            (r#"{"scope":"live","ttl":2592001}"#, "2592001"),
            (r#"{"scope":"live","ttl":"60"}"#, "60"),
            (r#"{"scope":"live","ttl":1.5}"#, "`ttl` is 1.5"),
            (r#"{"scope":"live","ttl":-1}"#, "`ttl` is -1"),
            (r#"{"scope":"live","ttl":1e300}"#, "`ttl` is 1e300"),
            (r#"{"scope":"live","count":1}"#, "`count`"),
            (r#"{"scope":"proxy","count":0}"#, "`count` is 0"),
            (r#"{"scope":"proxy","count":4294967296}"#, "`count` is 4294967296"),
            (r#"{"scope":"proxy","apps":[""]}"#, "`apps`"),
            (r#"{"scope":"live","for":1}"#, "`for`"),
        ] {
            let why = TicketRequest::parse(bad.as_bytes()).unwrap_err();
            assert!(why.contains(named), "{bad}: {why}");
        }
    }
}
