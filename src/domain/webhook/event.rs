//! A delivery's body read as an event of a job's life.
//!
//! Format: the upstream's webhook document, or that of another [`Provider`].
//! Unknown fields are ignored and unknown event types are explicit, so that a
//! new upstream loses nothing.

use super::provider::{self, Provider, Reading};
use crate::domain::json::{self, Malformed, Member};
use crate::domain::time::Timestamp;
use std::ops::Range;

/// Top-level keys that describe the delivery; all others are the result.
pub const ENVELOPE: [&str; 8] = [
    "eventType",
    "jobId",
    "queueName",
    "workerName",
    "leaseExpiry",
    "acquiredAt",
    "updatedAt",
    "webhookUrl",
];

/// Longest text that is copied from a body into the record, in characters.
const MAX_TEXT_CHARS: usize = 200;

/// What a delivery says has happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventKind {
    /// A worker has taken the job; the lease counts down.
    Acquired,
    /// The job has ended with a result.
    Completed,
    /// The job has failed; it may be retried.
    Failed,
    /// The job was cancelled.
    Cancelled,
    /// The job goes back to the queue for another attempt.
    Retried,
    /// There is a result, which is to be fetched from the upstream.
    Ready,
    /// A type that this version does not know: kept, changes nothing.
    Unknown,
}

impl EventKind {
    fn parse(name: &str) -> Self {
        match name {
            "acquired" => Self::Acquired,
            "completed" => Self::Completed,
            "failed" => Self::Failed,
            "cancelled" => Self::Cancelled,
            "retried" => Self::Retried,
            _ => Self::Unknown,
        }
    }

    /// The upstream's word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Acquired => "acquired",
            Self::Completed | Self::Ready => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Retried => "retried",
            Self::Unknown => "unknown",
        }
    }
}

/// A body that is a JSON object, with the fields that hookvault acts on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event<'a> {
    /// Whose format it has.
    pub provider: Provider,
    /// What has happened.
    pub kind: EventKind,
    /// `eventType` as sent, cut to 200 characters; another provider's status in
    /// the same words.
    pub type_name: Option<String>,
    /// The queue's name.
    pub queue_name: Option<String>,
    /// The worker that holds the job.
    pub worker_name: Option<String>,
    /// When the lease ends, by the sender's clock.
    pub lease_expiry: Option<Timestamp>,
    /// When the job was taken, by the sender's clock.
    pub acquired_at: Option<Timestamp>,
    /// When the job last changed, by the sender's clock.
    pub updated_at: Option<Timestamp>,
    /// A failure's `error`, `message` or `detail` as written: text or object.
    pub error: Option<&'a str>,
    /// The value that another provider names the job by, as written.
    pub id: Option<&'a str>,
    /// Where the result stands in the body; all but the envelope if `None`.
    pub result: Option<Range<usize>>,
    /// The top-level members, in order.
    pub members: Vec<Member<'a>>,
}

impl<'a> Event<'a> {
    /// Reads a delivery's body.
    ///
    /// # Errors
    /// [`Malformed`] if `text` is not one JSON object of bearable depth.
    pub fn parse(text: &'a str) -> Result<Self, Malformed> {
        json::check(text)?;
        Ok(Self::from_members(json::members(text)))
    }

    /// Reads a text that [`json::tolerant`] has returned.
    ///
    /// # Errors
    /// [`Malformed`] if it is not one object of bearable depth.
    pub fn of_tolerant(text: &'a str) -> Result<Self, Malformed> {
        json::check_shape(text)?;
        Ok(Self::from_members(json::members(text)))
    }

    fn from_members(members: Vec<Member<'a>>) -> Self {
        if let Some((provider, reading)) = provider::read(&members) {
            return Self::of_other(provider, reading, members);
        }
        let type_name = text_of(&members, "eventType");
        Self {
            provider: Provider::Pipelet,
            kind: type_name.as_deref().map_or(EventKind::Unknown, EventKind::parse),
            type_name,
            queue_name: text_of(&members, "queueName"),
            worker_name: text_of(&members, "workerName"),
            lease_expiry: time_of(&members, "leaseExpiry"),
            acquired_at: time_of(&members, "acquiredAt"),
            updated_at: time_of(&members, "updatedAt"),
            error: ["error", "message", "detail"]
                .iter()
                .find_map(|key| value_of(&members, key).filter(|value| *value != "null")),
            id: None,
            result: None,
            members,
        }
    }

    fn of_other(provider: Provider, reading: Reading<'a>, members: Vec<Member<'a>>) -> Self {
        Self {
            provider,
            kind: reading.kind,
            type_name: Some(reading.kind.word().to_owned()),
            queue_name: None,
            worker_name: None,
            lease_expiry: None,
            acquired_at: reading.sender_time.filter(|_| reading.kind == EventKind::Acquired),
            updated_at: reading.sender_time,
            error: reading.error,
            id: reading.id,
            result: Some(reading.result),
            members,
        }
    }

    /// The sender's own time of this event, if it carries one.
    #[must_use]
    pub fn sender_time(&self) -> Option<Timestamp> {
        self.updated_at.or(self.acquired_at)
    }
}

/// The value of member `key` as written. Of repeated keys the last counts, as
/// in `JSON.parse`.
#[must_use]
pub fn value_of<'a>(members: &[Member<'a>], key: &str) -> Option<&'a str> {
    members.iter().rev().find(|member| member.key == key).map(|member| member.value)
}

fn text_of(members: &[Member<'_>], key: &str) -> Option<String> {
    let text = json::decode_string(value_of(members, key)?)?;
    Some(text.chars().take(MAX_TEXT_CHARS).collect())
}

fn time_of(members: &[Member<'_>], key: &str) -> Option<Timestamp> {
    json::whole(value_of(members, key)?).map(Timestamp::from_millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_acquired_event_is_read() {
        let body = r#"{"eventType": "acquired", "queueName": "free", "jobId": 437852,
            "workerName": "k8s_pipelet", "leaseExpiry": 1766867867109,
            "acquiredAt": 1766867822109, "updatedAt": 1766867822110,
            "webhookUrl": "https://echo.hetzner1.pipelet.ai/"}"#;
        let event = Event::parse(body).unwrap();
        assert_eq!(event.kind, EventKind::Acquired);
        assert_eq!(event.queue_name.as_deref(), Some("free"));
        assert_eq!(event.lease_expiry, Some(Timestamp::from_millis(1_766_867_867_109)));
        assert_eq!(event.sender_time(), Some(Timestamp::from_millis(1_766_867_822_110)));
    }

    #[test]
    fn a_time_is_a_number_however_it_is_written() {
        for (written, millis) in [
            ("1766867867109.0", Some(1_766_867_867_109)),
            ("1.766867867109e12", Some(1_766_867_867_109)),
            ("1766867867109.75", Some(1_766_867_867_109)),
            ("\"1766867867109\"", None),
            ("1e999", None),
            ("-1.0", None),
            ("null", None),
        ] {
            let body = format!(
                r#"{{"leaseExpiry":{written},"acquiredAt":{written},"updatedAt":{written}}}"#
            );
            let event = Event::parse(&body).unwrap();
            let time = millis.map(Timestamp::from_millis);
            assert_eq!([event.lease_expiry, event.acquired_at, event.updated_at], [time; 3]);
        }
    }

    #[test]
    fn odd_fields_are_absent_not_errors() {
        let event = Event::parse(
            r#"{"eventType": 7, "updatedAt": "soon", "leaseExpiry": -1, "error": null, "detail": {"a":1}}"#,
        )
        .unwrap();
        assert_eq!((event.kind, event.type_name.as_deref()), (EventKind::Unknown, None));
        assert_eq!((event.sender_time(), event.lease_expiry), (None, None));
        assert_eq!(event.error, Some(r#"{"a":1}"#));
    }
}
