//! Reads pipelet's webhook, as its document describes it: the envelope's
//! members are beside those of the result.

use crate::domain::json::{self, Member};
use crate::domain::time::Timestamp;
use crate::domain::webhook::event::{Event, EventFacts, EventKind, Provider, value_of};

/// The longest text that is copied from a body into the record, in characters.
const MAX_TEXT_CHARS: usize = 200;

/// Reads a body that no other provider's format fits.
pub(super) fn read(members: Vec<Member<'_>>) -> Event<'_> {
    let type_name = text_of(&members, "eventType");
    Event {
        told: EventFacts {
            provider: Provider::Pipelet,
            kind: type_name.as_deref().map_or(EventKind::Unknown, EventKind::of_name),
            type_name,
            queue_name: text_of(&members, "queueName"),
            worker_name: text_of(&members, "workerName"),
            lease_expiry: time_of(&members, "leaseExpiry"),
            acquired_at: time_of(&members, "acquiredAt"),
            updated_at: time_of(&members, "updatedAt"),
        },
        error: ["error", "message", "detail"]
            .iter()
            .find_map(|key| value_of(&members, key).filter(|value| *value != "null")),
        id: None,
        result: None,
        members,
    }
}

fn text_of(members: &[Member<'_>], key: &str) -> Option<String> {
    let text = json::decode_string(value_of(members, key)?)?;
    Some(text.chars().take(MAX_TEXT_CHARS).collect())
}

fn time_of(members: &[Member<'_>], key: &str) -> Option<Timestamp> {
    json::whole(value_of(members, key)?).map(Timestamp::from_millis)
}
