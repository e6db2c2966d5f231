//! Every way in which a request can fail, with the words that the caller gets.
//!
//! The glue turns a [`Problem`] into `application/problem+json` (RFC 9457) in
//! one place. Failures of the platform become [`ProblemKind::Internal`]: their
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

/// A request that can't be answered as asked. One pointer: it is part of most
/// results, and rarely made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem(Box<ProblemKind>);

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProblemKind {
    /// The code is for programs, the text for people.
    Told(Code, Cow<'static, str>),
    /// The secret that guards the route can't be used.
    Misconfigured(BadSecret),
    /// The route has other methods.
    MethodNotAllowed(&'static str),
    /// A delivery over the limit, in bytes.
    BodyTooLarge(u64),
    /// A body that is packed in a way that is not undone here; its codings.
    UnknownCoding(String),
    /// The job has ended without a result; the upstream's error as JSON text.
    NoResult {
        /// What the job is instead.
        status: &'static str,
        /// The upstream's own error.
        error: Option<String>,
    },
    /// A range that the file of this many bytes does not have.
    NoSuchRange(u64),
    /// Not yet; try again after as many seconds.
    NotReady(String, u32),
    /// The platform failed; the text is for the log.
    Internal(String),
}

// Rare, and called from everywhere: the module is smaller where they are not inlined.
impl Problem {
    /// A problem that needs no more than words.
    #[cold]
    #[inline(never)]
    pub fn new(code: Code, detail: impl Into<Cow<'static, str>>) -> Self {
        ProblemKind::Told(code, detail.into()).into()
    }

    /// A parameter or a header that can't be read.
    #[must_use]
    #[cold]
    #[inline(never)]
    pub fn bad_parameter(why: String) -> Self {
        ProblemKind::Told(Code::BadParameter, Cow::Owned(why)).into()
    }

    /// A body that can't be read.
    #[must_use]
    #[cold]
    #[inline(never)]
    pub fn bad_body(why: String) -> Self {
        ProblemKind::Told(Code::BadBody, Cow::Owned(why)).into()
    }

    /// What is wrong.
    #[must_use]
    pub fn kind(&self) -> &ProblemKind {
        &self.0
    }

    /// What it is, for programs.
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

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.code().status()
    }

    /// What the caller is told.
    #[must_use]
    pub fn detail(&self) -> Cow<'static, str> {
        match self.kind() {
            ProblemKind::Told(_, text) => text.clone(),
            ProblemKind::NotReady(text, _) => text.clone().into(),
            ProblemKind::MethodNotAllowed(allow) => {
                format!("this route does not take the method; it takes {allow}").into()
            }
            ProblemKind::NoResult { status, .. } => {
                format!("the job is {status} and has no result; see `error`").into()
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
            ProblemKind::NoSuchRange(size) => {
                format!("`Range` is outside the file; ask for bytes below {size}").into()
            }
            ProblemKind::Misconfigured(BadSecret { name, why }) => {
                format!("{name} {why}; set it with `npx wrangler secret put {name}`").into()
            }
            ProblemKind::Internal(_) => "the platform failed; send the request again".into(),
        }
    }

    /// The body, as RFC 9457 has it; the upstream's error is a member of it,
    /// as it was written.
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

    /// The body on the gateway's routes, where clients read no problem details.
    #[must_use]
    pub fn plain_body(&self) -> String {
        plain(self.code(), &self.detail())
    }

    /// Headers beside the content type.
    #[must_use]
    pub fn headers(&self) -> Vec<(&'static str, String)> {
        match self.kind() {
            ProblemKind::Told(Code::UpgradeRequired, _) => {
                vec![("upgrade", "websocket".to_owned()), ("connection", "upgrade".to_owned())]
            }
            ProblemKind::Told(Code::NoToken, _) => vec![("www-authenticate", "Bearer".to_owned())],
            // RFC 6750 §3.1.
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

/// An error as the queues' clients read it: Python's shows `detail`, the
/// JavaScript one `message`.
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
    fn the_platforms_words_stay_inside() {
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
