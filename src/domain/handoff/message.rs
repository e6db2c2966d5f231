//! Writes messages: the event in the words of its queue, with the job's id and
//! durable URLs.

use crate::domain::access::redact::Secrets;
use crate::domain::job::record::Job;
use crate::domain::json::{self, Member, edit};
use crate::domain::sender::fact::Fact;
use crate::domain::sender::name::SenderName;
use crate::domain::sender::row::Row;
use crate::domain::sender::table::Senders;
use crate::domain::view::record;
use crate::domain::webhook::event::{Event, EventKind, value_of};
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
    /// The known senders.
    pub senders: &'a Senders,
}

/// Returns the message as JSON. Numbers and the order of keys are the
/// upstream's.
#[must_use]
pub fn render(parts: MessageInput<'_>) -> String {
    let sender = parts.job.provider;
    let event = parts.body.and_then(|body| Event::parse_of(body, parts.senders, sender).ok());
    let event = event.filter(|event| event.told.type_name.is_some());
    let is_other = |event: &&Event<'_>| event.told.provider != SenderName::PIPELET;
    let is_own = sender == SenderName::PIPELET;
    let row = if is_own { None } else { parts.senders.row(sender) };
    match (row, event.as_ref().filter(is_other)) {
        (None, _) => pipelet(parts, event.as_ref()),
        (Some(_), Some(event)) => other(parts, event),
        (Some(row), None) => fetched(parts, row),
    }
}

/// Writes `{"eventType", "jobId", …}`: the received envelope or else one of the
/// vault's own, and the result or the error.
fn pipelet(parts: MessageInput<'_>, event: Option<&Event<'_>>) -> String {
    let mut members = match event {
        Some(event) => envelope(parts, event, parts.senders.pipelet()),
        None => vec![member("eventType", &json::encode_string(parts.word))],
    };
    if event.is_none_or(|event| value_of(&event.members, "jobId").is_none()) {
        members.push(member("jobId", &id(parts.job)));
    }
    match (parts.word, parts.result) {
        ("completed", Some(result)) => members.extend(inside(result)),
        (_, _) if event.is_some() => {}
        _ => members.extend(error_of(parts).map(|error| member("error", &error))),
    }
    object(&members)
}

/// Returns the members of the envelope, with the receiver's URL as the
/// webhook's. For an event other than `completed`, all other members are
/// included.
fn envelope(parts: MessageInput<'_>, event: &Event<'_>, row: &Row) -> Vec<String> {
    let body = parts.body.unwrap_or_default();
    let is_wanted = |found: &&Member<'_>| parts.word != "completed" || row.is_aside(&found.key);
    let written = |found: &Member<'_>| match found.key.as_ref() {
        "webhookUrl" => member("webhookUrl", &json::encode_string(parts.url)),
        _ => parts.secrets.mask(body.get(found.span.clone()).unwrap_or_default()).into_owned(),
    };
    event.members.iter().filter(is_wanted).map(written).collect()
}

/// Writes another sender's delivery with the vault's result in it.
fn other(parts: MessageInput<'_>, event: &Event<'_>) -> String {
    let body = parts.body.unwrap_or_default();
    if event.result.is_none()
        && let Some(result) = parts.result
    {
        let mut members = envelope(parts, event, event.row);
        members.extend(inside(result));
        members.push(member("jobId", &id(parts.job)));
        return object(&members);
    }
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

/// Writes the webhook of a result that was fetched, as its sender's row says.
fn fetched(parts: MessageInput<'_>, row: &Row) -> String {
    let kind = EventKind::ALL.into_iter().find(|kind| kind.word() == parts.word);
    let word = kind.and_then(|kind| row.word_for(kind));
    let word = word.or_else(|| row.word_for(EventKind::Failed)).unwrap_or(parts.word);
    let (id, word) = (id(parts.job), json::encode_string(word));
    let mut values = vec![(Fact::Id, id.as_str()), (Fact::AlsoId, &id), (Fact::Status, &word)];
    values.push((Fact::Result, parts.result.unwrap_or("null")));
    let error = error_of(parts);
    values.extend(error.as_deref().map(|error| (Fact::Error, error)));
    let placed = values.iter().filter_map(|(fact, value)| {
        row.text(*fact).and_then(|at| at.strip_prefix('/')).map(|at| (at, *value))
    });
    let mut members = nested(&placed.collect::<Vec<_>>());
    members.extend(parts.result.filter(|_| !row.is(Fact::Result)).and_then(inside));
    members.push(member("jobId", &id));
    object(&members)
}

/// Returns the members of an object that has these values at these paths.
fn nested(values: &[(&str, &str)]) -> Vec<String> {
    let mut members: Vec<(&str, String)> = Vec::new();
    for (path, value) in values {
        let (key, rest) = path.split_once('/').unwrap_or((path, ""));
        if members.iter().any(|(known, _)| *known == key) {
            continue;
        }
        let inner = |(path, value): &(&'_ str, &'_ str)| {
            let below = path.strip_prefix(key)?.strip_prefix('/')?;
            Some((below.to_owned(), (*value).to_owned()))
        };
        let below: Vec<(String, String)> = values.iter().filter_map(inner).collect();
        let below: Vec<(&str, &str)> = below.iter().map(|(at, value)| (&**at, &**value)).collect();
        let text = if rest.is_empty() { (*value).to_owned() } else { object(&nested(&below)) };
        members.push((key, member(key, &text)));
    }
    members.into_iter().map(|(_, member)| member).collect()
}

fn error_of(parts: MessageInput<'_>) -> Option<String> {
    let error = parts.job.error.as_deref().map(RawValue::get)?;
    Some(parts.secrets.mask(error).into_owned())
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
        provider: SenderName,
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
            senders: Senders::built_in(),
        };
        render(parts)
    }

    #[test]
    fn an_event_keeps_its_words_and_gets_its_receivers_url() {
        let body = r#"{"eventType": "acquired", "jobId": 437852, "seed":196619188014358660,
            "webhookUrl": "https://v/hook/r_gw.00"}"#;
        let want = r#"{"eventType": "acquired","jobId": 437852,"seed":196619188014358660,"webhookUrl":"https://app.example/h"}"#;
        assert_eq!(rendered(SenderName::PIPELET, "acquired", Some(body), None), want);
        let nameless = r#"{"eventType":"failed","error":"at https://x/f?X-Amz-Signature=1"}"#;
        let want = r#"{"eventType":"failed","error":"at https://x/f?***","jobId":"437852"}"#;
        assert_eq!(rendered(SenderName::PIPELET, "failed", Some(nameless), None), want);
    }

    #[test]
    fn a_result_has_durable_urls_and_the_jobs_id() {
        let body = r#"{"eventType":"completed","video":{"data_uri":"https://x/f?sig=1"},"queueName":"free"}"#;
        let result = r#"{"video":{"data_uri":"https://v/files/437852/n/0"}}"#;
        let want = r#"{"eventType":"completed","queueName":"free","jobId":"437852","video":{"data_uri":"https://v/files/437852/n/0"}}"#;
        assert_eq!(rendered(SenderName::PIPELET, "completed", Some(body), Some(result)), want);
        let asked = r#"{"eventType":"completed","jobId":"437852","video":{"data_uri":"https://v/files/437852/n/0"}}"#;
        let answer = r#"{"video":{"data_uri":"https://x/f?sig=1"}}"#;
        assert_eq!(rendered(SenderName::PIPELET, "completed", Some(answer), Some(result)), asked);
        let empty = r#"{"eventType":"completed","jobId":"437852"}"#;
        assert_eq!(rendered(SenderName::PIPELET, "completed", None, Some("{ }")), empty);
    }

    #[test]
    fn other_providers_keep_their_shape() {
        let body = r#"{"request_id":"437852","status":"OK","payload":{"u":"https://x/f"},"gateway_request_id":"g"}"#;
        let want = r#"{"request_id":"437852","status":"OK","payload":{"u":"/d"},"gateway_request_id":"g","jobId":"437852"}"#;
        let result = Some(r#"{"u":"/d"}"#);
        assert_eq!(rendered(SenderName::FAL, "completed", Some(body), result), want);
        let want = r#"{"request_id":"437852","gateway_request_id":"437852","status":"OK","payload":{"u":"/d"},"jobId":"437852"}"#;
        assert_eq!(
            rendered(SenderName::FAL, "completed", Some(r#"{"u":"https://x"}"#), result),
            want
        );
        let body =
            r#"{"id":"437852","status":"succeeded","input":{},"output":"https://x","urls":{}}"#;
        let want = r#"{"id":"437852","status":"succeeded","input":{},"output":"/d","urls":{},"jobId":"437852"}"#;
        assert_eq!(
            rendered(
                SenderName::parse("replicate").unwrap(),
                "completed",
                Some(body),
                Some(r#""/d""#)
            ),
            want
        );
        let untold = r#"{"id":"437852","status":"succeeded","input":{},"urls":{}}"#;
        let want = untold.replace("{}}", r#"{},"jobId":"437852"}"#);
        assert_eq!(
            rendered(
                SenderName::parse("replicate").unwrap(),
                "completed",
                Some(untold),
                Some("null")
            ),
            want
        );
        let want = r#"{"id":"437852","status":"canceled","output":null,"jobId":"437852"}"#;
        assert_eq!(
            rendered(SenderName::parse("replicate").unwrap(), "cancelled", None, None),
            want
        );
    }

    #[test]
    fn a_result_beside_its_envelope_is_replaced() {
        let body = r#"{"status":"completed","request_id":"437852","status_url":"s","images":[{"url":"https://x/f?sig=1"}]}"#;
        let want = r#"{"status":"completed","request_id":"437852","status_url":"s","images":[{"url":"/d"}],"jobId":"437852"}"#;
        let higgsfield = SenderName::parse("higgsfield").unwrap();
        let result = Some(r#"{"images":[{"url":"/d"}]}"#);
        assert_eq!(rendered(higgsfield, "completed", Some(body), result), want);
        let asked = r#"{"request_id":"437852","status":"completed","images":[{"url":"/d"}],"jobId":"437852"}"#;
        assert_eq!(rendered(higgsfield, "completed", None, result), asked);
        let kie = SenderName::parse("kie").unwrap();
        let nested =
            r#"{"data":{"taskId":"437852","state":"success","resultJson":"r"},"jobId":"437852"}"#;
        assert_eq!(rendered(kie, "completed", None, Some("\"r\"")), nested);
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
            senders: Senders::built_in(),
        };
        let want = r#"{"eventType":"failed","jobId":"437852","error":{"code":1.10}}"#;
        assert_eq!(render(parts), want);
    }
}
