//! What a day notes of itself: how far it is, and its sums.

use super::sql::Tables;
use crate::domain::catalog::totals::Totals;
use crate::domain::json;
use crate::edge::platform::{During, Failure};
use serde::Deserialize;
use std::cell::RefCell;

/// A day's notes.
#[derive(Default)]
pub struct Ledger {
    /// Counts the day's changes.
    pub seq: u64,
    /// The last change that `root` was told.
    pub pushed: u64,
    /// The day, once a row has told it.
    pub day: String,
    /// The sums, which change with the rows: nobody adds up all rows again.
    pub totals: Totals,
}

/// A note as it is stored.
#[derive(Deserialize)]
struct Note {
    name: String,
    value: String,
}

/// The notes, once they were read: only this object writes them.
#[derive(Default)]
pub struct KeptLedger(RefCell<Option<Ledger>>);

impl KeptLedger {
    /// Gives the day's notes to `change`, which must write what it changes.
    pub fn with<T>(
        &self,
        tables: &Tables,
        change: impl FnOnce(&mut Ledger) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let known = self.0.take();
        let mut ledger = known.map_or_else(|| read(tables), Ok)?;
        // One that was not written is read again.
        let end = change(&mut ledger)?;
        self.0.replace(Some(ledger));
        Ok(end)
    }

    /// Has them read again: it is not known what was written.
    pub fn forget(&self) {
        self.0.take();
    }
}

fn read(tables: &Tables) -> Result<Ledger, Failure> {
    let mut ledger = Ledger::default();
    let notes: Vec<Note> = tables.query("SELECT name, value FROM notes", vec![])?;
    for Note { name, value } in &notes {
        let read = match name.as_str() {
            "seq" => json::from_str(value).map(|seq| ledger.seq = seq),
            "pushed" => json::from_str(value).map(|pushed| ledger.pushed = pushed),
            "day" => json::from_str(value).map(|day| ledger.day = day),
            "totals" => json::from_str(value).map(|totals| ledger.totals = totals),
            _ => Ok(()),
        };
        read.during("reading a note of the catalog")?;
    }
    Ok(ledger)
}
