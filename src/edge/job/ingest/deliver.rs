//! Takes a delivery: durable before it is answered.

use super::apply::{apply, birth};
use super::body;
use crate::domain::ingest::arrival::{Arrival, Origin};
use crate::domain::ingest::delivery::{DeliveredBody, Delivery};
use crate::domain::ingest::document::Document;
use crate::domain::job::timeline::{BodyAt, Trust};
use crate::domain::names::ObjectName;
use crate::domain::protocol::ingest::Delivered;
use crate::domain::protocol::outcome::Routed;
use crate::domain::webhook::event::EventKind;
use crate::edge::job::home::Home;
use crate::edge::platform::{self, Failure};

/// What follows from a delivery that no one can read.
const IS_ASKED: &str = "the upstream is asked for the result";

/// Applies a delivery.
pub async fn deliver(
    home: &Home,
    name: ObjectName,
    mut delivery: Delivery,
) -> Result<Routed<Delivered>, Failure> {
    let (raw, at, mut document) = read(home, &mut delivery).await?;
    if let Some(why) = &document.unreadable {
        let notes = delivery.note.take().into_iter().chain([format!("{why}; {IS_ASKED}")]);
        delivery.note = Some(notes.collect::<Vec<_>>().join("; "));
    }
    if must_be_confirmed(home, &document, delivery.trust) {
        document.confirm();
    }
    let text = document.text(&raw);
    let mut arrival = arrival((&raw, &text), document, at, &delivery);
    arrival.has_operator = home.config.handoff_url.is_some();
    let birth = birth(name, delivery.received_at, delivery.origin.clone());
    apply(home, birth, arrival, delivery.moved.as_ref(), delivery.may_tell).await
}

/// Returns the body, where it is kept, and what it says. One in the bucket is
/// fetched for its result alone.
async fn read(
    home: &Home,
    delivery: &mut Delivery,
) -> Result<(Vec<u8>, BodyAt, Document), Failure> {
    let document = delivery.document.take();
    if let (DeliveredBody::Bucket(key), Some(document)) = (&delivery.body, &document)
        && document.result.is_none()
    {
        return Ok((Vec::new(), BodyAt::Bucket(key.clone()), document.clone()));
    }
    let (raw, at) = body::read(home, &mut delivery.body).await?;
    let document = document.unwrap_or_else(|| match Document::read(&raw, &home.config.sources) {
        Ok((document, _)) => document,
        Err(why) => Document::unreadable(raw.len(), why.to_string()),
    });
    Ok((raw, at, document))
}

/// Whether a result that only a token vouches for is to be had from the
/// upstream instead.
fn must_be_confirmed(home: &Home, document: &Document, trust: Trust) -> bool {
    let is_weak = trust == Trust::Token && document.told.kind == EventKind::Completed;
    is_weak && home.config.verify_results
}

fn arrival<'a>(
    (raw, text): (&'a [u8], &'a str),
    document: Document,
    body: BodyAt,
    delivery: &'a Delivery,
) -> Arrival<'a> {
    Arrival {
        at: delivery.received_at,
        now: platform::now(),
        raw,
        text,
        document,
        sha256: &delivery.sha256,
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
