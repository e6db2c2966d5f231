//! Stores the notes of a day.

use crate::domain::catalog::ledger::Ledger;
use crate::domain::catalog::recent::Recent;
use crate::edge::catalog::sql::Tables;
use crate::edge::platform::Failure;
use std::cell::RefCell;

/// The note's name.
pub const LEDGER: &str = "ledger";

/// The notes, once they were read: only this object writes them.
#[derive(Default)]
pub struct KeptLedger(RefCell<Option<(Ledger, Recent)>>);

impl KeptLedger {
    /// Passes the day's notes to `change`, and writes them.
    pub fn change<T>(
        &self,
        tables: &Tables,
        change: impl FnOnce(&mut Ledger, &mut Recent) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        self.with(tables, |ledger, recent| {
            let end = change(ledger, recent)?;
            tables.note(LEDGER, ledger).map(|()| end)
        })
    }

    /// Passes the day's notes to `change`; its changes are written with the
    /// next call of [`Self::change`].
    pub fn with<T>(
        &self,
        tables: &Tables,
        change: impl FnOnce(&mut Ledger, &mut Recent) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let (mut ledger, mut recent) = if let Some(known) = self.0.take() {
            known
        } else {
            let ledger: Ledger = tables.noted(LEDGER)?;
            let recent = Recent::since(ledger.seq);
            (ledger, recent)
        };
        // If `change` fails, the notes are read again next time.
        let end = change(&mut ledger, &mut recent)?;
        self.0.replace(Some((ledger, recent)));
        Ok(end)
    }

    /// Drops the notes from memory, because it is unknown what was written.
    pub fn forget(&self) {
        self.0.take();
    }
}
