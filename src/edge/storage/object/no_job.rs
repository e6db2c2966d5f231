//! Storage of an object that has no job: a gate, or the box of a delivery.

use super::store::Store;
use crate::domain::gateway::idempotency::Entries;
use crate::domain::json;
use crate::domain::protocol::parked::Parked;
use crate::edge::platform::{During, Failure};

const PARKED: &str = "parked";
const SUBMISSIONS: &str = "passes";
const USES: &str = "uses";
const PROBE: &str = "probe";

/// What an object with an empty slot is.
pub enum NoJob {
    /// The box of a delivery that waits for the bucket.
    Parked(Parked),
    /// A name whose input is in the bucket, but whose submission has not come.
    Input,
    /// A gate.
    Gate,
    /// An unused object.
    Nothing,
}

impl Store {
    /// Reads what the object is when its slot is empty.
    pub fn no_job(&self) -> Result<NoJob, Failure> {
        if let Some(text) = self.raw.text(PARKED)? {
            return json::from_str(&text).during("reading what is parked").map(NoJob::Parked);
        }
        if !self.uploads()?.is_empty() {
            return Ok(NoJob::Input);
        }
        let is_gate = self.raw.text(SUBMISSIONS)?.is_some() || self.raw.text(USES)?.is_some();
        Ok(if is_gate { NoJob::Gate } else { NoJob::Nothing })
    }

    /// Writes data that waits here for the bucket.
    pub fn save_parked(&self, parked: &Parked) -> Result<(), Failure> {
        self.raw.put_json(PARKED, parked)
    }

    /// Reads the submissions that a gate has recorded. The gate of a ticket
    /// keeps them by `place`.
    pub fn submissions(&self, place: Option<&str>) -> Result<Entries, Failure> {
        let Some(text) = self.raw.text(&submissions_key(place))? else {
            return Ok(Entries::default());
        };
        json::from_str(&text).during("reading a gate")
    }

    /// Writes the submissions of a gate. Without submissions it deletes the
    /// value.
    pub fn save_submissions(&self, place: Option<&str>, entries: &Entries) -> Result<(), Failure> {
        let key = submissions_key(place);
        if entries.ends_at().is_none() {
            self.raw.remove(&key)
        } else {
            self.raw.put_json(&key, entries)
        }
    }

    /// Reads how often the gate's ticket was used.
    pub fn uses(&self) -> Result<u32, Failure> {
        let text = self.raw.text(USES)?;
        Ok(text.and_then(|text| text.parse().ok()).unwrap_or(0))
    }

    /// Writes how often the gate's ticket was used.
    pub fn save_uses(&self, uses: u32) -> Result<(), Failure> {
        self.raw.put(USES, &uses.to_string())
    }

    /// Writes a text, reads it back, and deletes everything. Only for a gate
    /// that stores nothing else.
    pub async fn probe(&self, text: &str) -> Result<Option<String>, Failure> {
        let read = self.raw.put(PROBE, text).and_then(|()| self.raw.get(PROBE));
        let deleted = self.storage.delete_all().await;
        let read = read?;
        deleted.during("deleting from an object").map(|()| read)
    }
}

fn submissions_key(place: Option<&str>) -> String {
    place.map_or_else(|| SUBMISSIONS.to_owned(), |place| format!("{SUBMISSIONS}/{place}"))
}
