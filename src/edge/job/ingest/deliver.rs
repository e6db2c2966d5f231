//! Takes a delivery: durable before it is answered.

use super::apply::{apply, birth};
use super::body;
use crate::domain::file::discover::found::Discovery;
use crate::domain::ingest::arrival::{Arrival, Origin};
use crate::domain::ingest::delivery::Delivery;
use crate::domain::job::timeline::{BodyAt, Trust};
use crate::domain::json;
use crate::domain::names::ObjectName;
use crate::domain::protocol::ingest::Delivered;
use crate::domain::protocol::outcome::Routed;
use crate::domain::webhook::event::{Event, EventKind};
use crate::edge::job::home::Home;
use crate::edge::platform::{self, During, Failure};

/// What follows from a delivery that no one can read.
const IS_ASKED: &str = "the upstream is asked for the result";

/// Applies a delivery.
pub async fn deliver(
    home: &Home,
    name: ObjectName,
    mut delivery: Delivery,
) -> Result<Routed<Delivered>, Failure> {
    let (raw, at) = body::read(home, &mut delivery.body).await?;
    let read = json::tolerant(&raw);
    let parsed = read.as_deref().map_err(Clone::clone);
    let parsed = parsed.and_then(|text| Event::of_tolerant(text).map(|event| (text, event)));
    let is_unreadable = parsed.is_err();
    let (text, mut event) = match parsed {
        Ok(parsed) => parsed,
        Err(why) => {
            let notes = delivery.note.take().into_iter().chain([format!("{why}; {IS_ASKED}")]);
            delivery.note = Some(notes.collect::<Vec<_>>().join("; "));
            ("{}", Event::parse("{}").during("reading nothing")?)
        }
    };
    if must_be_confirmed(home, &event, delivery.trust) {
        event.kind = EventKind::Ready;
    }
    let mut arrival = arrival((&raw, text), event, at, &delivery);
    arrival.is_unreadable = is_unreadable;
    arrival.has_operator = home.config.handoff_url.is_some();
    let birth = birth(name, delivery.received_at, delivery.origin.clone());
    apply(home, birth, arrival, delivery.moved.as_ref(), delivery.may_tell).await
}

/// Whether a result that only a token vouches for is to be had from the
/// upstream instead.
fn must_be_confirmed(home: &Home, event: &Event<'_>, trust: Trust) -> bool {
    let is_weak = trust == Trust::Token && event.kind == EventKind::Completed;
    is_weak && home.config.verify_results
}

fn arrival<'a>(
    (raw, text): (&'a [u8], &'a str),
    event: Event<'a>,
    body: BodyAt,
    delivery: &'a Delivery,
) -> Arrival<'a> {
    Arrival {
        at: delivery.received_at,
        now: platform::now(),
        raw,
        text,
        is_unreadable: false,
        sha256: &delivery.sha256,
        event,
        found: Discovery::default(),
        body,
        seen: None,
        origin: Origin::Delivery(delivery.trust),
        reference: delivery.reference.clone(),
        app: delivery.app.clone(),
        tags: delivery.tags.clone(),
        keep_days: delivery.keep_days,
        has_operator: false,
        note: delivery.note.clone(),
        named: delivery.named.clone(),
        archived: delivery.moved.as_ref().map_or(&[], |moved| &moved.archived),
    }
}
