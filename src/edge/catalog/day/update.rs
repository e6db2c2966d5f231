//! Reads a day's update for `root`: its sums and changes.

use crate::domain::catalog::ledger::Ledger;
use crate::domain::catalog::recent::Recent;
use crate::domain::catalog::row::Row;
use crate::domain::catalog::{Change, DayUpdate};
use crate::domain::json;
use crate::domain::names::ObjectName;
use crate::domain::sort;
use crate::domain::time::Timestamp;
use crate::edge::catalog::schema;
use crate::edge::catalog::sql::{Tables, number};
use crate::edge::platform::{During, Failure};
use serde::Deserialize;
use std::iter;

/// The most changes that are sent at once.
const MAX_CHANGES: usize = 100;

/// A row as it is stored.
#[derive(Deserialize)]
struct StoredRow {
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

/// Reads the sums, and the next changes after a number.
pub fn news(
    tables: &Tables,
    ledger: &mut Ledger,
    recent: &Recent,
    after: Option<u64>,
) -> Result<DayUpdate, Failure> {
    let changes = match after {
        Some(after) => changes(tables, recent, after)?,
        None => Vec::new(),
    };
    let is_whole = changes.len() < MAX_CHANGES;
    let last = changes.last().filter(|_| !is_whole).map(|(seq, _)| *seq);
    if ledger.slack_is_lost {
        ledger.find_slack(tables.number("SELECT min(slack) AS number FROM jobs", vec![])?);
    }
    let mut totals = ledger.totals.clone();
    // This repeats the condition of the partial index: else all rows are read.
    let oldest = "SELECT min(oldest_pending) AS number FROM jobs WHERE oldest_pending NOT NULL";
    totals.numbers.oldest_pending = tables.number(oldest, vec![])?.map(Timestamp::from_millis);
    Ok(DayUpdate {
        day: ledger.day.clone(),
        seq: ledger.seq,
        totals,
        changes: changes.into_iter().map(|(_, change)| change).collect(),
        after,
        until: last.or(Some(ledger.seq)),
    })
}

/// Reads the changes after a number, in their order.
fn changes(tables: &Tables, recent: &Recent, after: u64) -> Result<Vec<(u64, Change)>, Failure> {
    let mut changes: Vec<(u64, Change)> = Vec::new();
    let limits = || Ok::<_, Failure>(vec![number(after)?, number(MAX_CHANGES as u64)?]);
    let rows: Vec<StoredRow> = if let Some(places) = recent.after(after) {
        let places = serde_json::to_string(&places).during("naming rows")?;
        let from = schema::AT_PLACES;
        let sql = format!("SELECT seq, row FROM {from} WHERE seq > ?2 ORDER BY seq LIMIT ?3");
        tables.query(&sql, iter::once(places.into()).chain(limits()?).collect())?
    } else {
        tables.query("SELECT seq, row FROM jobs WHERE seq > ? ORDER BY seq LIMIT ?", limits()?)?
    };
    for StoredRow { seq, row } in rows {
        let row: Row = json::from_str(&row).during("reading a row")?;
        changes.push((seq, Change::Put(Box::new(row))));
    }
    let sql = "SELECT home, id, seq FROM removed WHERE seq > ? ORDER BY seq LIMIT ?";
    for Removed { home, id, seq } in tables.query(sql, limits()?)? {
        let home = ObjectName::try_from(home).during("reading a removal")?;
        changes.push((seq, Change::Removed { home, id }));
    }
    sort::by_key(&mut changes, |(seq, _)| *seq);
    changes.truncate(MAX_CHANGES);
    Ok(changes)
}
