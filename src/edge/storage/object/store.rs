//! Stores what an object is, and its record.

use super::apart::{self, RESULT, body_key};
use super::raw::Raw;
use crate::domain::archive::kv_copy::OrphanedCopy;
use crate::domain::archive::tombstone::Tombstone;
use crate::domain::ingest::delivery::MAX_OBJECT_TEXT;
use crate::domain::job::record::{FORMAT, Job};
use crate::domain::job::timeline::Entry;
use crate::domain::job::value::{self, Framed, Frames, MAX_FRAMED, MAX_FRAMES};
use crate::domain::json;
use crate::domain::names::ObjectName;
use crate::edge::platform::{self, During, Failure};
use std::cell::{Cell, RefCell};
use worker::Storage;

const ALIAS: &str = "alias";
const LEFT_COPY: &str = "leftCopy";
const RECORD: &str = "record";
const TOMBSTONE: &str = "tombstone";
/// The prefix of the keys of recorded uploads.
pub(super) const UPLOAD: &str = "upload/";

/// What an object is, if a job's name leads to it.
pub enum Slot {
    /// Nothing yet. Or an object that never has a job, which the alarm can't
    /// see from the name: see [`super::NoJob`].
    Empty,
    /// The home of a job.
    Job(Box<Job>),
    /// A name that leads to a job's home.
    Alias(ObjectName),
    /// The remains of a deleted job.
    Deleted(Box<Tombstone>),
}

/// The storage of one object.
pub struct Store {
    pub(super) storage: Storage,
    pub(super) raw: Raw,
    /// The job as it was last read or written, for the duration of an event,
    /// because an alarm's run reads it again after each await. An idle object
    /// keeps none and no space for one, because there are thousands of objects.
    held: RefCell<Option<Box<StoredRecord>>>,
    /// Whether the current event has found nothing here.
    is_empty: Cell<bool>,
    /// Whether the job in memory is newer than the one on disk.
    is_ahead: Cell<bool>,
    /// Counts the changes of what the object is.
    changes: Cell<u64>,
    /// Whether uploads may be recorded here: a run that died may have left one.
    pub(super) may_upload: Cell<bool>,
}

/// A job as its value contains it.
pub(super) struct StoredRecord {
    pub(super) job: Job,
    pub(super) frames: Frames,
}

/// What is written together with the record: in the same value, if it is short.
#[derive(Default)]
pub struct RecordExtras<'a> {
    /// The timeline entry.
    pub entry: Option<&'a Entry>,
    /// The entry's body, if the object stores it.
    pub body: Option<&'a str>,
    /// The keys by which a repetition of the delivery is recognized.
    pub seen: Vec<&'a str>,
    /// The text of the new result.
    pub result: Option<&'a str>,
}

impl Store {
    /// Wraps an object's storage.
    pub fn new(storage: Storage) -> Self {
        let raw = Raw::new(&storage);
        let (held, is_empty, is_ahead, changes) = Default::default();
        Self { storage, raw, held, is_empty, is_ahead, changes, may_upload: Cell::new(true) }
    }

    /// Drops the job from memory at the end of an event, unless it is newer
    /// than the disk: then a run is still in progress.
    pub fn end_event(&self) {
        self.is_empty.set(false);
        if !self.is_ahead.get() {
            self.held.take();
        }
    }

    /// Drops the job from memory, even if it is newer than the disk.
    pub fn forget_cache(&self) {
        self.is_empty.set(false);
        self.is_ahead.set(false);
        self.changes.set(self.changes.get() + 1);
        self.held.take();
    }

    /// Returns the underlying storage, for the alarm.
    pub const fn storage(&self) -> &Storage {
        &self.storage
    }

    /// Reads what the object is.
    pub fn slot(&self) -> Result<Slot, Failure> {
        if let Some(held) = self.held.borrow().as_ref() {
            return Ok(Slot::Job(Box::new(held.job.clone())));
        }
        if self.is_empty.get() {
            return Ok(Slot::Empty);
        }
        if let Some(text) = self.raw.text(RECORD)? {
            let (record, frames) = value::split(&text).during("reading the record")?;
            let job = read_job(record)?;
            self.held.replace(Some(Box::new(StoredRecord { job: job.clone(), frames })));
            return Ok(Slot::Job(Box::new(job)));
        }
        if let Some(name) = self.raw.text(ALIAS)? {
            return ObjectName::try_from(name).during("reading the alias").map(Slot::Alias);
        }
        let Some(text) = self.raw.text(TOMBSTONE)? else {
            self.is_empty.set(true);
            return Ok(Slot::Empty);
        };
        json::from_str(&text).during("reading what stays of a job").map(Slot::Deleted)
    }

    /// Loads the job into memory, if there is one.
    fn load(&self) -> Result<(), Failure> {
        if self.held.borrow().is_none() {
            self.slot()?;
        }
        Ok(())
    }

    /// Returns a counter of the changes of what the object is. A caller
    /// compares two values to see whether anything has changed.
    pub const fn changes(&self) -> u64 {
        self.changes.get()
    }

    /// Reads the job, if the object is the home of one.
    pub fn job(&self) -> Result<Option<Job>, Failure> {
        Ok(match self.slot()? {
            Slot::Job(job) => Some(*job),
            Slot::Empty | Slot::Alias(_) | Slot::Deleted(_) => None,
        })
    }

    /// Writes the record.
    pub fn save(&self, job: &Job) -> Result<(), Failure> {
        self.save_with(job, RecordExtras::default())
    }

    /// Writes the record together with `came`.
    pub fn save_with(&self, job: &Job, came: RecordExtras<'_>) -> Result<(), Failure> {
        let mut frames = self.take_frames()?;
        self.add(&mut frames, came)?;
        self.write(job.clone(), frames)
    }

    /// Keeps the record in memory until the next write. Only for work that may
    /// be done again if that write never happens.
    pub fn hold(&self, job: Job) -> Result<(), Failure> {
        let frames = self.take_frames()?;
        self.is_ahead.set(true);
        self.held.replace(Some(Box::new(StoredRecord { job, frames })));
        Ok(())
    }

    /// Takes the frames out of memory, to be written with the record. If that
    /// write fails nothing is in memory, so the disk is read again.
    pub(super) fn take_frames(&self) -> Result<Frames, Failure> {
        self.load()?;
        let held = self.held.take();
        self.forget_cache();
        Ok(held.map(|held| held.frames).unwrap_or_default())
    }

    pub(super) fn write(&self, job: Job, mut frames: Frames) -> Result<(), Failure> {
        let record = serde_json::to_string(&job).during("writing to the object")?;
        let bytes = frames.bytes();
        if bytes > MAX_FRAMES || bytes > 0 && record.len() + bytes > MAX_OBJECT_TEXT {
            apart::move_out(&self.raw, &frames)?;
            frames = Frames::default();
        }
        self.raw.put(RECORD, &value::join(&record, &frames))?;
        self.held.replace(Some(Box::new(StoredRecord { job, frames })));
        Ok(())
    }

    /// Adds `came` to the frames; long texts go to keys of their own.
    fn add(&self, frames: &mut Frames, came: RecordExtras<'_>) -> Result<(), Failure> {
        if let Some(result) = came.result {
            frames.result = short(result);
            if frames.result.is_none() {
                self.raw.put(RESULT, result)?;
            }
        }
        let Some(entry) = came.entry else { return Ok(()) };
        let body = came.body.and_then(short);
        if let Some(long) = came.body.filter(|_| body.is_none()) {
            self.raw.put(&body_key(entry.n), long)?;
        }
        let text = serde_json::to_string(entry).during("writing to the object")?;
        let seen = came.seen.into_iter().map(str::to_owned).collect();
        frames.entries.push(Framed { n: entry.n, entry: text, body, seen });
        Ok(())
    }

    /// Reads from the frames, if the object is the home of a job.
    pub(super) fn frames<T>(&self, read: impl FnOnce(&Frames) -> T) -> Result<Option<T>, Failure> {
        self.load()?;
        Ok(self.held.borrow().as_ref().map(|held| read(&held.frames)))
    }

    /// Makes the object lead to `home`.
    pub fn replace_with_alias(&self, home: &ObjectName) -> Result<(), Failure> {
        self.forget_cache();
        self.raw.put(ALIAS, &home.to_string())?;
        self.raw.remove(RECORD)
    }

    /// Replaces the record by the remains of the deleted job, in one
    /// transaction.
    pub fn bury(&self, tombstone: &Tombstone) -> Result<(), Failure> {
        self.forget_cache();
        self.save_tombstone(tombstone)?;
        self.raw.remove(RECORD)
    }

    /// Writes the remains of a deleted job.
    pub fn save_tombstone(&self, tombstone: &Tombstone) -> Result<(), Failure> {
        self.raw.put_json(TOMBSTONE, tombstone)
    }

    /// Deletes what a job that has moved away left here.
    pub fn forget_all_but_alias(&self) -> Result<(), Failure> {
        self.forget_all_but(|key| key == ALIAS || key == LEFT_COPY)
    }

    /// Reads which copy in KV a job that has moved away may have left.
    pub fn orphaned_copy(&self) -> Result<Option<OrphanedCopy>, Failure> {
        let text = self.raw.text(LEFT_COPY)?;
        text.map(|text| json::from_str(&text).during("reading what a job left")).transpose()
    }

    /// Records the copy in KV that a job may leave.
    pub fn save_orphaned_copy(&self, left: &OrphanedCopy) -> Result<(), Failure> {
        self.raw.put_json(LEFT_COPY, left)
    }

    /// Forgets that copy, because it is deleted.
    pub fn forget_orphaned_copy(&self) -> Result<(), Failure> {
        self.raw.remove(LEFT_COPY)
    }

    /// Deletes what a deleted job left. Recorded uploads stay until they are
    /// aborted.
    pub fn forget_all_but_tombstone(&self) -> Result<(), Failure> {
        self.forget_all_but(|key| key == TOMBSTONE || key.starts_with(UPLOAD))
    }

    fn forget_all_but(&self, stays: impl Fn(&str) -> bool) -> Result<(), Failure> {
        /// The keys that are listed at a time. Their values, up to 256 KiB
        /// each, are read along with them.
        const KEYS: u32 = 32;
        self.forget_cache();
        let mut from = String::new();
        loop {
            let pairs =
                self.raw.list(&[("start", from.as_str().into()), ("limit", KEYS.into())])?;
            let Some((last, _)) = pairs.last() else { return Ok(()) };
            from = format!("{last}\0");
            let keys = pairs.iter().map(|(key, _)| key.as_str());
            keys.filter(|key| !stays(key)).try_for_each(|key| self.raw.remove(key))?;
        }
    }

    /// Deletes everything and the alarm: the object is as if it were never
    /// used.
    pub async fn forget_everything(&self) -> Result<(), Failure> {
        self.forget_cache();
        platform::clear_alarm(&self.storage).await?;
        self.storage.delete_all().await.during("deleting the object's storage")
    }

    /// Reads the result's text, if it is in the object.
    pub fn result(&self) -> Result<Option<String>, Failure> {
        self.load()?;
        match self.held.borrow().as_deref() {
            Some(held) if held.job.result.is_none() => Ok(None),
            Some(StoredRecord { frames: Frames { result: Some(result), .. }, .. }) => {
                Ok(Some(result.clone()))
            }
            _ => self.raw.text(RESULT),
        }
    }

    /// Deletes the values of these keys.
    pub fn delete(&self, keys: &[String]) -> Result<(), Failure> {
        self.raw.delete(keys)
    }
}

fn short(text: &str) -> Option<String> {
    (text.len() <= MAX_FRAMED).then(|| text.to_owned())
}

fn read_job(text: &str) -> Result<Job, Failure> {
    let job: Job = json::from_str(text).during("reading the record")?;
    if job.format > FORMAT {
        return Err(Failure::new("reading the record", &format!("its format is {}", job.format)));
    }
    Ok(job)
}
