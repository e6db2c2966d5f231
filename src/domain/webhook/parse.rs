//! Reads a delivery's body as an [`Event`].

use super::event::{Event, EventFacts, EventKind};
use crate::domain::json::{self, Malformed, Member};
use crate::domain::sender::body::{Reading, first};
use crate::domain::sender::fact::Fact;
use crate::domain::sender::name::SenderName;
use crate::domain::sender::table::{Hint, Senders};

/// The longest text that is copied from a body into the record, in characters.
const MAX_TEXT_CHARS: usize = 200;

impl<'a> Event<'a> {
    /// Reads a body of which nothing else is known.
    ///
    /// # Errors
    /// Returns [`Malformed`] if `text` is not one JSON object within the
    /// limits.
    pub fn parse(text: &'a str, senders: &'a Senders) -> Result<Self, Malformed> {
        Self::parse_with(text, senders, Hint::default())
    }

    /// Reads a body of a job of `sender`.
    ///
    /// # Errors
    /// Returns the same as [`Event::parse`].
    pub fn parse_of(
        text: &'a str,
        senders: &'a Senders,
        sender: SenderName,
    ) -> Result<Self, Malformed> {
        // A bare answer may have any member, and any word in it.
        let is_bare = senders.row(sender).is_some_and(|row| row.is(Fact::BareAnswer));
        let hint = if is_bare { Hint::default() } else { Hint::of(sender) };
        Self::parse_with(text, senders, hint)
    }

    fn parse_with(text: &'a str, senders: &'a Senders, hint: Hint<'_>) -> Result<Self, Malformed> {
        json::check(text)?;
        Ok(Self::from_members(json::members(text), senders, hint))
    }

    /// Reads a text that [`json::tolerant`] has returned.
    ///
    /// # Errors
    /// Returns [`Malformed`] if it is not one object within the limits.
    pub fn of_tolerant(
        text: &'a str,
        senders: &'a Senders,
        hint: Hint<'_>,
    ) -> Result<Self, Malformed> {
        json::check_shape(text)?;
        Ok(Self::from_members(json::members(text), senders, hint))
    }

    fn from_members(members: Vec<Member<'a>>, senders: &'a Senders, hint: Hint<'_>) -> Self {
        let Reading { row, fits, kind, word, result } = senders.read(&members, hint);
        let is_acquired = kind == EventKind::Acquired;
        let starts = is_acquired && row.is(Fact::StartTime);
        let updated_at = row.time(&members, if starts { Fact::StartTime } else { Fact::Time });
        let acquired_at = if row.is(Fact::Acquired) {
            row.time(&members, Fact::Acquired)
        } else {
            updated_at.filter(|_| is_acquired)
        };
        Self {
            row,
            fits,
            told: EventFacts {
                provider: row.name,
                kind,
                type_name: match kind {
                    EventKind::Unknown => word.map(|word| cut(&word)),
                    _ => Some(kind.word().to_owned()),
                },
                queue_name: text_of(&members, row.list(Fact::Queue)),
                worker_name: text_of(&members, row.list(Fact::Worker)),
                lease_expiry: row.time(&members, Fact::Lease),
                acquired_at,
                updated_at,
                cost: row.cost(&members),
            },
            error: first(&members, row.list(Fact::Error)),
            id: first(&members, row.list(Fact::Id)),
            result,
            members,
        }
    }
}

fn text_of(members: &[Member<'_>], at: &[String]) -> Option<String> {
    json::decode_string(first(members, at)?).map(|text| cut(&text))
}

fn cut(text: &str) -> String {
    text.chars().take(MAX_TEXT_CHARS).collect()
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
        let event = Event::parse(body, Senders::built_in()).unwrap();
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
            let event = Event::parse(&body, Senders::built_in()).unwrap();
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
            Senders::built_in(),
        )
        .unwrap();
        assert_eq!((event.told.kind, event.told.type_name.as_deref()), (EventKind::Unknown, None));
        assert_eq!((event.told.sender_time(), event.told.lease_expiry), (None, None));
        assert_eq!(event.error, Some(r#"{"a":1}"#));
    }
}
