//! `root`: which days there are with their sums, and when each job last
//! changed.

use super::object::CatalogObject;
use super::schema;
use super::sql::{Text, number};
use super::viewers::broadcast;
use crate::domain::catalog::export::Turn;
use crate::domain::catalog::filter::Filter;
use crate::domain::catalog::row::Row;
use crate::domain::catalog::totals::Totals;
use crate::domain::catalog::{Answer, Change, News, live_feed};
use crate::domain::json;
use crate::domain::names::ObjectName;
use crate::domain::time::Timestamp;
use crate::edge::platform::{During, Failure};
use serde::Deserialize;

/// Removals that viewers are told of who come back later.
const MAX_REMOVED: u64 = 10_000;

/// A day as it is stored.
#[derive(Deserialize)]
struct Day {
    day: String,
    totals: String,
}

#[derive(Deserialize)]
struct StoredTurn {
    updated_at: u64,
    home: String,
}

/// Whether this object is the root: no object can tell its own name. One
/// that knows of its alarm is a day.
pub fn is_root(object: &CatalogObject) -> Result<bool, Failure> {
    if object.is_flush_scheduled.get() {
        return Ok(false);
    }
    let sql = "SELECT count(*) AS number FROM sqlite_master WHERE name = 'days'";
    Ok(object.tables.number(sql, vec![])? == Some(1))
}

/// Takes a day's news, unless newer ones are known. What was told before
/// is told again after a crash, and changes nothing then.
pub fn apply_day_changes(object: &CatalogObject, news: News) -> Result<Answer, Failure> {
    object.tables.open(schema::root)?;
    let sql = "SELECT seq AS number FROM days WHERE day = ?";
    let known = object.tables.number(sql, vec![news.day.as_str().into()])?;
    if known.is_some_and(|known| known > news.seq) {
        return Ok(Answer::Noted);
    }
    let totals = serde_json::to_string(&news.totals).during("writing a day's sums")?;
    let values = vec![news.day.as_str().into(), number(news.seq)?, totals.into()];
    object.tables.run("INSERT OR REPLACE INTO days VALUES (?, ?, ?)", values)?;
    let mut seq: u64 = object.tables.noted("seq")?;
    let mut texts = Vec::new();
    for change in news.changes {
        let text = match change {
            Change::Put(row) => note_change(object, &news.day, &row, seq + 1)?,
            Change::Removed { home, id } => note_removal(object, &home, &id, seq + 1)?,
        };
        seq += u64::from(text.is_some());
        texts.extend(text);
    }
    if !texts.is_empty() {
        object.tables.note("seq", &seq)?;
    }
    broadcast(object, &texts);
    Ok(Answer::Noted)
}

/// Notes a change; returns what viewers are told of it, and `None` if it is not new.
fn note_change(
    object: &CatalogObject,
    day: &str,
    row: &Row,
    seq: u64,
) -> Result<Option<String>, Failure> {
    let values = vec![
        row.home.to_string().into(),
        day.into(),
        number(row.version)?,
        number(row.summary.updated_at.as_millis())?,
        number(seq)?,
    ];
    let sql = "INSERT INTO jobs VALUES (?, ?, ?, ?, ?) ON CONFLICT (home) DO UPDATE SET
               day = excluded.day, version = excluded.version,
               updated_at = excluded.updated_at, seq = excluded.seq
               WHERE excluded.version > version RETURNING seq AS number";
    let is_new = object.tables.number(sql, values)?.is_some();
    Ok(is_new.then(|| live_feed::changed(seq, row, object.context(row))))
}

/// Notes a removal, as [`note_change`] does.
fn note_removal(
    object: &CatalogObject,
    home: &ObjectName,
    id: &str,
    seq: u64,
) -> Result<Option<String>, Failure> {
    let home = home.to_string();
    let sql = "SELECT seq AS number FROM jobs WHERE home = ?";
    if object.tables.number(sql, vec![home.as_str().into()])?.is_none() {
        return Ok(None);
    }
    object.tables.run("DELETE FROM jobs WHERE home = ?", vec![home.as_str().into()])?;
    let values = vec![number(seq)?, home.into(), id.into()];
    object.tables.run("INSERT INTO removed VALUES (?, ?, ?)", values)?;
    let sql = "DELETE FROM removed WHERE seq <= (SELECT seq FROM removed
               ORDER BY seq DESC LIMIT 1 OFFSET ?)";
    object.tables.run(sql, vec![number(MAX_REMOVED)?])?;
    Ok(Some(live_feed::removed(seq, id)))
}

/// Reads the days that may hold such jobs, the latest first.
pub fn days(
    object: &CatalogObject,
    filter: &Filter,
    until: Option<String>,
    limit: usize,
) -> Result<Answer, Failure> {
    object.tables.open(schema::root)?;
    let last = filter.until.map(Timestamp::day).into_iter().chain(until).min();
    let first = filter.since.map(Timestamp::day).unwrap_or_default();
    let sql = "SELECT day, totals FROM days WHERE day <= ? AND day >= ? ORDER BY day DESC";
    let last = last.unwrap_or_else(|| "~".to_owned());
    let mut found = Vec::new();
    for Day { day, totals } in object.tables.query(sql, vec![last.into(), first.into()])? {
        let totals: Totals = json::from_str(&totals).during("reading a day's sums")?;
        if totals.may_hold(filter) {
            found.push(day);
        }
        if found.len() == limit {
            break;
        }
    }
    Ok(Answer::Days(found))
}

/// Adds up the sums of all days.
pub fn totals(object: &CatalogObject) -> Result<Answer, Failure> {
    object.tables.open(schema::root)?;
    let days: Vec<Text> = object.tables.query("SELECT totals AS text FROM days", vec![])?;
    let mut sum = Totals::default();
    let mut count = 0;
    for day in &days {
        let totals: Totals = json::from_str(&day.text).during("reading a day's sums")?;
        count += u64::from(totals.jobs > 0);
        sum.merge(&totals);
    }
    Ok(Answer::Totals(Box::new(sum), count))
}

/// Reads the jobs after a turn, by their last change.
pub fn turns(
    object: &CatalogObject,
    since: Timestamp,
    after: Option<Turn>,
    limit: usize,
) -> Result<Answer, Failure> {
    object.tables.open(schema::root)?;
    let (updated_at, home) = after
        .map_or((0, String::new()), |turn| (turn.updated_at.as_millis(), turn.home.to_string()));
    let sql =
        "SELECT updated_at, home FROM jobs WHERE updated_at >= ? AND (updated_at, home) > (?, ?)
               ORDER BY updated_at, home LIMIT ?";
    let since = number(since.as_millis())?;
    let values = vec![since, number(updated_at)?, home.into(), number(limit as u64)?];
    let rows: Vec<StoredTurn> = object.tables.query(sql, values)?;
    let turn = |row: StoredTurn| {
        let home = ObjectName::try_from(row.home)?;
        Ok(Turn { updated_at: Timestamp::from_millis(row.updated_at), home })
    };
    let turns = rows.into_iter().map(turn).collect::<Result<_, String>>();
    turns.during("reading the turns").map(Answer::Turns)
}
