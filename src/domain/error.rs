//! Every way in which a request can fail, with the words that the caller gets.
//!
//! The glue turns a [`Problem`] into `application/problem+json` (RFC 9457) in
//! one place. Failures of the platform become [`Problem::Internal`]: their
//! text goes to the log and never to the caller.

use super::config::BadSecret;
use serde::Serialize;
use serde_json::value::RawValue;

#[derive(Serialize)]
struct Body {
    r#type: &'static str,
    title: &'static str,
    status: u16,
    detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Box<RawValue>>,
}

/// A request that can't be answered as asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// No credential, or a wrong one.
    Unauthorized(&'static str),
    /// A credential that is good, but not for this.
    Forbidden(&'static str),
    /// The secret that guards the route can't be used.
    Misconfigured(BadSecret),
    /// Nothing there.
    NotFound(String),
    /// The route has other methods.
    MethodNotAllowed(&'static str),
    /// A query parameter that can't be read.
    BadRequest(String),
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
    /// The route speaks WebSocket alone.
    UpgradeRequired,
    /// It does not go with what there is.
    Conflict(String),
    /// Who was to be asked gave no answer.
    BadGateway(String),
    /// It contradicts what was asked before.
    Unprocessable(String),
    /// A setting that the route needs; what it is, and how to set it.
    Unset(String),
    /// A range that the file of this many bytes does not have.
    RangeNotSatisfiable(u64),
    /// The file is not the one that the client means (`If-Match`,
    /// `If-Unmodified-Since`).
    PreconditionFailed,
    /// It was there and can't be had any more.
    Gone(String),
    /// Not yet; try again after as many seconds.
    NotReady(String, u32),
    /// The platform failed; the text is for the log.
    Internal(String),
}

impl Problem {
    /// The HTTP status.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::BadRequest(_) => 400,
            Self::Unauthorized(_) => 401,
            Self::Forbidden(_) => 403,
            Self::NotFound(_) => 404,
            Self::MethodNotAllowed(_) => 405,
            Self::NoResult { .. } | Self::Conflict(_) => 409,
            Self::Gone(_) => 410,
            Self::PreconditionFailed => 412,
            Self::BodyTooLarge(_) => 413,
            Self::UnknownCoding(_) => 415,
            Self::RangeNotSatisfiable(_) => 416,
            Self::Unprocessable(_) => 422,
            Self::BadGateway(_) => 502,
            Self::UpgradeRequired => 426,
            Self::Misconfigured(_) | Self::Unset(_) | Self::NotReady(..) | Self::Internal(_) => 503,
        }
    }

    const fn title(&self) -> &'static str {
        match self {
            Self::BadRequest(_) => "Bad request",
            Self::Unauthorized(_) => "Unauthorized",
            Self::Forbidden(_) => "Forbidden",
            Self::NotFound(_) => "Not found",
            Self::MethodNotAllowed(_) => "Method not allowed",
            Self::NoResult { .. } => "No result",
            Self::Conflict(_) => "Conflict",
            Self::UpgradeRequired => "Upgrade required",
            Self::Gone(_) => "Gone",
            Self::PreconditionFailed => "Precondition failed",
            Self::BodyTooLarge(_) => "Body too large",
            Self::UnknownCoding(_) => "Unsupported media type",
            Self::RangeNotSatisfiable(_) => "Range not satisfiable",
            Self::Unprocessable(_) => "Unprocessable",
            Self::BadGateway(_) => "Bad gateway",
            Self::Misconfigured(_) | Self::Unset(_) => "Not configured",
            Self::NotReady(..) => "Not ready",
            Self::Internal(_) => "Temporarily unavailable",
        }
    }

    /// What the caller is told.
    #[must_use]
    pub fn detail(&self) -> String {
        match self {
            Self::BadRequest(text)
            | Self::NotFound(text)
            | Self::Conflict(text)
            | Self::Unprocessable(text)
            | Self::BadGateway(text)
            | Self::Unset(text)
            | Self::Gone(text)
            | Self::NotReady(text, _) => text.clone(),
            Self::Unauthorized(text) | Self::Forbidden(text) => (*text).to_owned(),
            Self::MethodNotAllowed(allow) => format!("this route takes {allow}"),
            Self::NoResult { status, .. } => {
                format!("the job is {status}; `error` holds what the upstream said")
            }
            Self::BodyTooLarge(limit) => format!(
                "a delivery may have {limit} bytes; raise MAX_BODY_BYTES, or have the upstream \
                 send URLs instead of base64 (`x-pipelet-output: binary`)"
            ),
            Self::UnknownCoding(names) => format!(
                "the body comes with `Content-Encoding: {names}`; send it plain, or packed once \
                 or twice by gzip or deflate"
            ),
            Self::RangeNotSatisfiable(size) => format!("the file has {size} bytes"),
            Self::UpgradeRequired => {
                "this route is a WebSocket: connect with `Upgrade: websocket`".to_owned()
            }
            Self::PreconditionFailed => {
                "the file is not the one that `If-Match` or `If-Unmodified-Since` names".to_owned()
            }
            Self::Misconfigured(BadSecret { name, why }) => {
                format!("{name} {why}; set it with `npx wrangler secret put {name}`")
            }
            Self::Internal(_) => "the platform failed; the same request may succeed now".to_owned(),
        }
    }

    /// The body, as RFC 9457 has it; the upstream's error is a member of it,
    /// as it was written.
    #[must_use]
    pub fn body(&self) -> String {
        let error = match self {
            Self::NoResult { error: Some(error), .. } => RawValue::from_string(error.clone()).ok(),
            _ => None,
        };
        let (title, status, detail) = (self.title(), self.status(), self.detail());
        let body = Body { r#type: "about:blank", title, status, detail, error };
        serde_json::to_string(&body).unwrap_or_default()
    }

    /// The body on the gateway's routes, where clients read no problem details:
    /// Python's shows `detail`, the JavaScript one `message`.
    #[must_use]
    pub fn plain_body(&self) -> String {
        let detail = self.detail();
        serde_json::json!({ "detail": detail, "message": detail }).to_string()
    }

    /// Headers beside the content type.
    #[must_use]
    pub fn headers(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Unauthorized(_) => vec![("www-authenticate", "Bearer".to_owned())],
            Self::MethodNotAllowed(allow) => vec![("allow", (*allow).to_owned())],
            Self::UpgradeRequired => {
                vec![("upgrade", "websocket".to_owned()), ("connection", "upgrade".to_owned())]
            }
            Self::UnknownCoding(_) => vec![("accept-encoding", "gzip, deflate".to_owned())],
            Self::NotReady(_, seconds) => vec![("retry-after", seconds.to_string())],
            Self::Internal(_) => vec![("retry-after", "5".to_owned())],
            Self::RangeNotSatisfiable(size) => vec![("content-range", format!("bytes */{size}"))],
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_secret_names_the_command() {
        let problem = Problem::Misconfigured(BadSecret { name: "API_TOKEN", why: "is not set" });
        assert_eq!(problem.status(), 503);
        assert!(problem.body().contains("`npx wrangler secret put API_TOKEN`"));
    }

    #[test]
    fn the_platforms_words_stay_inside() {
        let problem = Problem::Internal("secret detail".to_owned());
        assert!(!problem.body().contains("secret"));
    }

    #[test]
    fn the_upstreams_error_is_passed_on() {
        let error = r#"{"z":196619188014358660,"a":1.10,"b":1e999}"#;
        let problem = Problem::NoResult { status: "failed", error: Some(error.to_owned()) };
        assert!(problem.body().ends_with(&format!(r#""error":{error}}}"#)));
    }
}
