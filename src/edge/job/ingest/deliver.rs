//! Takes a delivery, and makes it durable before it is answered.

use super::apply::{apply, new_job};
use super::body;
use crate::domain::file::skeleton::{Gap, Skeleton};
use crate::domain::ingest::arrival::{Arrival, Origin};
use crate::domain::ingest::delivery::{DeliveredBody, Delivery, LongBody};
use crate::domain::ingest::document::{BodyText, Document};
use crate::domain::ingest::rules::ReadRules;
use crate::domain::job::timeline::{BodyAt, Trust};
use crate::domain::names::ObjectName;
use crate::domain::protocol::ingest::Delivered;
use crate::domain::protocol::outcome::Routed;
use crate::domain::webhook::event::EventKind;
use crate::edge::bodies::scan;
use crate::edge::job::home::Home;
use crate::edge::platform::{self, Failure};

/// The note of a delivery whose body can't be read.
const IS_ASKED: &str = "the upstream is asked for the result";

/// Applies a delivery.
pub async fn deliver(
    home: &Home,
    name: ObjectName,
    mut delivery: Delivery,
) -> Result<Routed<Delivered>, Failure> {
    let Opened { raw, at, gaps, is_shallow, mut document } = open(home, &mut delivery).await?;
    if let Some(why) = &document.unreadable {
        let notes = delivery.note.take().into_iter().chain([format!("{why}; {IS_ASKED}")]);
        delivery.note = Some(notes.collect::<Vec<_>>().join("; "));
    }
    if must_be_confirmed(home, &document, delivery.trust) {
        document.confirm();
    }
    let text = document.text(&raw);
    let shallow = is_shallow.then_some(delivery.sha256.as_str());
    let read = BodyText { text: &text, gaps: &gaps, shallow };
    let mut arrival = arrival((&raw, read), document, at, &delivery);
    arrival.has_operator = home.config.handoff_url.is_some();
    let new_job = new_job(name, delivery.received_at, delivery.origin.clone());
    apply(home, new_job, arrival, delivery.moved.as_ref(), delivery.may_tell).await
}

/// A delivery's body, ready for its job.
struct Opened {
    /// The body's bytes, or those of its skeleton.
    raw: Vec<u8>,
    /// Where the body is stored.
    at: BodyAt,
    /// The parts that the skeleton leaves out.
    gaps: Vec<Gap>,
    /// Whether only the top level of the body is known.
    is_shallow: bool,
    document: Document,
}

impl Opened {
    const fn whole(raw: Vec<u8>, at: BodyAt, document: Document) -> Self {
        Self { raw, at, gaps: Vec::new(), is_shallow: false, document }
    }
}

async fn open(home: &Home, delivery: &mut Delivery) -> Result<Opened, Failure> {
    match (&delivery.body, delivery.document.take()) {
        (DeliveredBody::Bucket(key), None) => {
            let key = key.clone();
            open_long(home, key, delivery).await
        }
        // Only a body with a result needs to be read.
        (DeliveredBody::Bucket(key), Some(document)) if document.result.is_none() => {
            Ok(Opened::whole(Vec::new(), BodyAt::Bucket(key.clone()), document))
        }
        (_, document) => {
            let (raw, at) = body::read(home, &mut delivery.body).await?;
            let document = match document {
                Some(document) => document,
                None => read(&raw, rules(home, delivery)?),
            };
            Ok(Opened::whole(raw, at, document))
        }
    }
}

/// Opens a body that is too long for memory, by the skeleton that came with it,
/// or by scanning it now.
async fn open_long(home: &Home, key: String, delivery: &mut Delivery) -> Result<Opened, Failure> {
    let LongBody { skeleton, bytes } = match delivery.skeleton.take() {
        Some(read) => read,
        None => scan(&home.env, &key).await?,
    };
    let rules = rules(home, delivery)?;
    let document = match Document::read_skeleton(&skeleton, bytes, &delivery.sha256, rules) {
        Ok((document, _)) => document,
        Err(why) => Document::unreadable(bytes, why.to_string()),
    };
    let Skeleton { text, gaps, is_shallow, .. } = skeleton;
    Ok(Opened { raw: text, at: BodyAt::Bucket(key), gaps, is_shallow, document })
}

/// Returns the rules for a body that is read here. It is of the sender that it
/// came with, else of the job's own.
fn rules<'a>(home: &'a Home, delivery: &Delivery) -> Result<ReadRules<'a>, Failure> {
    let own = match delivery.from {
        Some(sender) => Some(sender),
        None => home.store.job()?.and_then(|job| job.kind().provider),
    };
    Ok(home.config.read_rules().for_sender(own))
}

fn read(raw: &[u8], rules: ReadRules<'_>) -> Document {
    match Document::read(raw, rules) {
        Ok((document, _)) => document,
        Err(why) => Document::unreadable(raw.len(), why.to_string()),
    }
}

/// Returns whether the upstream must confirm a result, because only a token
/// vouches for it.
fn must_be_confirmed(home: &Home, document: &Document, trust: Trust) -> bool {
    let is_weak = trust == Trust::Token && document.told.kind == EventKind::Completed;
    is_weak && home.config.verify_results
}

fn arrival<'a>(
    (raw, read): (&'a [u8], BodyText<'a>),
    document: Document,
    body: BodyAt,
    delivery: &'a Delivery,
) -> Arrival<'a> {
    Arrival {
        at: delivery.received_at,
        now: platform::now(),
        raw,
        read,
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
        cost: delivery.moved.as_ref().and_then(|moved| moved.cost.as_deref()),
        archived: delivery.moved.as_ref().map_or(&[], |moved| &moved.archived),
    }
}
