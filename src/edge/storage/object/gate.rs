//! What a gate notes, which is no job.

use super::store::Store;
use crate::domain::gateway::idempotency::Passes;
use crate::domain::json;
use crate::edge::platform::{During, Failure};

const PASSES: &str = "passes";
const USES: &str = "uses";
const PROBE: &str = "probe";

impl Store {
    /// Reads the submissions that a gate has noted, in a ticket's gate at a place.
    pub fn passes(&self, place: Option<&str>) -> Result<Passes, Failure> {
        let Some(text) = self.raw.text(&passes_key(place))? else { return Ok(Passes::default()) };
        json::from_str(&text).during("reading a gate")
    }

    /// Writes them; of none nothing is kept.
    pub fn save_passes(&self, place: Option<&str>, passes: &Passes) -> Result<(), Failure> {
        let key = passes_key(place);
        if passes.ends_at().is_none() {
            self.raw.remove(&key)
        } else {
            self.raw.put_json(&key, passes)
        }
    }

    /// Reads how often what the gate guards was used.
    pub fn uses(&self) -> Result<u32, Failure> {
        let text = self.raw.text(USES)?;
        Ok(text.and_then(|text| text.parse().ok()).unwrap_or(0))
    }

    /// Writes how often it was used.
    pub fn save_uses(&self, uses: u32) -> Result<(), Failure> {
        self.raw.put(USES, &uses.to_string())
    }

    /// Writes a text, reads it, and leaves nothing. For a gate that holds
    /// nothing else.
    pub async fn probe(&self, text: &str) -> Result<Option<String>, Failure> {
        let read = self.raw.put(PROBE, text).and_then(|()| self.raw.get(PROBE));
        let deleted = self.storage.delete_all().await;
        let read = read?;
        deleted.during("deleting from an object").map(|()| read)
    }
}

fn passes_key(place: Option<&str>) -> String {
    place.map_or_else(|| PASSES.to_owned(), |place| format!("{PASSES}/{place}"))
}
