//! All ways in which a request can fail, with the text that the caller
//! receives.
//!
//! The edge turns a [`Problem`] into `application/problem+json` (RFC 9457) in
//! one place. A failure of the platform becomes [`ProblemKind::Internal`]: its
//! text goes to the log and never to the caller.

pub use super::code::Code;

use crate::domain::access::tokens::BadSecret;
use crate::domain::json;
use serde::Serialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

#[derive(Serialize)]
struct ProblemBody<'a> {
    r#type: &'static str,
    title: &'static str,
    status: u16,
    code: &'static str,
    detail: Cow<'static, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a RawValue>,
}

/// A failed request. It has the size of one pointer, because it is part of most
/// results and rarely made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem(Box<ProblemKind>);

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProblemKind {
    /// A code for programs and a text for people.
    Told(Code, Cow<'static, str>),
    /// The secret that guards the route can't be used.
    Misconfigured(BadSecret),
    /// The route has other methods, which are listed here.
    MethodNotAllowed(&'static str),
    /// A body over this limit in bytes.
    BodyTooLarge(u64),
    /// A body with codings that are not decoded here; the text lists them.
    UnknownCoding(String),
    /// The job has ended without a result.
    NoResult {
        /// The status of the job.
        status: &'static str,
        /// The upstream's error as JSON text.
        error: Option<String>,
    },
    /// A range outside a file of this many bytes.
    NoSuchRange(u64),
    /// The request can't be answered yet; the client may retry after this many
    /// seconds.
    NotReady(String, u32),
    /// The platform failed; the text is for the log.
    Internal(String),
}

// These functions are rarely called, but from everywhere: the module is smaller
// if they are not inlined.
impl Problem {
    /// Makes a problem from a code and a text.
    #[cold]
    #[inline(never)]
    pub fn new(code: Code, detail: impl Into<Cow<'static, str>>) -> Self {
        ProblemKind::Told(code, detail.into()).into()
    }

    /// Makes a problem with a parameter or a header that can't be read.
    #[must_use]
    #[cold]
    #[inline(never)]
    pub fn bad_parameter(why: String) -> Self {
        ProblemKind::Told(Code::BadParameter, Cow::Owned(why)).into()
    }

    /// Makes a problem with a body that can't be read.
    #[must_use]
    #[cold]
    #[inline(never)]
    pub fn bad_body(why: String) -> Self {
        ProblemKind::Told(Code::BadBody, Cow::Owned(why)).into()
    }

    /// Returns what went wrong.
    #[must_use]
    pub fn kind(&self) -> &ProblemKind {
        &self.0
    }

    /// Returns the code.
    #[must_use]
    pub fn code(&self) -> Code {
        match self.kind() {
            ProblemKind::Told(code, _) => *code,
            ProblemKind::Misconfigured(_) => Code::NotConfigured,
            ProblemKind::MethodNotAllowed(_) => Code::MethodNotAllowed,
            ProblemKind::BodyTooLarge(_) => Code::BodyTooLarge,
            ProblemKind::UnknownCoding(_) => Code::UnknownCoding,
            ProblemKind::NoResult { .. } => Code::NoResult,
            ProblemKind::NoSuchRange(_) => Code::NoSuchRange,
            ProblemKind::NotReady(..) => Code::NotReady,
            ProblemKind::Internal(_) => Code::PlatformFailed,
        }
    }

    /// Returns the HTTP status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.code().status()
    }

    /// Returns the text for the caller.
    #[must_use]
    pub fn detail(&self) -> Cow<'static, str> {
        match self.kind() {
            ProblemKind::Told(_, text) => text.clone(),
            ProblemKind::NotReady(text, _) => text.clone().into(),
            ProblemKind::MethodNotAllowed(allow) => {
                format!("this route does not take the method; it takes {allow}").into()
            }
            ProblemKind::NoResult { status, error } => {
                let see = error.as_ref().map_or("", |_| "; see `error`");
                format!("the job is {status} and has no result{see}").into()
            }
            ProblemKind::BodyTooLarge(limit) => format!(
                "the body is over {limit} bytes; raise MAX_BODY_BYTES, or let the upstream send \
                 URLs instead of base64 (`x-pipelet-output: binary`)"
            )
            .into(),
            ProblemKind::UnknownCoding(names) => format!(
                "the body comes with `Content-Encoding: {names}`; send it plain, or compressed at \
                 most twice with gzip or deflate"
            )
            .into(),
            ProblemKind::NoSuchRange(0) => "the file is empty; leave `Range` out".into(),
            ProblemKind::NoSuchRange(size) => {
                format!("`Range` is outside the file; ask for bytes below {size}").into()
            }
            ProblemKind::Misconfigured(BadSecret { name, why }) => {
                format!("{name} {why}; set it with `npx wrangler secret put {name}`").into()
            }
            ProblemKind::Internal(_) => "the platform failed; send the request again".into(),
        }
    }

    /// Returns the body in the form of RFC 9457. The upstream's error is a
    /// member of it, byte for byte.
    #[must_use]
    pub fn body(&self) -> String {
        let error = match self.kind() {
            ProblemKind::NoResult { error: Some(error), .. } => json::from_str(error).ok(),
            _ => None,
        };
        let (code, detail) = (self.code(), self.detail());
        let (title, status, code) = (code.title(), code.status(), code.name());
        let body = ProblemBody { r#type: "about:blank", title, status, code, detail, error };
        serde_json::to_string(&body).unwrap_or_default()
    }

    /// Returns the body for the gateway's routes, whose clients do not read
    /// problem details.
    #[must_use]
    pub fn plain_body(&self) -> String {
        plain(self.code(), &self.detail())
    }

    /// Returns the headers, except the content type.
    #[must_use]
    pub fn headers(&self) -> Vec<(&'static str, String)> {
        match self.kind() {
            ProblemKind::Told(Code::UpgradeRequired, _) => {
                vec![("upgrade", "websocket".to_owned()), ("connection", "upgrade".to_owned())]
            }
            ProblemKind::Told(Code::NoToken, _) => vec![("www-authenticate", "Bearer".to_owned())],
            // Source: RFC 6750 §3.1.
            ProblemKind::Told(code, _) if code.status() == 401 => {
                vec![("www-authenticate", r#"Bearer error="invalid_token""#.to_owned())]
            }
            ProblemKind::MethodNotAllowed(allow) => vec![("allow", (*allow).to_owned())],
            ProblemKind::UnknownCoding(_) => vec![("accept-encoding", "gzip, deflate".to_owned())],
            ProblemKind::NotReady(_, seconds) => vec![("retry-after", seconds.to_string())],
            ProblemKind::Internal(_) => vec![("retry-after", "5".to_owned())],
            ProblemKind::NoSuchRange(size) => vec![("content-range", format!("bytes */{size}"))],
            _ => Vec::new(),
        }
    }
}

impl From<ProblemKind> for Problem {
    #[cold]
    #[inline(never)]
    fn from(what: ProblemKind) -> Self {
        Self(Box::new(what))
    }
}

/// Returns an error in the form that the queues' clients read: the Python
/// client shows `detail`, the JavaScript client `message`.
#[must_use]
pub fn plain(code: Code, text: &str) -> String {
    json::object!({ "detail": text, "message": text, "code": code.name() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_secret_names_the_command() {
        let problem = Problem::from(ProblemKind::Misconfigured(BadSecret {
            name: "API_TOKEN",
            why: "is not set",
        }));
        assert_eq!(problem.status(), 503);
        assert!(problem.body().contains("`npx wrangler secret put API_TOKEN`"));
    }

    #[test]
    fn the_platforms_text_is_not_sent() {
        let problem = Problem::from(ProblemKind::Internal("secret detail".to_owned()));
        assert!(!problem.body().contains("secret"));
    }

    #[test]
    fn the_upstreams_error_is_passed_on() {
        let error = r#"{"z":196619188014358660,"a":1.10,"b":1e999}"#;
        let problem = Problem::from(ProblemKind::NoResult {
            status: "failed",
            error: Some(error.to_owned()),
        });
        assert!(problem.body().ends_with(&format!(r#""error":{error}}}"#)));
    }
}
