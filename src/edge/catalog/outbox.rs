//! A day's outbox: what has changed is told to `root` by the alarm, so that no
//! job waits for that, and many changes go together.

use super::Catalog;
use super::sql::number;
use crate::domain::alarm::plan;
use crate::domain::catalog::{Answer, Change, News, Question, ROOT, Row, Totals};
use crate::domain::json;
use crate::domain::names::ObjectName;
use crate::domain::time::Timestamp;
use crate::edge::platform::{self, During, Failure};
use crate::edge::rpc::catalog;
use serde::Deserialize;

/// How long changes are gathered, in milliseconds.
const GATHER_MS: u64 = 50;
/// Changes that are told at once.
const MAX_CHANGES: u64 = 100;

/// A row as it is stored.
#[derive(Deserialize)]
struct Stored {
    seq: u64,
    row: String,
}

/// A removal as it is stored.
#[derive(Deserialize)]
struct Removed {
    home: String,
    id: String,
    seq: u64,
}

impl Catalog {
    /// Sets the alarm unless it is set: it tells all that there is by then.
    pub(super) async fn call_the_post(&self) -> Result<(), Failure> {
        if !self.is_called.get() {
            let storage = self.state.storage();
            if storage.get_alarm().await.during("reading the alarm")?.is_none() {
                platform::set_alarm_at(&storage, platform::now().plus(GATHER_MS)).await?;
            }
            self.is_called.set(true);
        }
        Ok(())
    }

    /// Tells `root` everything. A watchdog is set first; after the last news
    /// only storage is awaited, so that no change comes in between unseen.
    pub(super) async fn empty_outbox(&self) -> Result<(), Failure> {
        let storage = self.state.storage();
        let watchdog = plan::watchdog(1, self.config.pace, platform::now());
        platform::set_alarm_at(&storage, watchdog).await?;
        self.is_called.set(true);
        self.open_day()?;
        while let Some((news, until)) = self.news()? {
            match catalog::ask(&self.env, ROOT, &Question::Push(Box::new(news))).await? {
                Answer::Noted => self.note_pushed(until)?,
                _ => return Err(Failure("the catalog's root did not take the news".to_owned())),
            }
        }
        self.is_called.set(false);
        platform::clear_alarm(&storage).await
    }

    fn note_pushed(&self, until: u64) -> Result<(), Failure> {
        self.with_ledger(|ledger| {
            ledger.pushed = until;
            self.note("pushed", &until)
        })
    }

    /// The next changes, and the number of the last; `None` if all is told.
    fn news(&self) -> Result<Option<(News, u64)>, Failure> {
        let pushed = self.with_ledger(|ledger| Ok(ledger.pushed))?;
        let mut changes: Vec<(u64, Change)> = Vec::new();
        let sql = "SELECT seq, row FROM jobs WHERE seq > ? ORDER BY seq LIMIT ?";
        let after = || Ok::<_, Failure>(vec![number(pushed)?, number(MAX_CHANGES)?]);
        for Stored { seq, row } in self.query(sql, after()?)? {
            let row: Row = json::from_str(&row).during("reading a row")?;
            changes.push((seq, Change::Put(Box::new(row))));
        }
        let sql = "SELECT home, id, seq FROM removed WHERE seq > ? ORDER BY seq LIMIT ?";
        for Removed { home, id, seq } in self.query(sql, after()?)? {
            let home = ObjectName::try_from(home).during("reading a removal")?;
            changes.push((seq, Change::Removed { home, id }));
        }
        changes.sort_unstable_by_key(|(seq, _)| *seq);
        changes.truncate(usize::try_from(MAX_CHANGES).unwrap_or(usize::MAX));
        let Some(until) = changes.last().map(|(seq, _)| *seq) else { return Ok(None) };
        let day = self.day(&changes)?;
        let changes = changes.into_iter().map(|(_, change)| change).collect();
        let (seq, totals) = self.with_ledger(|ledger| Ok((ledger.seq, ledger.totals.clone())))?;
        let news = News { day, seq, totals: self.sums(totals)?, changes };
        Ok(Some((news, until)))
    }

    /// An object can't tell its own name, but each row holds it.
    fn day(&self, changes: &[(u64, Change)]) -> Result<String, Failure> {
        let mut rows = changes.iter().filter_map(|(_, change)| match change {
            Change::Put(row) => Some(row.summary.created_at.day()),
            Change::Removed { .. } => None,
        });
        self.with_ledger(|ledger| {
            if let Some(day) = rows.next().filter(|day| *day != ledger.day) {
                self.note("day", &day)?;
                ledger.day = day;
            }
            Ok(ledger.day.clone())
        })
    }

    fn sums(&self, mut totals: Totals) -> Result<Totals, Failure> {
        let least = |sql| self.number(sql, vec![]);
        // In the words of their partial indexes, or else each reads the whole day.
        let oldest = "SELECT min(oldest_pending) AS number FROM jobs WHERE oldest_pending NOT NULL";
        totals.numbers.oldest_pending = least(oldest)?.map(Timestamp::from_millis);
        let slack = "SELECT min(slack) AS number FROM jobs WHERE slack NOT NULL";
        totals.numbers.smallest_slack = least(slack)?;
        Ok(totals)
    }
}
