//! Reads a delivery's body as an [`Event`].

use super::event::{Event, EventFacts, EventKind, Provider};
use super::provider;
use super::provider::parsed::ParsedWebhook;
use crate::domain::json::{self, Malformed, Member};

impl<'a> Event<'a> {
    /// Reads a delivery's body.
    ///
    /// # Errors
    /// Returns [`Malformed`] if `text` is not one JSON object within the
    /// limits.
    pub fn parse(text: &'a str) -> Result<Self, Malformed> {
        json::check(text)?;
        Ok(Self::from_members(json::members(text)))
    }

    /// Reads a text that [`json::tolerant`] has returned.
    ///
    /// # Errors
    /// Returns [`Malformed`] if it is not one object within the limits.
    pub fn of_tolerant(text: &'a str) -> Result<Self, Malformed> {
        json::check_shape(text)?;
        Ok(Self::from_members(json::members(text)))
    }

    fn from_members(members: Vec<Member<'a>>) -> Self {
        match provider::read(&members) {
            Some((provider, parsed)) => Self::of_other(provider, parsed, members),
            None => provider::pipelet(members),
        }
    }

    fn of_other(provider: Provider, parsed: ParsedWebhook<'a>, members: Vec<Member<'a>>) -> Self {
        Self {
            told: EventFacts {
                provider,
                kind: parsed.kind,
                type_name: Some(parsed.kind.word().to_owned()),
                acquired_at: parsed.sender_time.filter(|_| parsed.kind == EventKind::Acquired),
                updated_at: parsed.sender_time,
                ..EventFacts::default()
            },
            error: parsed.error,
            id: parsed.id,
            result: Some(parsed.result),
            members,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Timestamp;

    #[test]
    fn the_published_acquired_event_is_read() {
        let body = r#"{"eventType": "acquired", "queueName": "free", "jobId": 437852,
            "workerName": "k8s_pipelet", "leaseExpiry": 1766867867109,
            "acquiredAt": 1766867822109, "updatedAt": 1766867822110,
            "webhookUrl": "https://echo.hetzner1.pipelet.ai/"}"#;
        let event = Event::parse(body).unwrap();
        assert_eq!(event.told.kind, EventKind::Acquired);
        assert_eq!(event.told.queue_name.as_deref(), Some("free"));
        assert_eq!(event.told.lease_expiry, Some(Timestamp::from_millis(1_766_867_867_109)));
        assert_eq!(event.told.sender_time(), Some(Timestamp::from_millis(1_766_867_822_110)));
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
            assert_eq!(
                [event.told.lease_expiry, event.told.acquired_at, event.told.updated_at],
                [time; 3]
            );
        }
    }

    #[test]
    fn odd_fields_are_absent_not_errors() {
        let event = Event::parse(
            r#"{"eventType": 7, "updatedAt": "soon", "leaseExpiry": -1, "error": null, "detail": {"a":1}}"#,
        )
        .unwrap();
        assert_eq!((event.told.kind, event.told.type_name.as_deref()), (EventKind::Unknown, None));
        assert_eq!((event.told.sender_time(), event.told.lease_expiry), (None, None));
        assert_eq!(event.error, Some(r#"{"a":1}"#));
    }
}
