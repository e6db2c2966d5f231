//! A day's outbox: what has changed is told to `root` by the alarm, so that no
//! job waits for that, and many changes go together.

use super::object::CatalogObject;
use super::schema;
use super::sql::number;
use crate::domain::alarm::plan;
use crate::domain::catalog::row::Row;
use crate::domain::catalog::totals::Totals;
use crate::domain::catalog::{Answer, Change, News, Question, ROOT};
use crate::domain::json;
use crate::domain::names::ObjectName;
use crate::domain::time::Timestamp;
use crate::edge::platform::{self, During, Failure};
use crate::edge::rpc::catalog;
use serde::Deserialize;

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

/// Tells `root` everything. A watchdog is set first; after the last news
/// only storage is awaited, so that no change comes in between unseen.
pub async fn flush(object: &CatalogObject) -> Result<(), Failure> {
    let storage = object.state.storage();
    let watchdog = plan::watchdog(1, object.config.pace, platform::now());
    platform::set_alarm_at(&storage, watchdog).await?;
    object.is_flush_scheduled.set(true);
    object.tables.open(schema::DAY)?;
    while let Some((news, until)) = news(object)? {
        match catalog::ask(&object.env, ROOT, &Question::Push(Box::new(news))).await? {
            Answer::Noted => note_pushed(object, until)?,
            _ => return Err(Failure::unexpected("telling the catalog's root the news")),
        }
    }
    object.is_flush_scheduled.set(false);
    platform::clear_alarm(&storage).await
}

fn note_pushed(object: &CatalogObject, until: u64) -> Result<(), Failure> {
    object.ledger.with(&object.tables, |ledger| {
        ledger.pushed = until;
        object.tables.note("pushed", &until)
    })
}

/// Reads the next changes, and the number of the last; `None` if all is told.
fn news(object: &CatalogObject) -> Result<Option<(News, u64)>, Failure> {
    let pushed = object.ledger.with(&object.tables, |ledger| Ok(ledger.pushed))?;
    let mut changes: Vec<(u64, Change)> = Vec::new();
    let sql = "SELECT seq, row FROM jobs WHERE seq > ? ORDER BY seq LIMIT ?";
    let after = || Ok::<_, Failure>(vec![number(pushed)?, number(MAX_CHANGES)?]);
    for Stored { seq, row } in object.tables.query(sql, after()?)? {
        let row: Row = json::from_str(&row).during("reading a row")?;
        changes.push((seq, Change::Put(Box::new(row))));
    }
    let sql = "SELECT home, id, seq FROM removed WHERE seq > ? ORDER BY seq LIMIT ?";
    for Removed { home, id, seq } in object.tables.query(sql, after()?)? {
        let home = ObjectName::try_from(home).during("reading a removal")?;
        changes.push((seq, Change::Removed { home, id }));
    }
    changes.sort_unstable_by_key(|(seq, _)| *seq);
    changes.truncate(usize::try_from(MAX_CHANGES).unwrap_or(usize::MAX));
    let Some(until) = changes.last().map(|(seq, _)| *seq) else { return Ok(None) };
    let day = day(object, &changes)?;
    let changes = changes.into_iter().map(|(_, change)| change).collect();
    let (seq, totals) =
        object.ledger.with(&object.tables, |ledger| Ok((ledger.seq, ledger.totals.clone())))?;
    let news = News { day, seq, totals: sums(object, totals)?, changes };
    Ok(Some((news, until)))
}

/// Reads the day from the rows: an object can't tell its own name, but each row
/// holds it.
fn day(object: &CatalogObject, changes: &[(u64, Change)]) -> Result<String, Failure> {
    let mut rows = changes.iter().filter_map(|(_, change)| match change {
        Change::Put(row) => Some(row.summary.created_at.day()),
        Change::Removed { .. } => None,
    });
    object.ledger.with(&object.tables, |ledger| {
        if let Some(day) = rows.next().filter(|day| *day != ledger.day) {
            object.tables.note("day", &day)?;
            ledger.day = day;
        }
        Ok(ledger.day.clone())
    })
}

fn sums(object: &CatalogObject, mut totals: Totals) -> Result<Totals, Failure> {
    let least = |sql| object.tables.number(sql, vec![]);
    // In the words of their partial indexes, or else each reads the whole day.
    let oldest = "SELECT min(oldest_pending) AS number FROM jobs WHERE oldest_pending NOT NULL";
    totals.numbers.oldest_pending = least(oldest)?.map(Timestamp::from_millis);
    let slack = "SELECT min(slack) AS number FROM jobs WHERE slack NOT NULL";
    totals.numbers.smallest_slack = least(slack)?;
    Ok(totals)
}
