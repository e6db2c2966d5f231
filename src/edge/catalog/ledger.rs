//! A day's notes as they are kept.

use super::sql::Tables;
use crate::domain::catalog::ledger::Ledger;
use crate::domain::catalog::recent::Recent;
use crate::edge::platform::Failure;
use std::cell::RefCell;

/// The note's name.
pub const LEDGER: &str = "ledger";

/// The notes, once they were read: only this object writes them.
#[derive(Default)]
pub struct KeptLedger(RefCell<Option<(Ledger, Recent)>>);

impl KeptLedger {
    /// Gives the day's notes to `change`, and writes them.
    pub fn change<T>(
        &self,
        tables: &Tables,
        change: impl FnOnce(&mut Ledger, &mut Recent) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let (mut ledger, mut recent) = self.take(tables)?;
        // What was not written is read again.
        let end = change(&mut ledger, &mut recent)?;
        tables.note(LEDGER, &ledger)?;
        self.0.replace(Some((ledger, recent)));
        Ok(end)
    }

    /// Gives the day's notes to `read`.
    pub fn read<T>(
        &self,
        tables: &Tables,
        read: impl FnOnce(&Ledger, &Recent) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let (ledger, recent) = self.take(tables)?;
        let end = read(&ledger, &recent);
        self.0.replace(Some((ledger, recent)));
        end
    }

    fn take(&self, tables: &Tables) -> Result<(Ledger, Recent), Failure> {
        self.0.take().map_or_else(
            || {
                let ledger: Ledger = tables.noted(LEDGER)?;
                let recent = Recent::since(ledger.seq);
                Ok((ledger, recent))
            },
            Ok,
        )
    }

    /// Has them read again: it is not known what was written.
    pub fn forget(&self) {
        self.0.take();
    }
}
