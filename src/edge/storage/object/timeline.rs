//! Stores timeline entries, deliveries' bodies, and the keys that recognize
//! repetitions: in frames behind the record, or under keys of their own.

use super::apart::{self, EVENT, body_key, entry_key, seen_key};
use super::store::Store;
use crate::domain::job::timeline::{Entry, EntryWithBody};
use crate::domain::job::value::Frames;
use crate::domain::json;
use crate::edge::platform::{During, Failure};

impl Store {
    /// Writes a timeline entry and its body under keys of their own, with the
    /// key that recognizes a repetition of it.
    pub fn save_apart(&self, kept: &EntryWithBody, seen: Option<&str>) -> Result<(), Failure> {
        let n = kept.entry.n;
        self.raw.put_json(&entry_key(n), &kept.entry)?;
        kept.text.as_ref().map_or(Ok(()), |text| self.raw.put(&body_key(n), text))?;
        seen.map_or(Ok(()), |seen| self.raw.put(&seen_key(seen), &n.to_string()))
    }

    /// Returns the number of the entry that had this body, or this place before
    /// a move, unless that entry was itself a duplicate.
    pub fn seen(&self, by: &str) -> Result<Option<u32>, Failure> {
        let Some((seen, are_all)) = self.frames(|frames| (frames.seen(by), frames.hold_all()))?
        else {
            return Ok(None);
        };
        if seen.is_some() || are_all {
            return Ok(seen);
        }
        Ok(self.raw.text(&seen_key(by))?.and_then(|n| n.parse().ok()))
    }

    /// Reads the body of entry `n`, if it is in the object.
    pub fn body(&self, n: u32) -> Result<Option<String>, Failure> {
        match self.frames(|frames| frames.find(n).and_then(|framed| framed.body.clone()))?.flatten()
        {
            Some(body) => Ok(Some(body)),
            None => self.raw.text(&body_key(n)),
        }
    }

    /// Reads timeline entry `n`.
    pub fn entry(&self, n: u32) -> Result<Option<Entry>, Failure> {
        let framed = self.frames(|frames| frames.find(n).map(|framed| framed.entry.clone()))?;
        let text = match framed.flatten() {
            Some(text) => Some(text),
            None => self.raw.text(&entry_key(n))?,
        };
        text.as_deref().map(read_entry).transpose()
    }

    /// Reads at most `limit` timeline entries after number `after`.
    pub fn entries(&self, after: u32, limit: usize) -> Result<Vec<Entry>, Failure> {
        let mut entries = Vec::new();
        if !self.frames(Frames::hold_all)?.unwrap_or_default() {
            let first = entry_key(after.saturating_add(1));
            let (start, most) = (first.as_str().into(), limit.into());
            let pairs =
                self.raw.list(&[("prefix", EVENT.into()), ("start", start), ("limit", most)])?;
            entries = pairs.iter().map(|(_, text)| read_entry(text)).collect::<Result<_, _>>()?;
        }
        // Entries outside the frames are older than those in them.
        let newest = self.frames(|frames| {
            let newest = frames.entries.iter().filter(|framed| framed.n > after);
            newest.take(limit - entries.len()).map(|framed| read_entry(&framed.entry)).collect()
        })?;
        let newest: Vec<Entry> = newest.transpose()?.unwrap_or_default();
        entries.extend(newest);
        Ok(entries)
    }

    /// Returns the keys to delete once `entries` are stored elsewhere: those of
    /// the entries, of their bodies, and those that recognize repetitions.
    ///
    /// The last kind stays for an entry that is still here, and for number
    /// `last_applied`, because a repetition of that would change the job. This
    /// moves all entries to keys of their own.
    pub fn keys_of(&self, entries: &[Entry], last_applied: u32) -> Result<Vec<String>, Failure> {
        self.move_all_out()?;
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

    fn move_all_out(&self) -> Result<(), Failure> {
        let Some(job) = self.job()? else { return Ok(()) };
        let frames = self.take_frames()?;
        apart::move_out(&self.raw, &frames)?;
        self.write(job, Frames::default())
    }

    /// Writes an entry that has lost its body, and deletes the body with its
    /// parts.
    pub fn drop_body(&self, entry: &Entry) -> Result<(), Failure> {
        if self.frames(|frames| frames.find(entry.n).is_some())? == Some(true) {
            self.drop_framed_body(entry)?;
        } else {
            self.raw.put_json(&entry_key(entry.n), entry)?;
        }
        self.raw.remove_all(&body_key(entry.n))
    }

    fn drop_framed_body(&self, entry: &Entry) -> Result<(), Failure> {
        let Some(job) = self.job()? else { return Ok(()) };
        let text = serde_json::to_string(entry).during("writing to the object")?;
        let mut frames = self.take_frames()?;
        if let Some(framed) = frames.entries.iter_mut().find(|framed| framed.n == entry.n) {
            (framed.entry, framed.body) = (text, None);
        }
        self.write(job, frames)
    }
}

fn read_entry(text: &str) -> Result<Entry, Failure> {
    json::from_str(text).during("reading the timeline")
}
