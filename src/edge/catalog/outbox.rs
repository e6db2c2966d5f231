//! A day's outbox: what has changed is told to `root` by the alarm, so that no
//! job waits for that, and many changes go together.

use super::object::CatalogObject;
use super::schema;
use super::sql::{Tables, number};
use crate::domain::alarm::plan;
use crate::domain::catalog::ledger::Ledger;
use crate::domain::catalog::recent::Recent;
use crate::domain::catalog::row::Row;
use crate::domain::catalog::totals::Totals;
use crate::domain::catalog::{Answer, Change, News, Question, ROOT};
use crate::domain::json;
use crate::domain::names::ObjectName;
use crate::domain::time::Timestamp;
use crate::edge::platform::{self, During, Failure};
use crate::edge::rpc::catalog;
use serde::Deserialize;
use std::iter;

/// Changes that are told at once.
const MAX_CHANGES: usize = 100;

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
    object.tables.open(schema::day)?;
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
    object.ledger.change(&object.tables, |ledger, _| {
        ledger.pushed = Some(until);
        Ok(())
    })
}

/// Reads the next changes, and the number of the last; `None` if all is told.
fn news(object: &CatalogObject) -> Result<Option<(News, u64)>, Failure> {
    let tables = &object.tables;
    object.ledger.read(tables, |ledger, recent| {
        let Some(pushed) = ledger.pushed.filter(|pushed| *pushed < ledger.seq) else {
            return Ok(None);
        };
        let changes = changes(tables, recent, pushed)?;
        let is_whole = changes.len() < MAX_CHANGES;
        let last = changes.last().filter(|_| !is_whole).map(|(seq, _)| *seq);
        let changes = changes.into_iter().map(|(_, change)| change).collect();
        let (day, totals) = (ledger.day.clone(), sums(tables, ledger)?);
        Ok(Some((News { day, seq: ledger.seq, totals, changes }, last.unwrap_or(ledger.seq))))
    })
}

/// Reads the changes after a number, in their order.
fn changes(tables: &Tables, recent: &Recent, after: u64) -> Result<Vec<(u64, Change)>, Failure> {
    let mut changes: Vec<(u64, Change)> = Vec::new();
    let limits = || Ok::<_, Failure>(vec![number(after)?, number(MAX_CHANGES as u64)?]);
    let rows: Vec<Stored> = if let Some(places) = recent.after(after) {
        let places = serde_json::to_string(&places).during("naming rows")?;
        let from = schema::AT_PLACES;
        let sql = format!("SELECT seq, row FROM {from} WHERE seq > ?2 ORDER BY seq LIMIT ?3");
        tables.query(&sql, iter::once(places.into()).chain(limits()?).collect())?
    } else {
        tables.query("SELECT seq, row FROM jobs WHERE seq > ? ORDER BY seq LIMIT ?", limits()?)?
    };
    for Stored { seq, row } in rows {
        let row: Row = json::from_str(&row).during("reading a row")?;
        changes.push((seq, Change::Put(Box::new(row))));
    }
    let sql = "SELECT home, id, seq FROM removed WHERE seq > ? ORDER BY seq LIMIT ?";
    for Removed { home, id, seq } in tables.query(sql, limits()?)? {
        let home = ObjectName::try_from(home).during("reading a removal")?;
        changes.push((seq, Change::Removed { home, id }));
    }
    changes.sort_unstable_by_key(|(seq, _)| *seq);
    changes.truncate(MAX_CHANGES);
    Ok(changes)
}

/// Completes the sums by what is looked for when it is asked for.
fn sums(tables: &Tables, ledger: &Ledger) -> Result<Totals, Failure> {
    let mut totals = ledger.totals.clone();
    let least = |sql| tables.number(sql, vec![]);
    // In the words of the partial index, or else all rows are read.
    let oldest = "SELECT min(oldest_pending) AS number FROM jobs WHERE oldest_pending NOT NULL";
    totals.numbers.oldest_pending = least(oldest)?.map(Timestamp::from_millis);
    if ledger.slack_is_lost {
        totals.numbers.smallest_slack = least("SELECT min(slack) AS number FROM jobs")?;
    }
    Ok(totals)
}
