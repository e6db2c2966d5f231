//! A job object's own storage, by what lies in it.
//!
//! Every value is one JSON string or plain text; one that is too long for a
//! single value is split. Between a read and the write
//! that depends on it there are only storage awaits, during which the runtime
//! delivers no other event to the object (its input gate): that makes each
//! such pair atomic. Whoever awaits anything else must read again.

use super::platform::{During, Failure};
use crate::domain::edge_copy::LeftCopy;
use crate::domain::gateway::pass::Passes;
use crate::domain::job::{FORMAT, Job};
use crate::domain::json;
use crate::domain::names::ObjectName;
use crate::domain::protocol::{MAX_OBJECT_TEXT, Parked};
use crate::domain::timeline::Entry;
use crate::domain::tombstone::Tombstone;
use futures_util::future::{try_join, try_join_all};
use wasm_bindgen::{JsCast, JsValue};
use worker::{ListOptions, Storage};

const ALIAS: &str = "alias";
const LEFT_COPY: &str = "leftCopy";
const RECORD: &str = "record";
const RESULT: &str = "result";
const PARKED: &str = "parked";
const TOMBSTONE: &str = "tombstone";
const UPLOAD: &str = "upload/";
const PASSES: &str = "passes";
const USES: &str = "uses";
const PROBE: &str = "probe";

/// What stands in place of a text that is split, before the number of its
/// parts. No JSON text and no name begins so.
const SPLIT: &str = "parts:";
/// Most values that are written or deleted at once; the platform's limit is 128.
const MAX_AT_ONCE: usize = 100;

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
pub struct Store(Storage);

/// Values that are written together or not at all.
#[derive(Default)]
pub struct Batch(Vec<(String, String)>);

impl Batch {
    /// The record.
    pub fn job(&mut self, job: &Job) -> Result<(), Failure> {
        let text = serde_json::to_string(job).during("writing the record")?;
        self.0.push((RECORD.to_owned(), text));
        Ok(())
    }

    /// A timeline entry.
    pub fn entry(&mut self, entry: &Entry) -> Result<(), Failure> {
        let text = serde_json::to_string(entry).during("writing the timeline")?;
        self.0.push((entry_key(entry.n), text));
        Ok(())
    }

    /// The body of timeline entry `n`.
    pub fn body(&mut self, n: u32, text: &str) {
        self.0.push((body_key(n), text.to_owned()));
    }

    /// That entry `n` had this body.
    pub fn seen(&mut self, sha256: &str, n: u32) {
        self.0.push((seen_key(sha256), n.to_string()));
    }

    /// The result's text.
    pub fn result(&mut self, text: String) {
        self.0.push((RESULT.to_owned(), text));
    }
}

impl Store {
    /// The storage behind it, for the alarm.
    pub const fn storage(&self) -> &Storage {
        &self.0
    }

    /// Wraps an object's storage.
    pub const fn new(storage: Storage) -> Self {
        Self(storage)
    }

    /// What the object is.
    pub async fn slot(&self) -> Result<Slot, Failure> {
        let record = self.text(RECORD).await?;
        self.slot_of(record).await
    }

    /// What the object is, and what [`Self::result`] is: read at once.
    pub async fn slot_and_result(&self) -> Result<(Slot, Option<String>), Failure> {
        let [record, result] = self.texts([RECORD, RESULT]).await?;
        Ok((self.slot_of(record).await?, result))
    }

    /// What the object is, and what [`Self::seen`] is: read at once.
    pub async fn slot_and_seen(&self, sha256: &str) -> Result<(Slot, Option<u32>), Failure> {
        let [record, seen] = self.texts([RECORD, &seen_key(sha256)]).await?;
        Ok((self.slot_of(record).await?, seen.and_then(|n| n.parse().ok())))
    }

    async fn slot_of(&self, record: Option<String>) -> Result<Slot, Failure> {
        if let Some(text) = record {
            return read_job(&text).map(|job| Slot::Job(Box::new(job)));
        }
        let [alias, tombstone] = self.texts([ALIAS, TOMBSTONE]).await?;
        if let Some(name) = alias {
            return ObjectName::try_from(name).during("reading the alias").map(Slot::Alias);
        }
        let Some(text) = tombstone else { return Ok(Slot::Empty) };
        json::from_str(&text).during("reading what stays of a job").map(Slot::Deleted)
    }

    /// What the object is, as it is written: for telling whether it has changed.
    pub async fn raw(&self) -> Result<(Option<String>, Option<String>), Failure> {
        Ok((self.text(RECORD).await?, self.text(ALIAS).await?))
    }

    /// The job, if the object is one's home.
    pub async fn job(&self) -> Result<Option<Job>, Failure> {
        Ok(match self.slot().await? {
            Slot::Job(job) => Some(*job),
            Slot::Empty | Slot::Alias(_) | Slot::Deleted(_) => None,
        })
    }

    /// Writes all of `batch` or nothing: what is put without a pause in between
    /// is one transaction.
    pub async fn write(&self, batch: Batch) -> Result<(), Failure> {
        let (mut whole, mut parts) = (Vec::new(), Vec::new());
        for (key, text) in batch.0 {
            let pieces = split(&text);
            if pieces.len() == 1 {
                whole.push((key, text));
                continue;
            }
            whole.push((key.clone(), format!("{SPLIT}{}", pieces.len())));
            let named = pieces.iter().enumerate();
            parts.extend(named.map(|(at, piece)| (part_key(&key, at), (*piece).to_owned())));
        }
        whole.append(&mut parts);
        try_join_all(whole.chunks(MAX_AT_ONCE).map(|some| self.put(some))).await.map(drop)
    }

    async fn put(&self, pairs: &[(String, String)]) -> Result<(), Failure> {
        let values = js_sys::Object::new();
        for (key, text) in pairs {
            js_sys::Reflect::set(&values, &JsValue::from_str(key), &JsValue::from_str(text))
                .map_err(|_| Failure("collecting values to write".to_owned()))?;
        }
        self.0.put_multiple_raw(values).await.during("writing to the object")
    }

    /// Writes the record alone.
    pub async fn save(&self, job: &Job) -> Result<(), Failure> {
        let mut batch = Batch::default();
        batch.job(job)?;
        self.write(batch).await
    }

    /// Notes a multipart upload before its first part is sent, so that it can
    /// be aborted should its run die.
    pub async fn note_upload(&self, key: &str, id: &str) -> Result<(), Failure> {
        self.write(Batch(vec![(upload_key(key), id.to_owned())])).await
    }

    /// Forgets an upload that has come to its end.
    pub async fn forget_upload(&self, key: &str) -> Result<(), Failure> {
        self.delete(&[upload_key(key)]).await
    }

    /// The uploads that are noted: bucket key and id.
    pub async fn uploads(&self) -> Result<Vec<(String, String)>, Failure> {
        let options = ListOptions::new().prefix(UPLOAD);
        let map = self.0.list_with_options(options).await.during("listing uploads")?;
        let text = |value: Result<JsValue, JsValue>| value.ok()?.as_string();
        let keys = map.keys().into_iter().map(text);
        let pairs = keys.zip(map.values().into_iter().map(text));
        let named =
            |(key, id): (Option<String>, _)| Some((key?.strip_prefix(UPLOAD)?.to_owned(), id?));
        Ok(pairs.filter_map(named).collect())
    }

    /// What waits here for the bucket.
    pub async fn parked(&self) -> Result<Option<Parked>, Failure> {
        let text = self.text(PARKED).await?;
        text.map(|text| json::from_str(&text).during("reading what is parked")).transpose()
    }

    /// Keeps it.
    pub async fn save_parked(&self, parked: &Parked) -> Result<(), Failure> {
        let text = serde_json::to_string(parked).during("writing what is parked")?;
        self.write(Batch(vec![(PARKED.to_owned(), text)])).await
    }

    /// The submissions that a gate has noted.
    pub async fn passes(&self) -> Result<Passes, Failure> {
        let Some(text) = self.text(PASSES).await? else { return Ok(Passes::default()) };
        json::from_str(&text).during("reading a gate")
    }

    /// Keeps them; nothing is kept of none.
    pub async fn save_passes(&self, passes: &Passes) -> Result<(), Failure> {
        if passes.ends_at().is_none() {
            return self.delete(&[PASSES.to_owned()]).await;
        }
        let text = serde_json::to_string(passes).during("writing a gate")?;
        self.write(Batch(vec![(PASSES.to_owned(), text)])).await
    }

    /// How often what the gate guards was used.
    pub async fn uses(&self) -> Result<u32, Failure> {
        let text = self.text(USES).await?;
        Ok(text.and_then(|text| text.parse().ok()).unwrap_or(0))
    }

    /// Keeps it.
    pub async fn save_uses(&self, uses: u32) -> Result<(), Failure> {
        self.write(Batch(vec![(USES.to_owned(), uses.to_string())])).await
    }

    /// Deletes all that a gate has noted.
    pub async fn forget_gate(&self) -> Result<(), Failure> {
        self.delete(&[PASSES.to_owned(), USES.to_owned()]).await
    }

    /// Writes a text, reads it, and leaves nothing. For a gate that holds
    /// nothing else.
    pub async fn probe(&self, text: &str) -> Result<Option<String>, Failure> {
        let read = async {
            self.0.put(PROBE, text).await.during("writing to an object")?;
            self.0.get(PROBE).await.during("reading from an object")
        };
        let read = read.await;
        let deleted = self.0.delete_all().await;
        let read = read?;
        deleted.during("deleting from an object").map(|()| read)
    }

    /// Makes the object lead to `home`.
    ///
    /// The alias is written first: it is only looked at when there is no
    /// record, so a crash in between leaves a job, not a hole.
    pub async fn become_alias(&self, home: &ObjectName) -> Result<(), Failure> {
        self.0.put(ALIAS, home.to_string()).await.during("writing the alias")?;
        self.0.delete(RECORD).await.during("deleting the record")?;
        Ok(())
    }

    /// Puts what stays of a deleted job in the place of its record, at once.
    pub async fn bury(&self, tombstone: &Tombstone) -> Result<(), Failure> {
        // Begun together, both are done or neither.
        let record = [RECORD.to_owned()];
        try_join(self.save_tombstone(tombstone), self.delete(&record)).await.map(drop)
    }

    /// Writes what stays of a deleted job.
    pub async fn save_tombstone(&self, tombstone: &Tombstone) -> Result<(), Failure> {
        let text = serde_json::to_string(tombstone).during("writing what stays of a job")?;
        self.write(Batch(vec![(TOMBSTONE.to_owned(), text)])).await
    }

    /// Deletes what a job left here that has moved away.
    pub async fn forget_all_but_alias(&self) -> Result<(), Failure> {
        self.forget_all_but(|key| key == ALIAS || key == LEFT_COPY).await
    }

    /// The copy in KV that such a job may have left.
    pub async fn left_copy(&self) -> Result<Option<LeftCopy>, Failure> {
        let text = self.text(LEFT_COPY).await?;
        text.map(|text| json::from_str(&text).during("reading what a job left")).transpose()
    }

    /// Keeps it in mind.
    pub async fn save_left_copy(&self, left: &LeftCopy) -> Result<(), Failure> {
        let text = serde_json::to_string(left).during("writing what a job left")?;
        self.write(Batch(vec![(LEFT_COPY.to_owned(), text)])).await
    }

    /// It is gone.
    pub async fn forget_left_copy(&self) -> Result<(), Failure> {
        self.delete(&[LEFT_COPY.to_owned()]).await
    }

    /// Deletes what a deleted job left. Uploads stay noted until they are
    /// aborted.
    pub async fn forget_all_but_tombstone(&self) -> Result<(), Failure> {
        self.forget_all_but(|key| key == TOMBSTONE || key.starts_with(UPLOAD)).await
    }

    async fn forget_all_but(&self, stays: impl Fn(&str) -> bool) -> Result<(), Failure> {
        /// Keys that are deleted at a time; their values, up to 256 KiB each,
        /// come along.
        const KEYS: usize = 32;
        let mut from = String::new();
        loop {
            let options = ListOptions::new().start(&from).limit(KEYS);
            let map = self.0.list_with_options(options).await.during("listing the object")?;
            let mut keys: Vec<String> =
                map.keys().into_iter().flatten().filter_map(|key| key.as_string()).collect();
            let Some(last) = keys.last() else { return Ok(()) };
            from = format!("{last}\0");
            keys.retain(|key| !stays(key));
            self.0.delete_multiple(keys).await.during("deleting from the object")?;
        }
    }

    /// Deletes everything, so that nothing shows that the object was used.
    pub async fn forget_everything(&self) -> Result<(), Failure> {
        self.0.delete_alarm().await.during("clearing the alarm")?;
        self.0.delete_all().await.during("deleting the object's storage")
    }

    /// The entry that had this body, if it was not itself a duplicate.
    pub async fn seen(&self, sha256: &str) -> Result<Option<u32>, Failure> {
        Ok(self.text(&seen_key(sha256)).await?.and_then(|n| n.parse().ok()))
    }

    /// The result's text, if it is in the object.
    pub async fn result(&self) -> Result<Option<String>, Failure> {
        self.text(RESULT).await
    }

    /// The body of entry `n`, if it is in the object.
    pub async fn body(&self, n: u32) -> Result<Option<String>, Failure> {
        self.text(&body_key(n)).await
    }

    /// Timeline entry `n`.
    pub async fn entry(&self, n: u32) -> Result<Option<Entry>, Failure> {
        let text = self.text(&entry_key(n)).await?;
        text.map(|text| json::from_str(&text).during("reading the timeline")).transpose()
    }

    /// At most `limit` timeline entries after number `after`.
    pub async fn entries(&self, after: u32, limit: usize) -> Result<Vec<Entry>, Failure> {
        let first = entry_key(after.saturating_add(1));
        let options = ListOptions::new().prefix("event/").start(&first).limit(limit);
        let map = self.0.list_with_options(options).await.during("listing the timeline")?;
        let mut entries = Vec::new();
        for value in map.values() {
            let value = value.map_err(|_| Failure("listing the timeline".to_owned()))?;
            let text = value.dyn_into::<js_sys::JsString>().map(String::from).unwrap_or_default();
            entries.push(json::from_str(&text).during("reading the timeline")?);
        }
        Ok(entries)
    }

    /// The keys of timeline entries that are kept elsewhere, with their bodies
    /// and what tells repetitions of them. That stays for an entry that is
    /// still here, and for number `last_applied`: to repeat that would change
    /// the job.
    pub async fn keys_of(
        &self,
        entries: &[Entry],
        last_applied: u32,
    ) -> Result<Vec<String>, Failure> {
        let last = entries.last().map_or(0, |entry| entry.n);
        let mut keys = Vec::new();
        for entry in entries {
            keys.extend([entry_key(entry.n), body_key(entry.n)]);
            let Some(sha256) = &entry.sha256 else { continue };
            let seen = self.seen(sha256).await?;
            if seen.is_some_and(|seen| seen <= last && seen != last_applied) {
                keys.push(seen_key(sha256));
            }
        }
        Ok(keys)
    }

    /// Deletes the body of entry `n`, with its parts.
    pub async fn forget_body(&self, n: u32) -> Result<(), Failure> {
        let key = body_key(n);
        let parts = self.get(&key).await?.as_deref().and_then(parts_of).unwrap_or(0);
        let mut keys: Vec<String> = (0..parts).map(|at| part_key(&key, at)).collect();
        keys.push(key);
        self.delete(&keys).await
    }

    /// Deletes the values of these keys.
    pub async fn delete(&self, keys: &[String]) -> Result<(), Failure> {
        let delete = |some: &[String]| self.0.delete_multiple(some.to_vec());
        let all = try_join_all(keys.chunks(MAX_AT_ONCE).map(delete));
        all.await.during("deleting from the object").map(drop)
    }

    /// The texts of these keys, in one call.
    async fn texts<const N: usize>(&self, keys: [&str; N]) -> Result<[Option<String>; N], Failure> {
        let map = self.0.get_multiple(keys.to_vec()).await.during("reading the object")?;
        let mut texts = [const { None }; N];
        for (text, key) in texts.iter_mut().zip(keys) {
            let first = map.get(&JsValue::from_str(key)).as_string();
            *text = self.whole(key, first).await?;
        }
        Ok(texts)
    }

    async fn text(&self, key: &str) -> Result<Option<String>, Failure> {
        let first = self.get(key).await?;
        self.whole(key, first).await
    }

    /// The text that begins so, or that is split and has this in its place.
    async fn whole(&self, key: &str, first: Option<String>) -> Result<Option<String>, Failure> {
        let Some(text) = first else { return Ok(None) };
        let Some(parts) = parts_of(&text) else { return Ok(Some(text)) };
        let mut whole = String::new();
        for at in 0..parts {
            let part = self.get(&part_key(key, at)).await?;
            let gone = || Failure(format!("reading the object: a part of {key} is gone"));
            whole.push_str(&part.ok_or_else(gone)?);
        }
        Ok(Some(whole))
    }

    async fn get(&self, key: &str) -> Result<Option<String>, Failure> {
        self.0.get::<String>(key).await.during("reading the object")
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

fn upload_key(key: &str) -> String {
    format!("{UPLOAD}{key}")
}

fn entry_key(n: u32) -> String {
    format!("event/{n:08}")
}

fn body_key(n: u32) -> String {
    format!("body/{n:08}")
}

fn seen_key(sha256: &str) -> String {
    format!("seen/{sha256}")
}
