//! What a day tells `root`: once that it changes, its sums when `root` pulls
//! them, and while somebody watches each change. The alarm does the last, so
//! that no job waits for it, and many changes go together.

use super::ledger::LEDGER;
use super::object::CatalogObject;
use super::schema;
use super::sql::{Tables, number};
use crate::domain::alarm::plan;
use crate::domain::catalog::ledger::Ledger;
use crate::domain::catalog::recent::Recent;
use crate::domain::catalog::row::Row;
use crate::domain::catalog::{Answer, Change, News, Question, ROOT};
use crate::domain::json;
use crate::domain::names::ObjectName;
use crate::domain::time::Timestamp;
use crate::edge::platform::{self, During, Failure};
use crate::edge::rpc::call::is_not_understood;
use crate::edge::rpc::catalog;
use serde::Deserialize;
use std::iter;

/// Changes that are told at once.
const MAX_CHANGES: usize = 100;
/// How often `root` is told of one change: it may pull the sums in between.
const TRIES: usize = 3;

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

/// Has `root` know that the day is about to change, unless it does. Its answer
/// is noted with the next change, before which nothing but storage may be
/// awaited: a pull in between would not know of that change.
pub async fn tell(object: &CatalogObject, day: &str) -> Result<(), Failure> {
    for _ in 0..TRIES {
        let must_tell = object.ledger.with(&object.tables, |ledger, _| {
            Ok(!day.is_empty() && ledger.must_tell(platform::now()))
        })?;
        if !must_tell {
            return Ok(());
        }
        if ask_root(object, day).await? {
            return Ok(());
        }
    }
    Err(Failure::new("telling the catalog's root of a change", "it pulls again and again"))
}

async fn ask_root(object: &CatalogObject, day: &str) -> Result<bool, Failure> {
    let question = Question::Dirty(day.to_owned());
    let answer = catalog::ask_soon(&object.env, ROOT, &question).await?;
    let Answer::Dirty { generation, push_ms } = answer else {
        return Err(Failure::unexpected("telling the catalog's root of a change"));
    };
    let now = platform::now();
    object.ledger.with(&object.tables, |ledger, _| Ok(ledger.hear(generation, push_ms, now)))
}

/// The day's alarm: `root` hears what it is to hear of. A watchdog is set first;
/// after the last look only storage is awaited, so that no change comes in
/// between unseen.
pub async fn flush(object: &CatalogObject) -> Result<(), Failure> {
    let storage = object.state.storage();
    let watchdog = plan::watchdog(1, object.config.pace, platform::now());
    platform::set_alarm_at(&storage, watchdog).await?;
    object.is_flush_scheduled.set(true);
    object.tables.open(schema::day)?;
    while push_next(object).await? {}
    object.is_flush_scheduled.set(false);
    platform::clear_alarm(&storage).await
}

/// Tells the next changes; returns whether there may be more.
async fn push_next(object: &CatalogObject) -> Result<bool, Failure> {
    let (ledger, tables) = (&object.ledger, &object.tables);
    let waiting = ledger.with(tables, |ledger, _| {
        let waits = ledger.unpushed().is_some() && !ledger.day.is_empty();
        Ok(waits.then(|| (ledger.day.clone(), ledger.is_told())))
    })?;
    let Some((day, is_told)) = waiting else { return Ok(false) };
    if !is_told {
        match ask_root(object, &day).await {
            Ok(_) => return ledger.change(tables, |_, _| Ok(true)),
            // For some minutes after a deployment it may be of the release before,
            // which hears of each change.
            Err(failure) if is_not_understood(&failure) => {}
            Err(failure) => return Err(failure),
        }
    }
    let next = |ledger: &mut Ledger, recent: &mut Recent| match ledger.unpushed() {
        Some(after) => news(tables, ledger, recent, Some(after)).map(Some),
        None => Ok(None),
    };
    let Some(news) = ledger.with(tables, next)? else { return Ok(false) };
    let until = news.until.unwrap_or(news.seq);
    if !news.changes.is_empty() {
        catalog::ask(&object.env, ROOT, &Question::Push(Box::new(news))).await?;
    }
    ledger.change(tables, |ledger, _| {
        ledger.push(until);
        Ok(true)
    })
}

/// Answers `root`, which pulls the sums: from now on it has to be told again.
pub fn sums(
    object: &CatalogObject,
    generation: u64,
    after: Option<u64>,
) -> Result<Answer, Failure> {
    object.tables.open(schema::day)?;
    object.ledger.with(&object.tables, |ledger, recent| {
        let news = news(&object.tables, ledger, recent, after)?;
        if ledger.pulled < generation {
            ledger.pulled = generation;
            object.tables.note(LEDGER, ledger)?;
        }
        Ok(Answer::News(Box::new(news)))
    })
}

/// Reads the sums, and the next changes after a number.
fn news(
    tables: &Tables,
    ledger: &mut Ledger,
    recent: &Recent,
    after: Option<u64>,
) -> Result<News, Failure> {
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
    // In the words of the partial index, or else all rows are read.
    let oldest = "SELECT min(oldest_pending) AS number FROM jobs WHERE oldest_pending NOT NULL";
    totals.numbers.oldest_pending = tables.number(oldest, vec![])?.map(Timestamp::from_millis);
    Ok(News {
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
