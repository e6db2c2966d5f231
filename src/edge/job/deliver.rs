//! Takes a delivery: durable before it is answered.

use super::Job;
use crate::domain::file::discover::{Discovery, discover_in};
use crate::domain::ingest::apply::{Applied, Arrival, apply};
use crate::domain::job::record::{Birth, Job as Record};
use crate::domain::job::timeline::{BodyAt, Outcome, Trust};
use crate::domain::json;
use crate::domain::keys::StorageKey;
use crate::domain::names::ObjectName;
use crate::domain::protocol::{DeliveredBody, Delivery, MAX_OBJECT_TEXT, Moved, Reply};
use crate::domain::time::Timestamp;
use crate::domain::webhook::event::{Event, EventKind};
use crate::edge::platform::{self, During, Failure};
use crate::edge::storage::bucket;
use crate::edge::storage::object::{Slot, Store};

/// What follows from a delivery that no one can read.
const IS_ASKED: &str = "the upstream is asked for the result";

impl Job {
    /// Applies a delivery.
    pub(super) async fn deliver(
        &self,
        name: ObjectName,
        mut delivery: Delivery,
    ) -> Result<Reply, Failure> {
        let (raw, at) = self.body_of(&mut delivery.body).await?;
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
        if self.must_be_confirmed(&event, delivery.trust) {
            event.kind = EventKind::Ready;
        }
        let mut arrival = arrival((&raw, text), event, at, &delivery);
        arrival.is_unreadable = is_unreadable;
        arrival.has_operator = self.config.handoff_url.is_some();
        let birth = birth(name, delivery.received_at, delivery.origin.clone());
        self.land(birth, arrival, delivery.moved.as_ref()).await
    }

    /// Whether a result that only a token vouches for is to be had from the
    /// upstream instead.
    fn must_be_confirmed(&self, event: &Event<'_>, trust: Trust) -> bool {
        let is_weak = trust == Trust::Token && event.kind == EventKind::Completed;
        is_weak && self.config.verify_results
    }

    /// Applies what has come to the job, and finds the files in it; all that
    /// awaits more than storage was done before.
    ///
    /// 1. Read, decide, write: atomic, as only storage is awaited.
    /// 2. The alarm for what follows, before the write that makes it due: one
    ///    that rings for nothing is harmless, one that is missing is not.
    pub(super) async fn land(
        &self,
        birth: Birth,
        mut arrival: Arrival<'_>,
        moved: Option<&Moved>,
    ) -> Result<Reply, Failure> {
        let store = &self.store;
        loop {
            let job = match store.slot()? {
                Slot::Alias(home) => return Ok(Reply::Elsewhere(home)),
                Slot::Deleted(tombstone) => return Ok(Reply::Deleted(tombstone.id)),
                Slot::Job(job) => Some(*job),
                Slot::Empty => None,
            };
            if let Some(why) = job.as_ref().and_then(|job| job.refuses(&arrival)) {
                return Ok(Reply::OtherProvider(why));
            }
            arrival.found = self.find_files(&arrival, job.as_ref());
            arrival.seen = store.seen(arrival.sha256)?;
            if let Some(reply) = moved_before(store, job.as_ref(), moved)? {
                return Ok(reply);
            }
            let mut applied = apply(job, birth.clone(), &arrival); // (1)
            if !self.offload(&mut applied, arrival.sha256).await? {
                continue;
            }
            let reply = reply(&applied);
            self.arm(&applied.job).await?; // (2)
            keep(store, &applied, &arrival, moved)?;
            self.note(&applied.job, Some(&applied.entry))?;
            return Ok(reply);
        }
    }

    /// Finds the files in a result; what was put into the job is none of it.
    fn find_files(&self, arrival: &Arrival<'_>, job: Option<&Record>) -> Discovery {
        let Arrival { text, event, .. } = arrival;
        let input = job.and_then(|job| job.input.as_deref());
        match event.kind {
            EventKind::Completed => discover_in(text, event, &self.config.sources, input),
            _ => Discovery::default(),
        }
    }

    /// Takes a body out, or reads it, as it came.
    pub(super) async fn body_of(
        &self,
        body: &mut DeliveredBody,
    ) -> Result<(Vec<u8>, BodyAt), Failure> {
        match body {
            DeliveredBody::Text(text) => Ok((std::mem::take(text).into_bytes(), BodyAt::Object)),
            DeliveredBody::Bucket(key) => {
                let raw = bucket::bytes(&bucket::open(&self.env)?, key).await?;
                let raw = raw.ok_or_else(|| Failure("a delivery's body is gone".to_owned()))?;
                Ok((raw, BodyAt::Bucket(key.clone())))
            }
        }
    }

    /// Keeps a text that the vault has asked for, as a delivery's body is kept.
    pub(super) async fn keep_body(&self, home: &ObjectName, text: &str, sha256: &str) -> BodyAt {
        if text.len() <= MAX_OBJECT_TEXT {
            return BodyAt::Object;
        }
        let key = StorageKey::Body { home, sha256 }.path();
        match bucket::put_json_or_return(&self.env, &key, text.as_bytes().to_vec()).await {
            Ok(()) => BodyAt::Bucket(key),
            Err((Failure(why), _)) => {
                platform::log_error(&why);
                BodyAt::Object
            }
        }
    }

    /// Puts a long result into the bucket; while there is none, it stays in the
    /// object. Another delivery may come in meanwhile: `false` then, decide
    /// anew.
    pub(super) async fn offload(
        &self,
        applied: &mut Applied,
        sha256: &str,
    ) -> Result<bool, Failure> {
        match applied.result.take_if(|text| text.len() > MAX_OBJECT_TEXT) {
            Some(text) => Box::pin(self.put_result(applied, text, sha256)).await,
            None => Ok(true),
        }
    }

    async fn put_result(
        &self,
        applied: &mut Applied,
        text: String,
        sha256: &str,
    ) -> Result<bool, Failure> {
        let job = &mut applied.job;
        let delivery = applied.entry.n;
        let key = StorageKey::Result { home: &job.home, delivery, sha256 }.path();
        let before = self.store.raw()?;
        match bucket::put_json_or_return(&self.env, &key, text.into_bytes()).await {
            Ok(()) => {
                if let Some(result) = &mut job.result {
                    result.key = Some(key);
                }
            }
            Err((Failure(why), text)) => {
                platform::log_error(&why);
                applied.result = Some(String::from_utf8(text).during("reading a result")?);
            }
        }
        Ok(self.store.raw()? == before)
    }
}

/// The answer to a delivery that has been moved here already: the mover died
/// before it could note so.
fn moved_before(
    store: &Store,
    job: Option<&Record>,
    moved: Option<&Moved>,
) -> Result<Option<Reply>, Failure> {
    let (Some(job), Some(moved)) = (job, moved) else { return Ok(None) };
    let seen = store.seen(&moved.key)?;
    Ok(seen.map(|_| Reply::Delivered { id: job.public_id(), event_type: None, duplicate: true }))
}

/// What a job is made of that is first heard of now.
pub(super) fn birth(home: ObjectName, at: Timestamp, origin: String) -> Birth {
    Birth { home, at, nonce: hex::encode(platform::random::<16>()), origin }
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
        trust: Some(delivery.trust),
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

fn reply(applied: &Applied) -> Reply {
    Reply::Delivered {
        id: applied.job.public_id(),
        event_type: applied.entry.event_type.clone(),
        duplicate: applied.entry.outcome == Outcome::Duplicate,
    }
}

/// Writes what goes with the record and its timeline entry.
fn keep(
    store: &Store,
    applied: &Applied,
    arrival: &Arrival<'_>,
    moved: Option<&Moved>,
) -> Result<(), Failure> {
    let n = applied.entry.n;
    if arrival.body == BodyAt::Object {
        store.save_body(n, std::str::from_utf8(arrival.raw).during("keeping a delivery")?)?;
    }
    if !matches!(applied.entry.outcome, Outcome::Duplicate | Outcome::Heal) {
        store.save_seen(arrival.sha256, n)?;
    }
    if let Some(moved) = moved {
        store.save_seen(&moved.key, n)?;
    }
    match &applied.result {
        Some(result) => store.save_result(result),
        None => Ok(()),
    }
}
