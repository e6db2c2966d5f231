//! What an object is, and its record.

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
/// What the keys of noted uploads begin with.
pub(super) const UPLOAD: &str = "upload/";

/// What an object is that a job's name leads to.
pub enum Slot {
    /// Nothing yet; or no job's object at all, which the alarm can't tell by
    /// the name: see [`super::NoJob`].
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
    pub(super) storage: Storage,
    pub(super) raw: Raw,
    /// The job as it was last read or written, while an event is at work: an
    /// alarm's run looks at it again after each await. An object at rest holds
    /// none, nor the room for one, as there are thousands.
    held: RefCell<Option<Box<StoredRecord>>>,
    /// Whether the event that is at work has found nothing here.
    is_empty: Cell<bool>,
    /// Whether what is held knows more than the disk.
    is_ahead: Cell<bool>,
    /// Counts changes of what the object is.
    changes: Cell<u64>,
    /// Whether an upload may be noted: a dead run may have left one.
    pub(super) may_upload: Cell<bool>,
}

/// A job as it lies in its value.
pub(super) struct StoredRecord {
    pub(super) job: Job,
    pub(super) frames: Frames,
}

/// What is written with the record, in the same value if it is short.
#[derive(Default)]
pub struct RecordExtras<'a> {
    /// The timeline entry.
    pub entry: Option<&'a Entry>,
    /// The entry's body, if the object keeps it.
    pub body: Option<&'a str>,
    /// What tells a repetition of it.
    pub seen: Vec<&'a str>,
    /// The new result's text.
    pub result: Option<&'a str>,
}

impl Store {
    /// Wraps an object's storage.
    pub fn new(storage: Storage) -> Self {
        let raw = Raw::new(&storage);
        let (held, is_empty, is_ahead, changes) = Default::default();
        Self { storage, raw, held, is_empty, is_ahead, changes, may_upload: Cell::new(true) }
    }

    /// Lets go of the job in memory: an event has come to its end. A run that
    /// is ahead of the disk is still at work.
    pub fn end_event(&self) {
        self.is_empty.set(false);
        if !self.is_ahead.get() {
            self.held.take();
        }
    }

    /// Lets go of it, and of what is not written.
    pub fn forget_cache(&self) {
        self.is_empty.set(false);
        self.is_ahead.set(false);
        self.changes.set(self.changes.get() + 1);
        self.held.take();
    }

    /// Returns the storage behind it, for the alarm.
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

    /// Has the job in memory, if the object is one's home.
    fn load(&self) -> Result<(), Failure> {
        if self.held.borrow().is_none() {
            self.slot()?;
        }
        Ok(())
    }

    /// Counts the changes of what the object is, for telling whether it has
    /// changed.
    pub const fn changes(&self) -> u64 {
        self.changes.get()
    }

    /// Reads the job, if the object is one's home.
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

    /// Writes the record with what came.
    pub fn save_with(&self, job: &Job, came: RecordExtras<'_>) -> Result<(), Failure> {
        let mut frames = self.take_frames()?;
        self.add(&mut frames, came)?;
        self.write(job.clone(), frames)
    }

    /// Keeps the record in memory until the next write. For what may be done
    /// again if that never comes.
    pub fn hold(&self, job: Job) -> Result<(), Failure> {
        let frames = self.take_frames()?;
        self.is_ahead.set(true);
        self.held.replace(Some(Box::new(StoredRecord { job, frames })));
        Ok(())
    }

    /// Takes the frames that the record is written with again. Should that
    /// fail, nothing is held, and the disk tells.
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

    /// Puts what came into frames; what is long goes to keys of its own.
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

    /// Reads of the frames, if the object is a job's home.
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

    /// Puts what stays of a deleted job in the place of its record, at once.
    pub fn bury(&self, tombstone: &Tombstone) -> Result<(), Failure> {
        self.forget_cache();
        self.save_tombstone(tombstone)?;
        self.raw.remove(RECORD)
    }

    /// Writes what stays of a deleted job.
    pub fn save_tombstone(&self, tombstone: &Tombstone) -> Result<(), Failure> {
        self.raw.put_json(TOMBSTONE, tombstone)
    }

    /// Deletes what a job left here that has moved away.
    pub fn forget_all_but_alias(&self) -> Result<(), Failure> {
        self.forget_all_but(|key| key == ALIAS || key == LEFT_COPY)
    }

    /// Reads which copy in KV a job may have left that has moved away.
    pub fn orphaned_copy(&self) -> Result<Option<OrphanedCopy>, Failure> {
        let text = self.raw.text(LEFT_COPY)?;
        text.map(|text| json::from_str(&text).during("reading what a job left")).transpose()
    }

    /// Notes the copy in KV that a job may leave.
    pub fn save_orphaned_copy(&self, left: &OrphanedCopy) -> Result<(), Failure> {
        self.raw.put_json(LEFT_COPY, left)
    }

    /// Forgets that copy: it is gone.
    pub fn forget_orphaned_copy(&self) -> Result<(), Failure> {
        self.raw.remove(LEFT_COPY)
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

    /// Deletes everything, so that nothing shows that the object was used.
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
