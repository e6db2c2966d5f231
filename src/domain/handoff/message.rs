//! Writes messages: the event in the words of its queue, with the job's id and
//! durable URLs.

use crate::domain::access::redact::Secrets;
use crate::domain::job::record::Job;
use crate::domain::json::{self, Member, edit};
use crate::domain::view::record;
use crate::domain::webhook::event::{ENVELOPE, Event, Provider, value_of};
use crate::domain::webhook::result;
use serde_json::value::RawValue;

/// The parts of a message.
#[derive(Debug, Clone, Copy)]
pub struct MessageInput<'a> {
    /// The job.
    pub job: &'a Job,
    /// The event, in the upstream's word.
    pub word: &'a str,
    /// The body of the event's delivery as it was received, or the upstream's
    /// answer if the vault had to ask; `None` if there is neither.
    pub body: Option<&'a str>,
    /// For `completed`: the result as readers receive it.
    pub result: Option<&'a str>,
    /// The receiver's own URL.
    pub url: &'a str,
    /// The scheme and the host of durable URLs.
    pub base: &'a str,
    /// The configured secrets, which are masked.
    pub secrets: &'a Secrets,
}

/// Returns the message as JSON. Numbers and the order of keys are the
/// upstream's.
#[must_use]
pub fn render(parts: MessageInput<'_>) -> String {
    let event = parts.body.and_then(|body| Event::parse(body).ok());
    let event = event.filter(|event| event.told.type_name.is_some());
    match (parts.job.provider, &event) {
        (Provider::Pipelet, _) => pipelet(parts, event.as_ref()),
        (_, Some(event)) if event.told.provider != Provider::Pipelet => other(parts, event),
        (Provider::Fal, _) => fal(parts),
        (Provider::Replicate, _) => replicate(parts),
    }
}

/// Writes `{"eventType", "jobId", …}`: the received envelope or else one of the
/// vault's own, and the result or the error.
fn pipelet(parts: MessageInput<'_>, event: Option<&Event<'_>>) -> String {
    let mut members = match event {
        Some(event) => envelope(parts, event),
        None => vec![member("eventType", &json::encode_string(parts.word))],
    };
    if event.is_none_or(|event| value_of(&event.members, "jobId").is_none()) {
        members.push(member("jobId", &id(parts.job)));
    }
    match (parts.word, parts.result) {
        ("completed", Some(result)) => members.extend(inside(result)),
        (_, _) if event.is_some() => {}
        _ => members.extend(error_of(parts)),
    }
    object(&members)
}

/// Returns the members of the envelope, with the receiver's URL as the
/// webhook's. For an event other than `completed`, all other members are
/// included.
fn envelope(parts: MessageInput<'_>, event: &Event<'_>) -> Vec<String> {
    let body = parts.body.unwrap_or_default();
    let is_wanted =
        |found: &&Member<'_>| parts.word != "completed" || ENVELOPE.contains(&found.key.as_ref());
    let written = |found: &Member<'_>| match found.key.as_ref() {
        "webhookUrl" => member("webhookUrl", &json::encode_string(parts.url)),
        _ => parts.secrets.mask(body.get(found.span.clone()).unwrap_or_default()).into_owned(),
    };
    event.members.iter().filter(is_wanted).map(written).collect()
}

/// Writes another provider's delivery with the vault's result in it.
fn other(parts: MessageInput<'_>, event: &Event<'_>) -> String {
    let body = parts.body.unwrap_or_default();
    let mut edits = Vec::new();
    let place = event.result.as_ref().filter(|place| !place.is_empty());
    if let (Some(place), Some(result)) = (place, parts.result) {
        edits.push((place.clone(), result.to_owned()));
    }
    if value_of(&event.members, "jobId").is_none()
        && let Some(last) = event.members.last()
    {
        let more = format!(",{}", member("jobId", &id(parts.job)));
        edits.push((last.span.end..last.span.end, more));
    }
    let own = record::own_urls(parts.job, parts.base);
    parts.secrets.mask_around(&edit::splice(body, &result::in_order(edits)), &own).into_owned()
}

/// Writes the webhook for a result that was fetched from fal.ai.
fn fal(parts: MessageInput<'_>) -> String {
    let id = id(parts.job);
    let is_ok = parts.word == "completed";
    let mut members = vec![member("request_id", &id), member("gateway_request_id", &id)];
    members.push(member("status", if is_ok { r#""OK""# } else { r#""ERROR""# }));
    members.push(member("payload", parts.result.unwrap_or("null")));
    members.extend(error_of(parts));
    members.push(member("jobId", &id));
    object(&members)
}

/// Writes the webhook for a result that was fetched: the known members of the
/// prediction.
fn replicate(parts: MessageInput<'_>) -> String {
    let status = match parts.word {
        "completed" => "succeeded",
        "cancelled" => "canceled",
        "acquired" => "processing",
        word => word,
    };
    let id = id(parts.job);
    let mut members = vec![member("id", &id), member("status", &json::encode_string(status))];
    members.push(member("output", parts.result.unwrap_or("null")));
    members.extend(error_of(parts));
    members.push(member("jobId", &id));
    object(&members)
}

fn error_of(parts: MessageInput<'_>) -> Option<String> {
    let error = parts.job.error.as_deref().map(RawValue::get)?;
    Some(member("error", &parts.secrets.mask(error)))
}

fn id(job: &Job) -> String {
    json::encode_string(&job.public_id())
}

fn member(key: &str, value: &str) -> String {
    format!("{}:{value}", json::encode_string(key))
}

fn object(members: &[String]) -> String {
    format!("{{{}}}", members.join(","))
}

/// Returns the members of a result that is an object. Any other result becomes
/// a member of its own.
fn inside(result: &str) -> Option<String> {
    let Some(inner) = result.trim().strip_prefix('{').and_then(|text| text.strip_suffix('}'))
    else {
        return Some(member("result", result));
    };
    let inner = inner.trim();
    (!inner.is_empty()).then(|| inner.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixtures;

    fn rendered(
        provider: Provider,
        word: &str,
        body: Option<&str>,
        result: Option<&str>,
    ) -> String {
        let job = Job { provider, ..fixtures::job() };
        let parts = MessageInput {
            job: &job,
            word,
            body,
            result,
            url: "https://app.example/h",
            base: "https://v",
            secrets: &Secrets::default(),
        };
        render(parts)
    }

    #[test]
    fn an_event_keeps_its_words_and_gets_its_receivers_url() {
        let body = r#"{"eventType": "acquired", "jobId": 437852, "seed":196619188014358660,
            "webhookUrl": "https://v/hook/r_gw.00"}"#;
        let want = r#"{"eventType": "acquired","jobId": 437852,"seed":196619188014358660,"webhookUrl":"https://app.example/h"}"#;
        assert_eq!(rendered(Provider::Pipelet, "acquired", Some(body), None), want);
        let nameless = r#"{"eventType":"failed","error":"at https://x/f?X-Amz-Signature=1"}"#;
        let want = r#"{"eventType":"failed","error":"at https://x/f?***","jobId":"437852"}"#;
        assert_eq!(rendered(Provider::Pipelet, "failed", Some(nameless), None), want);
    }

    #[test]
    fn a_result_has_durable_urls_and_the_jobs_id() {
        let body = r#"{"eventType":"completed","video":{"data_uri":"https://x/f?sig=1"},"queueName":"free"}"#;
        let result = r#"{"video":{"data_uri":"https://v/files/437852/n/0"}}"#;
        let want = r#"{"eventType":"completed","queueName":"free","jobId":"437852","video":{"data_uri":"https://v/files/437852/n/0"}}"#;
        assert_eq!(rendered(Provider::Pipelet, "completed", Some(body), Some(result)), want);
        let asked = r#"{"eventType":"completed","jobId":"437852","video":{"data_uri":"https://v/files/437852/n/0"}}"#;
        let answer = r#"{"video":{"data_uri":"https://x/f?sig=1"}}"#;
        assert_eq!(rendered(Provider::Pipelet, "completed", Some(answer), Some(result)), asked);
        let empty = r#"{"eventType":"completed","jobId":"437852"}"#;
        assert_eq!(rendered(Provider::Pipelet, "completed", None, Some("{ }")), empty);
    }

    #[test]
    fn other_providers_keep_their_shape() {
        let body = r#"{"request_id":"437852","status":"OK","payload":{"u":"https://x/f"},"gateway_request_id":"g"}"#;
        let want = r#"{"request_id":"437852","status":"OK","payload":{"u":"/d"},"gateway_request_id":"g","jobId":"437852"}"#;
        let result = Some(r#"{"u":"/d"}"#);
        assert_eq!(rendered(Provider::Fal, "completed", Some(body), result), want);
        let want = r#"{"request_id":"437852","gateway_request_id":"437852","status":"OK","payload":{"u":"/d"},"jobId":"437852"}"#;
        assert_eq!(
            rendered(Provider::Fal, "completed", Some(r#"{"u":"https://x"}"#), result),
            want
        );
        let body =
            r#"{"id":"437852","status":"succeeded","input":{},"output":"https://x","urls":{}}"#;
        let want = r#"{"id":"437852","status":"succeeded","input":{},"output":"/d","urls":{},"jobId":"437852"}"#;
        assert_eq!(rendered(Provider::Replicate, "completed", Some(body), Some(r#""/d""#)), want);
        let untold = r#"{"id":"437852","status":"succeeded","input":{},"urls":{}}"#;
        let want = untold.replace("{}}", r#"{},"jobId":"437852"}"#);
        assert_eq!(rendered(Provider::Replicate, "completed", Some(untold), Some("null")), want);
        let want = r#"{"id":"437852","status":"canceled","output":null,"jobId":"437852"}"#;
        assert_eq!(rendered(Provider::Replicate, "cancelled", None, None), want);
    }

    #[test]
    fn a_fetched_failure_contains_its_error() {
        let error = RawValue::from_string(r#"{"code":1.10}"#.to_owned()).ok();
        let job = Job { error, ..fixtures::job() };
        let body = Some(r#"{"status":"FAILED"}"#);
        let parts = MessageInput {
            job: &job,
            word: "failed",
            body,
            result: None,
            url: "",
            base: "https://v",
            secrets: &Secrets::default(),
        };
        let want = r#"{"eventType":"failed","jobId":"437852","error":{"code":1.10}}"#;
        assert_eq!(render(parts), want);
    }
}
