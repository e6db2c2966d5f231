//! A job object's own storage, by what lies in it.
//!
//! Every value is one JSON string or plain text; one that is too long for a
//! single value is split. Reads and writes are synchronous: what is written
//! before the next await is one transaction, and until then no other event
//! comes to the object. Whoever awaits anything must read again. An answer
//! waits for the disk (the output gate), not the code.

use crate::domain::archive::kv_copy::LeftCopy;
use crate::domain::archive::tombstone::Tombstone;
use crate::domain::gateway::idempotency::Passes;
use crate::domain::job::record::{FORMAT, Job};
use crate::domain::job::timeline::Entry;
use crate::domain::json;
use crate::domain::names::ObjectName;
use crate::domain::protocol::{MAX_OBJECT_TEXT, Parked};
use crate::edge::platform::{During, Failure};
use js_sys::{Array, Object, Reflect};
use serde::Serialize;
use std::cell::{Cell, RefCell};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use worker::{Error, Storage};

const ALIAS: &str = "alias";
const LEFT_COPY: &str = "leftCopy";
const RECORD: &str = "record";
const RESULT: &str = "result";
const PARKED: &str = "parked";
const TOMBSTONE: &str = "tombstone";
const UPLOAD: &str = "upload/";
const EVENT: &str = "event/";
const PASSES: &str = "passes";
const USES: &str = "uses";
const PROBE: &str = "probe";

/// What stands in place of a text that is split, before the number of its
/// parts. No JSON text and no name begins so.
const SPLIT: &str = "parts:";

#[wasm_bindgen]
extern "C" {
    /// The object's keys and values by synchronous calls, which `worker` does
    /// not know: a promise for each would cost more than the call.
    type Kv;
    #[wasm_bindgen(method, catch)]
    fn get(this: &Kv, key: &str) -> Result<Option<String>, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn put(this: &Kv, key: &str, value: &str) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch)]
    fn delete(this: &Kv, key: &str) -> Result<bool, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn list(this: &Kv, options: &Object) -> Result<JsValue, JsValue>;
}

/// What an object is.
pub enum Slot {
    /// Nothing yet.
    Empty,
    /// A job's home.
    Job(Box<Job>),
    /// A name that leads to a job's home.
    Alias(ObjectName),
    /// What stays of a deleted job.
    Deleted(Box<Tombstone>),
}

/// The storage of one object.
pub struct Store {
    storage: Storage,
    kv: Kv,
    /// The record as it was last read or written, while an event is at work:
    /// an alarm's run looks at it again after each await. An object at rest
    /// holds none, nor the room for one, as there are thousands.
    record: RefCell<Option<Box<Job>>>,
    /// Whether an upload may be noted: a dead run may have left one.
    may_upload: Cell<bool>,
}

impl Store {
    /// Wraps an object's storage.
    pub fn new(storage: Storage) -> Self {
        // Without it every call below fails, and says so.
        let kv = Reflect::get(storage.as_raw(), &JsValue::from_str("kv")).unwrap_or_default();
        let (record, may_upload) = (RefCell::default(), Cell::new(true));
        Self { storage, kv: kv.unchecked_into(), record, may_upload }
    }

    /// Lets go of the record in memory: an event has come to its end.
    pub fn rest(&self) {
        self.record.take();
    }

    /// The storage behind it, for the alarm.
    pub const fn storage(&self) -> &Storage {
        &self.storage
    }

    /// What the object is.
    pub fn slot(&self) -> Result<Slot, Failure> {
        if let Some(job) = self.record.borrow().as_ref() {
            return Ok(Slot::Job(job.clone()));
        }
        if let Some(text) = self.text(RECORD)? {
            let job = Box::new(read_job(&text)?);
            self.record.replace(Some(job.clone()));
            return Ok(Slot::Job(job));
        }
        if let Some(name) = self.text(ALIAS)? {
            return ObjectName::try_from(name).during("reading the alias").map(Slot::Alias);
        }
        let Some(text) = self.text(TOMBSTONE)? else { return Ok(Slot::Empty) };
        json::from_str(&text).during("reading what stays of a job").map(Slot::Deleted)
    }

    /// What the object is, as it is written: for telling whether it has changed.
    pub fn raw(&self) -> Result<(Option<String>, Option<String>), Failure> {
        Ok((self.text(RECORD)?, self.text(ALIAS)?))
    }

    /// The job, if the object is one's home.
    pub fn job(&self) -> Result<Option<Job>, Failure> {
        Ok(match self.slot()? {
            Slot::Job(job) => Some(*job),
            Slot::Empty | Slot::Alias(_) | Slot::Deleted(_) => None,
        })
    }

    /// Writes the record.
    pub fn save(&self, job: &Job) -> Result<(), Failure> {
        self.record.take();
        self.put_json(RECORD, job)?;
        self.record.replace(Some(Box::new(job.clone())));
        Ok(())
    }

    /// Writes a timeline entry.
    pub fn save_entry(&self, entry: &Entry) -> Result<(), Failure> {
        self.put_json(&entry_key(entry.n), entry)
    }

    /// Writes the body of timeline entry `n`.
    pub fn save_body(&self, n: u32, text: &str) -> Result<(), Failure> {
        self.put(&body_key(n), text)
    }

    /// Notes that entry `n` had this body.
    pub fn save_seen(&self, sha256: &str, n: u32) -> Result<(), Failure> {
        self.put(&seen_key(sha256), &n.to_string())
    }

    /// Writes the result's text.
    pub fn save_result(&self, text: &str) -> Result<(), Failure> {
        self.put(RESULT, text)
    }

    /// Notes a multipart upload before its first part is sent, so that it can
    /// be aborted should its run die.
    pub fn note_upload(&self, key: &str, id: &str) -> Result<(), Failure> {
        self.may_upload.set(true);
        self.put(&upload_key(key), id)
    }

    /// Notes what the next run is to delete from the bucket: an upload without
    /// an id.
    pub fn doom(&self, key: &str) -> Result<(), Failure> {
        self.note_upload(key, "")
    }

    /// Forgets an upload that has come to its end.
    pub fn forget_upload(&self, key: &str) -> Result<(), Failure> {
        self.remove(&upload_key(key))
    }

    /// The uploads that are noted: bucket key and id.
    pub fn uploads(&self) -> Result<Vec<(String, String)>, Failure> {
        if !self.may_upload.get() {
            return Ok(Vec::new());
        }
        let pairs = self.list(&[("prefix", UPLOAD.into())])?;
        self.may_upload.set(!pairs.is_empty());
        let pairs = pairs.into_iter();
        Ok(pairs.filter_map(|(key, id)| Some((key.strip_prefix(UPLOAD)?.to_owned(), id))).collect())
    }

    /// What waits here for the bucket.
    pub fn parked(&self) -> Result<Option<Parked>, Failure> {
        let text = self.text(PARKED)?;
        text.map(|text| json::from_str(&text).during("reading what is parked")).transpose()
    }

    /// Keeps it.
    pub fn save_parked(&self, parked: &Parked) -> Result<(), Failure> {
        self.put_json(PARKED, parked)
    }

    /// The submissions that a gate has noted, in a ticket's gate at a place.
    pub fn passes(&self, place: Option<&str>) -> Result<Passes, Failure> {
        let Some(text) = self.text(&passes_key(place))? else { return Ok(Passes::default()) };
        json::from_str(&text).during("reading a gate")
    }

    /// Keeps them; nothing is kept of none.
    pub fn save_passes(&self, place: Option<&str>, passes: &Passes) -> Result<(), Failure> {
        let key = passes_key(place);
        if passes.ends_at().is_none() { self.remove(&key) } else { self.put_json(&key, passes) }
    }

    /// How often what the gate guards was used.
    pub fn uses(&self) -> Result<u32, Failure> {
        let text = self.text(USES)?;
        Ok(text.and_then(|text| text.parse().ok()).unwrap_or(0))
    }

    /// Keeps it.
    pub fn save_uses(&self, uses: u32) -> Result<(), Failure> {
        self.put(USES, &uses.to_string())
    }

    /// Writes a text, reads it, and leaves nothing. For a gate that holds
    /// nothing else.
    pub async fn probe(&self, text: &str) -> Result<Option<String>, Failure> {
        let read = self.put(PROBE, text).and_then(|()| self.get(PROBE));
        let deleted = self.storage.delete_all().await;
        let read = read?;
        deleted.during("deleting from an object").map(|()| read)
    }

    /// Makes the object lead to `home`.
    pub fn become_alias(&self, home: &ObjectName) -> Result<(), Failure> {
        self.record.take();
        self.put(ALIAS, &home.to_string())?;
        self.remove(RECORD)
    }

    /// Puts what stays of a deleted job in the place of its record, at once.
    pub fn bury(&self, tombstone: &Tombstone) -> Result<(), Failure> {
        self.record.take();
        self.save_tombstone(tombstone)?;
        self.remove(RECORD)
    }

    /// Writes what stays of a deleted job.
    pub fn save_tombstone(&self, tombstone: &Tombstone) -> Result<(), Failure> {
        self.put_json(TOMBSTONE, tombstone)
    }

    /// Deletes what a job left here that has moved away.
    pub fn forget_all_but_alias(&self) -> Result<(), Failure> {
        self.forget_all_but(|key| key == ALIAS || key == LEFT_COPY)
    }

    /// The copy in KV that such a job may have left.
    pub fn left_copy(&self) -> Result<Option<LeftCopy>, Failure> {
        let text = self.text(LEFT_COPY)?;
        text.map(|text| json::from_str(&text).during("reading what a job left")).transpose()
    }

    /// Keeps it in mind.
    pub fn save_left_copy(&self, left: &LeftCopy) -> Result<(), Failure> {
        self.put_json(LEFT_COPY, left)
    }

    /// It is gone.
    pub fn forget_left_copy(&self) -> Result<(), Failure> {
        self.remove(LEFT_COPY)
    }

    /// Deletes what a deleted job left. Uploads stay noted until they are
    /// aborted.
    pub fn forget_all_but_tombstone(&self) -> Result<(), Failure> {
        self.forget_all_but(|key| key == TOMBSTONE || key.starts_with(UPLOAD))
    }

    fn forget_all_but(&self, stays: impl Fn(&str) -> bool) -> Result<(), Failure> {
        /// Keys that are deleted at a time; their values, up to 256 KiB each,
        /// come along.
        const KEYS: u32 = 32;
        self.record.take();
        let mut from = String::new();
        loop {
            let pairs = self.list(&[("start", from.as_str().into()), ("limit", KEYS.into())])?;
            let Some((last, _)) = pairs.last() else { return Ok(()) };
            from = format!("{last}\0");
            let keys = pairs.iter().map(|(key, _)| key.as_str());
            keys.filter(|key| !stays(key)).try_for_each(|key| self.remove(key))?;
        }
    }

    /// Deletes everything, so that nothing shows that the object was used.
    pub async fn forget_everything(&self) -> Result<(), Failure> {
        self.record.take();
        self.storage.delete_alarm().await.during("clearing the alarm")?;
        self.storage.delete_all().await.during("deleting the object's storage")
    }

    /// The entry that had this body, if it was not itself a duplicate.
    pub fn seen(&self, sha256: &str) -> Result<Option<u32>, Failure> {
        Ok(self.text(&seen_key(sha256))?.and_then(|n| n.parse().ok()))
    }

    /// The result's text, if it is in the object.
    pub fn result(&self) -> Result<Option<String>, Failure> {
        self.text(RESULT)
    }

    /// The body of entry `n`, if it is in the object.
    pub fn body(&self, n: u32) -> Result<Option<String>, Failure> {
        self.text(&body_key(n))
    }

    /// Timeline entry `n`.
    pub fn entry(&self, n: u32) -> Result<Option<Entry>, Failure> {
        let text = self.text(&entry_key(n))?;
        text.map(|text| json::from_str(&text).during("reading the timeline")).transpose()
    }

    /// At most `limit` timeline entries after number `after`.
    pub fn entries(&self, after: u32, limit: usize) -> Result<Vec<Entry>, Failure> {
        let first = entry_key(after.saturating_add(1));
        let (start, limit) = (first.as_str().into(), limit.into());
        let pairs = self.list(&[("prefix", EVENT.into()), ("start", start), ("limit", limit)])?;
        let read = |(_, text): (_, String)| json::from_str(&text).during("reading the timeline");
        pairs.into_iter().map(read).collect()
    }

    /// The keys of timeline entries that are kept elsewhere, with their bodies
    /// and what tells repetitions of them. That stays for an entry that is
    /// still here, and for number `last_applied`: to repeat that would change
    /// the job.
    pub fn keys_of(&self, entries: &[Entry], last_applied: u32) -> Result<Vec<String>, Failure> {
        let last = entries.last().map_or(0, |entry| entry.n);
        let mut keys = Vec::new();
        for entry in entries {
            keys.extend([entry_key(entry.n), body_key(entry.n)]);
            let Some(sha256) = &entry.sha256 else { continue };
            let seen = self.seen(sha256)?;
            if seen.is_some_and(|seen| seen <= last && seen != last_applied) {
                keys.push(seen_key(sha256));
            }
        }
        Ok(keys)
    }

    /// Deletes the body of entry `n`, with its parts.
    pub fn forget_body(&self, n: u32) -> Result<(), Failure> {
        let key = body_key(n);
        let parts = self.get(&key)?.as_deref().and_then(parts_of).unwrap_or(0);
        let mut keys: Vec<String> = (0..parts).map(|at| part_key(&key, at)).collect();
        keys.push(key);
        self.delete(&keys)
    }

    /// Deletes the values of these keys.
    pub fn delete(&self, keys: &[String]) -> Result<(), Failure> {
        keys.iter().try_for_each(|key| self.remove(key))
    }

    fn put_json(&self, key: &str, value: &impl Serialize) -> Result<(), Failure> {
        let text = serde_json::to_string(value).during("writing to the object")?;
        self.put(key, &text)
    }

    fn put(&self, key: &str, text: &str) -> Result<(), Failure> {
        let put = |key: &str, text: &str| {
            self.kv.put(key, text).map_err(Error::from).during("writing to the object")
        };
        let pieces = split(text);
        if pieces.len() == 1 {
            return put(key, text);
        }
        put(key, &format!("{SPLIT}{}", pieces.len()))?;
        let mut parts = pieces.iter().enumerate();
        parts.try_for_each(|(at, piece)| put(&part_key(key, at), piece))
    }

    fn remove(&self, key: &str) -> Result<(), Failure> {
        self.kv.delete(key).map_err(Error::from).during("deleting from the object").map(drop)
    }

    /// Keys and values, in the keys' order, by the options of the platform.
    fn list(&self, options: &[(&str, JsValue)]) -> Result<Vec<(String, String)>, Failure> {
        let object = Object::new();
        for (name, value) in options {
            // An object of our own takes any property.
            let _set = Reflect::set(&object, &JsValue::from_str(name), value);
        }
        let found = self.kv.list(&object).map_err(Error::from).during("listing the object")?;
        let pair = |pair: JsValue| {
            let pair: Array = pair.unchecked_into();
            Some((pair.get(0).as_string()?, pair.get(1).as_string()?))
        };
        Ok(Array::from(&found).iter().filter_map(pair).collect())
    }

    fn text(&self, key: &str) -> Result<Option<String>, Failure> {
        let Some(text) = self.get(key)? else { return Ok(None) };
        let Some(parts) = parts_of(&text) else { return Ok(Some(text)) };
        let mut whole = String::new();
        for at in 0..parts {
            let part = self.get(&part_key(key, at))?;
            let gone = || Failure(format!("reading from the object: a part of {key} is gone"));
            whole.push_str(&part.ok_or_else(gone)?);
        }
        Ok(Some(whole))
    }

    fn get(&self, key: &str) -> Result<Option<String>, Failure> {
        self.kv.get(key).map_err(Error::from).during("reading from the object")
    }
}

/// A text in pieces that fit into one value each, cut between characters.
fn split(text: &str) -> Vec<&str> {
    let (mut pieces, mut rest) = (Vec::new(), text);
    while rest.len() > MAX_OBJECT_TEXT {
        let (piece, more) = rest.split_at(rest.floor_char_boundary(MAX_OBJECT_TEXT));
        pieces.push(piece);
        rest = more;
    }
    pieces.push(rest);
    pieces
}

fn parts_of(text: &str) -> Option<usize> {
    text.strip_prefix(SPLIT)?.parse().ok()
}

fn part_key(key: &str, at: usize) -> String {
    format!("part/{key}/{at:05}")
}

fn read_job(text: &str) -> Result<Job, Failure> {
    let job: Job = json::from_str(text).during("reading the record")?;
    if job.format > FORMAT {
        return Err(Failure(format!("the record has format {}, newer than {FORMAT}", job.format)));
    }
    Ok(job)
}

fn passes_key(place: Option<&str>) -> String {
    place.map_or_else(|| PASSES.to_owned(), |place| format!("{PASSES}/{place}"))
}

fn upload_key(key: &str) -> String {
    format!("{UPLOAD}{key}")
}

fn entry_key(n: u32) -> String {
    format!("{EVENT}{n:08}")
}

fn body_key(n: u32) -> String {
    format!("body/{n:08}")
}

fn seen_key(sha256: &str) -> String {
    format!("seen/{sha256}")
}
