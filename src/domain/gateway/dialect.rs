//! Answers as the caller's client wants them.
//!
//! `Bearer` callers get pipelet's words. `Key` callers are fal's clients, which
//! know three statuses: one that is another makes the JavaScript client ask for
//! ever and the Python client fail. For them a job without a result is
//! `COMPLETED`, and its result is an error.

use super::links::{self, RequestRoutes};
use crate::domain::access::redact::Secrets;
use crate::domain::http::problem::Code;
use crate::domain::job::record::Job;
use crate::domain::job::status::Status;
use crate::domain::json;
use crate::domain::json::edit::{self, Edit};
use crate::domain::upstream::queue::Scheme;
use crate::domain::webhook::event::{Event, value_of};
use serde::Serialize;
use serde_json::value::RawValue;
use std::borrow::Cow;
use url::Url;

/// The status of a result that there will never be.
pub const NO_RESULT: u16 = 422;

/// The status of `job` as far as this vault knows.
#[must_use]
pub fn status(job: &Job, place: RequestRoutes<'_>, scheme: Scheme) -> String {
    let word = match (job.status, scheme) {
        (Status::Queued | Status::Retried, _) => "IN_QUEUE",
        (Status::Acquired, _) => "IN_PROGRESS",
        (Status::Completed, _) | (_, Scheme::Key) => "COMPLETED",
        (Status::Failed, Scheme::Bearer) => "FAILED",
        (Status::Cancelled, Scheme::Bearer) => "CANCELLED",
    };
    let url = place.url();
    let is_error = scheme == Scheme::Key && has_no_result(job);
    let status_reply = StatusReply {
        status: word,
        request_id: place.id,
        status_url: format!("{url}/status"),
        cancel_url: format!("{url}/cancel"),
        response_url: url,
        logs: None,
        queue_position: (word == "IN_QUEUE").then_some(0),
        metrics: (word == "COMPLETED").then_some(Nothing {}),
        error: is_error.then(|| reason(job)),
    };
    serde_json::to_string(&status_reply).unwrap_or_default()
}

/// A status as fal's clients need it: those with a key must have it, even if
/// its value is nothing.
#[derive(Serialize)]
struct StatusReply<'a> {
    status: &'a str,
    request_id: &'a str,
    response_url: String,
    status_url: String,
    cancel_url: String,
    logs: Option<()>,
    #[serde(skip_serializing_if = "Option::is_none")]
    queue_position: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metrics: Option<Nothing>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// An object without members.
#[derive(Serialize)]
struct Nothing {}

/// What a status says that the upstream has told, in the words of the caller's
/// client and with its URLs led to `place`.
#[must_use]
pub fn reply(
    body: &str,
    upstream: Option<&Url>,
    place: RequestRoutes<'_>,
    scheme: Scheme,
) -> String {
    let Ok(event) = Event::parse(body) else { return body.to_owned() };
    let led = links::point_here(body, &event.members, upstream, place);
    if scheme == Scheme::Bearer {
        return led;
    }
    let Ok(event) = Event::parse(&led) else { return led };
    let mut edits: Vec<Edit> = Vec::new();
    let word = word_of(&event);
    if matches!(word.as_deref(), Some("FAILED" | "CANCELLED"))
        && let Some(member) = event.members.iter().rev().find(|member| member.key == "status")
    {
        edits.push((links::value_span(member), "\"COMPLETED\"".to_owned()));
    }
    let missing = |key: &str| value_of(&event.members, key).is_none();
    let mut more = String::new();
    if word.as_deref() == Some("IN_QUEUE") && missing("queue_position") {
        more.push_str(r#","queue_position":0"#);
    }
    if word.as_deref() != Some("IN_QUEUE") && missing("logs") {
        more.push_str(r#","logs":null"#);
    }
    if let Some(last) = event.members.last() {
        edits.push((last.span.end..last.span.end, more));
    }
    edit::splice(&led, &edits)
}

/// The status that the upstream has told, in its own word.
#[must_use]
pub fn word(body: &str) -> Option<String> {
    word_of(&Event::parse(body).ok()?)
}

fn word_of(event: &Event<'_>) -> Option<String> {
    value_of(&event.members, "status").and_then(json::decode_string).map(Cow::into_owned)
}

/// Whether nothing follows a status.
#[must_use]
pub fn is_last(word: &str) -> bool {
    !matches!(word, "IN_QUEUE" | "IN_PROGRESS")
}

const fn has_no_result(job: &Job) -> bool {
    matches!(job.status, Status::Failed | Status::Cancelled)
}

/// The body of the result of a job that has none. Python's client shows
/// `detail`, the JavaScript one `message`.
#[must_use]
pub fn no_result(job: &Job, secrets: &Secrets) -> String {
    let text = json::encode_string(&secrets.masked(reason(job)));
    let error = job.error.as_deref().map(RawValue::get).map(|text| secrets.mask(text));
    let detail = error.as_deref().unwrap_or(&text);
    format!(r#"{{"detail":{detail},"message":{text},"code":"{}"}}"#, Code::NoResult.name())
}

/// Why there is none, as a text.
fn reason(job: &Job) -> String {
    let usual = || match job.status {
        Status::Cancelled => "Request was cancelled".to_owned(),
        _ => "the job has failed".to_owned(),
    };
    let written = job.error.as_deref().map(RawValue::get);
    written.map_or_else(usual, |text| {
        json::decode_string(text).map_or_else(|| text.to_owned(), Cow::into_owned)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixtures;
    use crate::domain::upstream::queue::Queue;

    const PLACE: RequestRoutes<'_> =
        RequestRoutes { base: "https://v", queue: Queue::Fal, app: "m", id: "12" };

    fn failed() -> Job {
        let error = RawValue::from_string(r#"{"msg":"no","seed":1e400}"#.to_owned()).ok();
        Job { status: Status::Failed, error, ..fixtures::job() }
    }

    #[test]
    fn fals_clients_know_three_statuses() {
        let word = |status, scheme| {
            let job = Job { status, ..fixtures::job() };
            word(&super::status(&job, PLACE, scheme)).unwrap()
        };
        for status in [Status::Completed, Status::Failed, Status::Cancelled] {
            assert_eq!(word(status, Scheme::Key), "COMPLETED");
        }
        assert_eq!(word(Status::Failed, Scheme::Bearer), "FAILED");
        assert_eq!(word(Status::Cancelled, Scheme::Bearer), "CANCELLED");
        assert_eq!(word(Status::Retried, Scheme::Key), "IN_QUEUE");
        assert_eq!(word(Status::Acquired, Scheme::Key), "IN_PROGRESS");
    }

    #[test]
    fn what_the_upstream_tells_is_completed_for_them() {
        let tell = |body: &str, scheme| reply(body, None, PLACE, scheme);
        assert_eq!(
            tell(r#"{"status":"FAILED","seed":1e400}"#, Scheme::Key),
            r#"{"status":"COMPLETED","seed":1e400,"logs":null}"#
        );
        assert_eq!(
            tell(r#"{ "status": "IN_QUEUE", "status_url": "x" }"#, Scheme::Key),
            r#"{ "status": "IN_QUEUE", "status_url": "https://v/fal/queue/m/requests/12/status","queue_position":0 }"#
        );
        let whole = r#"{"status":"IN_PROGRESS","logs":[]}"#;
        assert_eq!(tell(whole, Scheme::Key), whole);
        assert_eq!(tell(r#"{"status":"FAILED"}"#, Scheme::Bearer), r#"{"status":"FAILED"}"#);
        assert_eq!(tell("no JSON", Scheme::Key), "no JSON");
        assert_eq!(tell("{}", Scheme::Key), "{}");
    }

    #[test]
    fn an_error_is_told_in_the_upstreams_words() {
        let job = failed();
        let want = r#"{"detail":{"msg":"no","seed":1e400},"message":"{\"msg\":\"no\",\"seed\":1e400}","code":"no-result"}"#;
        assert_eq!(no_result(&job, &Secrets::default()), want);
        let cancelled = Job { status: Status::Cancelled, ..fixtures::job() };
        let want = r#"{"detail":"Request was cancelled","message":"Request was cancelled","code":"no-result"}"#;
        assert_eq!(no_result(&cancelled, &Secrets::default()), want);
    }
}
