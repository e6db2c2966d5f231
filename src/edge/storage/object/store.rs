//! What an object is, and its record.

use super::raw::Raw;
use crate::domain::archive::kv_copy::LeftCopy;
use crate::domain::archive::tombstone::Tombstone;
use crate::domain::job::record::{FORMAT, Job};
use crate::domain::json;
use crate::domain::names::ObjectName;
use crate::edge::platform::{During, Failure};
use std::cell::{Cell, RefCell};
use worker::Storage;

const ALIAS: &str = "alias";
const LEFT_COPY: &str = "leftCopy";
const RECORD: &str = "record";
const RESULT: &str = "result";
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
    /// The record as it was last read or written, while an event is at work:
    /// an alarm's run looks at it again after each await. An object at rest
    /// holds none, nor the room for one, as there are thousands.
    record: RefCell<Option<Box<Job>>>,
    /// Whether an upload may be noted: a dead run may have left one.
    pub(super) may_upload: Cell<bool>,
}

impl Store {
    /// Wraps an object's storage.
    pub fn new(storage: Storage) -> Self {
        let raw = Raw::new(&storage);
        Self { storage, raw, record: RefCell::default(), may_upload: Cell::new(true) }
    }

    /// Lets go of the record in memory: an event has come to its end.
    pub fn rest(&self) {
        self.record.take();
    }

    /// Returns the storage behind it, for the alarm.
    pub const fn storage(&self) -> &Storage {
        &self.storage
    }

    /// Reads what the object is.
    pub fn slot(&self) -> Result<Slot, Failure> {
        if let Some(job) = self.record.borrow().as_ref() {
            return Ok(Slot::Job(job.clone()));
        }
        if let Some(text) = self.raw.text(RECORD)? {
            let job = Box::new(read_job(&text)?);
            self.record.replace(Some(job.clone()));
            return Ok(Slot::Job(job));
        }
        if let Some(name) = self.raw.text(ALIAS)? {
            return ObjectName::try_from(name).during("reading the alias").map(Slot::Alias);
        }
        let Some(text) = self.raw.text(TOMBSTONE)? else { return Ok(Slot::Empty) };
        json::from_str(&text).during("reading what stays of a job").map(Slot::Deleted)
    }

    /// Returns what the object is as it is written, for telling whether it has
    /// changed.
    pub fn raw(&self) -> Result<(Option<String>, Option<String>), Failure> {
        Ok((self.raw.text(RECORD)?, self.raw.text(ALIAS)?))
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
        self.record.take();
        self.raw.put_json(RECORD, job)?;
        self.record.replace(Some(Box::new(job.clone())));
        Ok(())
    }

    /// Writes the result's text.
    pub fn save_result(&self, text: &str) -> Result<(), Failure> {
        self.raw.put(RESULT, text)
    }

    /// Makes the object lead to `home`.
    pub fn become_alias(&self, home: &ObjectName) -> Result<(), Failure> {
        self.record.take();
        self.raw.put(ALIAS, &home.to_string())?;
        self.raw.remove(RECORD)
    }

    /// Puts what stays of a deleted job in the place of its record, at once.
    pub fn bury(&self, tombstone: &Tombstone) -> Result<(), Failure> {
        self.record.take();
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
    pub fn left_copy(&self) -> Result<Option<LeftCopy>, Failure> {
        let text = self.raw.text(LEFT_COPY)?;
        text.map(|text| json::from_str(&text).during("reading what a job left")).transpose()
    }

    /// Notes the copy in KV that a job may leave.
    pub fn save_left_copy(&self, left: &LeftCopy) -> Result<(), Failure> {
        self.raw.put_json(LEFT_COPY, left)
    }

    /// Forgets that copy: it is gone.
    pub fn forget_left_copy(&self) -> Result<(), Failure> {
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
        self.record.take();
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
        self.record.take();
        self.storage.delete_alarm().await.during("clearing the alarm")?;
        self.storage.delete_all().await.during("deleting the object's storage")
    }

    /// Reads the result's text, if it is in the object.
    pub fn result(&self) -> Result<Option<String>, Failure> {
        self.raw.text(RESULT)
    }

    /// Deletes the values of these keys.
    pub fn delete(&self, keys: &[String]) -> Result<(), Failure> {
        self.raw.delete(keys)
    }
}

fn read_job(text: &str) -> Result<Job, Failure> {
    let job: Job = json::from_str(text).during("reading the record")?;
    if job.format > FORMAT {
        return Err(Failure::new("reading the record", &format!("its format is {}", job.format)));
    }
    Ok(job)
}
