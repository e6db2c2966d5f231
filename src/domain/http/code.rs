//! The codes that programs compare: one for each way to fail. A code never
//! changes its meaning. `docs/errors.md` and `openapi.json` list all codes.

macro_rules! codes {
    ($($name:ident $status:literal $code:literal $title:literal,)*) => {
        /// Why a request failed.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Code {
            $(#[doc = concat!("`", $code, "`")] $name,)*
        }

        impl Code {
            /// All codes.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            const fn row(self) -> (u16, &'static str, &'static str) {
                match self {
                    $(Self::$name => ($status, $code, $title),)*
                }
            }
        }
    };
}

codes! {
    BadParameter 400 "bad-parameter" "Bad request",
    UnknownParameter 400 "unknown-parameter" "Bad request",
    BadBody 400 "bad-body" "Bad request",
    NoToken 401 "no-token" "Unauthorized",
    WrongToken 401 "wrong-token" "Unauthorized",
    WrongTicket 401 "wrong-ticket" "Unauthorized",
    TicketEnded 401 "ticket-ended" "Unauthorized",
    AccessEnded 401 "access-ended" "Unauthorized",
    WrongSignature 401 "wrong-signature" "Unauthorized",
    ReadOnly 403 "read-only" "Forbidden",
    WrongScope 403 "wrong-scope" "Forbidden",
    UsedUp 403 "used-up" "Forbidden",
    NoSuchRoute 404 "no-such-route" "Not found",
    NoSuchJob 404 "no-such-job" "Not found",
    JobDeleted 404 "job-deleted" "Not found",
    NoSuchFile 404 "no-such-file" "Not found",
    NoSuchEvent 404 "no-such-event" "Not found",
    NoSuchDelivery 404 "no-such-delivery" "Not found",
    MethodNotAllowed 405 "method-not-allowed" "Method not allowed",
    NoResult 409 "no-result" "No result",
    JobEnded 409 "job-ended" "Conflict",
    NoHandoff 409 "no-handoff" "Conflict",
    NotAssigned 409 "not-assigned" "Conflict",
    FileLost 410 "file-lost" "Gone",
    FileDeleted 410 "file-deleted" "Gone",
    LinkReplaced 410 "link-replaced" "Gone",
    PreconditionFailed 412 "precondition-failed" "Precondition failed",
    BodyTooLarge 413 "body-too-large" "Body too large",
    UnknownCoding 415 "unknown-coding" "Unsupported media type",
    NoSuchRange 416 "no-such-range" "Range not satisfiable",
    KeyReused 422 "key-reused" "Unprocessable",
    UpgradeRequired 426 "upgrade-required" "Upgrade required",
    UpstreamFailed 502 "upstream-failed" "Bad gateway",
    NotConfigured 503 "not-configured" "Not configured",
    NotReady 503 "not-ready" "Not ready",
    PlatformFailed 503 "platform-failed" "Temporarily unavailable",
}

impl Code {
    /// Returns the HTTP status of a problem with this code.
    #[must_use]
    pub const fn status(self) -> u16 {
        self.row().0
    }

    /// Returns the code as clients receive it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.row().1
    }

    /// Returns the title of a problem with this code.
    #[must_use]
    pub const fn title(self) -> &'static str {
        self.row().2
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    #[test]
    fn the_description_lists_all_codes() {
        let described: Value = serde_json::from_str(include_str!("../../../openapi.json")).unwrap();
        let described = &described["components"]["schemas"]["ProblemCode"]["enum"];
        let all: Vec<_> = Code::ALL.iter().map(|code| code.name()).collect();
        assert_eq!(*described, Value::from(all));
    }

    #[test]
    fn the_page_of_errors_explains_all_codes() {
        let page = include_str!("../../../docs/errors.md");
        let rows: Vec<_> = page.lines().filter(|line| line.starts_with("| `")).collect();
        assert_eq!(rows.len(), Code::ALL.len());
        for (code, row) in Code::ALL.iter().zip(rows) {
            let begins = format!("| `{}` | {}", code.name(), code.status());
            assert!(row.starts_with(&begins), "{row}: {begins}");
        }
    }
}
