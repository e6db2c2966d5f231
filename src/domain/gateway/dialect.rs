//! Writes answers in the form that the caller's client understands.
//!
//! Callers with `Bearer` get pipelet's words. Callers with `Key` use fal's
//! clients, which know three statuses: at any other, the JavaScript client
//! polls forever and the Python client fails. For them, a job without a result
//! is `COMPLETED`, and its result is an error.

use super::links::{self, RequestRoutes};
use crate::domain::access::redact::Secrets;
use crate::domain::http::problem::Code;
use crate::domain::job::record::Job;
use crate::domain::job::status::Status;
use crate::domain::json::edit::{self, Edit};
use crate::domain::json::{self, Member};
use crate::domain::upstream::queue::Scheme;
use crate::domain::webhook::event::value_of;
use serde::Serialize;
use serde_json::value::RawValue;
use std::borrow::Cow;
use url::Url;

/// The status code of a request for a result that will never exist.
pub const NO_RESULT: u16 = 422;

/// Returns the status of `job` as JSON, from this vault's record.
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

/// A status with the members that fal's clients need. A member that is always
/// written must be there even if it is `null`.
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

/// Returns a status from the upstream in the words of the caller's client. The
/// URLs in it lead to `place`.
#[must_use]
pub fn reply(
    body: &str,
    upstream: Option<&Url>,
    place: RequestRoutes<'_>,
    scheme: Scheme,
) -> String {
    let Ok(members) = json::object_members(body) else { return body.to_owned() };
    let led = links::point_here(body, &members, upstream, place);
    if scheme == Scheme::Bearer {
        return led;
    }
    let Ok(members) = json::object_members(&led) else { return led };
    let mut edits: Vec<Edit> = Vec::new();
    let word = word_of(&members);
    if matches!(word.as_deref(), Some("FAILED" | "CANCELLED"))
        && let Some(member) = members.iter().rev().find(|member| member.key == "status")
    {
        edits.push((links::value_span(member), "\"COMPLETED\"".to_owned()));
    }
    let missing = |key: &str| value_of(&members, key).is_none();
    let mut more = String::new();
    if word.as_deref() == Some("IN_QUEUE") && missing("queue_position") {
        more.push_str(r#","queue_position":0"#);
    }
    if word.as_deref() != Some("IN_QUEUE") && missing("logs") {
        more.push_str(r#","logs":null"#);
    }
    if let Some(last) = members.last() {
        edits.push((last.span.end..last.span.end, more));
    }
    edit::splice(&led, &edits)
}

/// Returns the status in the upstream's answer, in the upstream's word.
#[must_use]
pub fn word(body: &str) -> Option<String> {
    word_of(&json::object_members(body).ok()?)
}

fn word_of(members: &[Member<'_>]) -> Option<String> {
    value_of(members, "status").and_then(json::decode_string).map(Cow::into_owned)
}

/// Returns whether the status is final.
#[must_use]
pub fn is_last(word: &str) -> bool {
    !matches!(word, "IN_QUEUE" | "IN_PROGRESS")
}

const fn has_no_result(job: &Job) -> bool {
    matches!(job.status, Status::Failed | Status::Cancelled)
}

/// Returns the body of the result of a job that has none. The Python client
/// shows `detail`, the JavaScript client `message`.
#[must_use]
pub fn no_result(job: &Job, secrets: &Secrets) -> String {
    let text = json::encode_string(&secrets.masked(reason(job)));
    let error = job.error.as_deref().map(RawValue::get).map(|text| secrets.mask(text));
    let detail = error.as_deref().unwrap_or(&text);
    format!(r#"{{"detail":{detail},"message":{text},"code":"{}"}}"#, Code::NoResult.name())
}

/// Returns why the job has no result, as text.
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
    fn the_upstreams_status_is_completed_for_fals_clients() {
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
    fn an_error_is_in_the_upstreams_words() {
        let job = failed();
        let want = r#"{"detail":{"msg":"no","seed":1e400},"message":"{\"msg\":\"no\",\"seed\":1e400}","code":"no-result"}"#;
        assert_eq!(no_result(&job, &Secrets::default()), want);
        let cancelled = Job { status: Status::Cancelled, ..fixtures::job() };
        let want = r#"{"detail":"Request was cancelled","message":"Request was cancelled","code":"no-result"}"#;
        assert_eq!(no_result(&cancelled, &Secrets::default()), want);
    }
}
