//! A day's notes as they are kept.

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
    /// Gives the day's notes to `change`, and writes them.
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

    /// Gives the day's notes to `change`; what it changes is written with the
    /// next change.
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
        // After a failure they are read again.
        let end = change(&mut ledger, &mut recent)?;
        self.0.replace(Some((ledger, recent)));
        Ok(end)
    }

    /// Has them read again: it is not known what was written.
    pub fn forget(&self) {
        self.0.take();
    }
}
