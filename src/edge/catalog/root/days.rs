//! Stores in `root` which days exist, and their sums. A day notifies it once
//! that it changes, and it fetches the sums when somebody asks for them.

use super::viewers;
use crate::domain::catalog::filter::Filter;
use crate::domain::catalog::totals::Totals;
use crate::domain::catalog::{CatalogReply, CatalogRequest, DayUpdate};
use crate::domain::json;
use crate::domain::time::{self, Timestamp};
use crate::edge::catalog::object::CatalogObject;
use crate::edge::catalog::schema;
use crate::edge::catalog::sql::number;
use crate::edge::catalog::turnover;
use crate::edge::platform::{self, During, Failure};
use crate::edge::rpc::call::is_not_understood;
use crate::edge::rpc::catalog;
use futures_util::future::join_all;
use serde::Deserialize;

/// The most that the clocks of two objects may differ by, in milliseconds, with
/// a wide margin.
const SKEW_MS: u64 = time::HOUR;

/// A day as it is stored.
#[derive(Deserialize)]
struct Listed {
    day: String,
    totals: String,
    dirty: u64,
}

/// A request to a day.
#[derive(Deserialize)]
pub struct DayPull {
    /// The day.
    pub day: String,
    /// How often the day has reported that it changes.
    pub generation: u64,
    /// The change after which changes are requested, if any are.
    pub after: Option<u64>,
}

/// Returns whether this object is the root, because no object knows its own
/// name. An object that has scheduled a flush is a day.
pub fn is_root(object: &CatalogObject) -> Result<bool, Failure> {
    if object.is_flush_scheduled.get() {
        return Ok(false);
    }
    let sql = "SELECT count(*) AS number FROM sqlite_master WHERE name = 'days'";
    Ok(object.tables.number(sql, vec![])? == Some(1))
}

/// Returns how many days one question may ask.
pub fn most_asked(object: &CatalogObject) -> usize {
    object.config.max_subrequests as usize
}

/// Records that a day changes. Returns for how long it must report each change,
/// in milliseconds: long while there are viewers, else 0.
pub fn dirty(object: &CatalogObject, day: &str) -> Result<CatalogReply, Failure> {
    object.tables.open(turnover::root)?;
    let push_ms = if viewers::viewers(object).is_empty() { 0 } else { object.config.pace.watch() };
    let sql = "INSERT INTO days VALUES (?, 0, '{}', 1, ?, 0, ?) ON CONFLICT DO UPDATE SET
               generation = generation + 1, dirty = excluded.dirty,
               changed_at = excluded.changed_at RETURNING generation AS number";
    let state = if push_ms == 0 { schema::DIRTY } else { schema::TELLING };
    let values = vec![day.into(), number(state)?, number(platform::now().as_millis())?];
    let generation = object.tables.number(sql, values)?.unwrap_or_default();
    Ok(CatalogReply::Dirty { generation, push_ms })
}

/// Asks days for their sums, and for their changes where those are requested.
pub async fn pull(object: &CatalogObject, wanted: &[DayPull]) -> Vec<Result<DayUpdate, Failure>> {
    join_all(wanted.iter().map(|wanted| pull_one(object, wanted))).await
}

async fn pull_one(object: &CatalogObject, wanted: &DayPull) -> Result<DayUpdate, Failure> {
    let DayPull { day, generation, after } = wanted;
    let question = CatalogRequest::Sums { generation: *generation, after: *after };
    let CatalogReply::News(update) = catalog::ask(&object.env, day, &question).await? else {
        return Err(Failure::unexpected("asking a day for its sums"));
    };
    // A day that has meanwhile reported a change stays dirty, and is asked
    // again.
    let sql = "UPDATE days SET changed_at = iif(seq < ?2, ?5, changed_at), seq = ?2, totals = ?3,
               dirty = iif(generation = ?4, 0, dirty) WHERE day = ?1 AND seq <= ?2";
    let values = vec![
        day.as_str().into(),
        number(update.seq)?,
        serde_json::to_string(&update.totals).during("writing a day's sums")?.into(),
        number(*generation)?,
        number(platform::now().as_millis())?,
    ];
    object.tables.run(sql, values)?;
    Ok(*update)
}

/// Takes the sums in a day's update, and the change up to which viewers know
/// it. A day of the previous release never reports that it is about to change.
pub fn take_sums(object: &CatalogObject, update: &DayUpdate) -> Result<(), Failure> {
    let sql = "INSERT INTO days VALUES (?1, ?2, ?3, 0, 0, ?4, ?5) ON CONFLICT DO UPDATE SET
               totals = iif(seq <= excluded.seq, excluded.totals, totals),
               seq = max(seq, excluded.seq), told = max(told, excluded.told),
               changed_at = excluded.changed_at";
    let values = vec![
        update.day.as_str().into(),
        number(update.seq)?,
        serde_json::to_string(&update.totals).during("writing a day's sums")?.into(),
        number(update.until.unwrap_or_default())?,
        number(platform::now().as_millis())?,
    ];
    object.tables.run(sql, values)
}

/// Fetches the sums of the changed days between two days. Returns the number of
/// days whose sums are still out of date.
async fn refresh(object: &CatalogObject, first: &str, last: &str) -> Result<usize, Failure> {
    let sql = "SELECT day, generation, NULL AS after FROM days
               WHERE dirty > 0 AND day BETWEEN ? AND ? ORDER BY day DESC";
    let dirty: Vec<DayPull> = object.tables.query(sql, vec![first.into(), last.into()])?;
    let some = dirty.get(..most_asked(object)).unwrap_or(&dirty);
    for update in pull(object, some).await {
        // If a day can't be asked, its older sums are better than nothing.
        if let Err(failure) = update
            && !is_not_understood(&failure)
        {
            failure.log();
        }
    }
    Ok(dirty.len() - some.len())
}

/// Reads the days that may contain matching jobs, the latest first. A day that
/// has changed may contain any.
pub async fn days(
    object: &CatalogObject,
    filter: &Filter,
    until: Option<String>,
    limit: usize,
) -> Result<CatalogReply, Failure> {
    object.tables.open(turnover::root)?;
    let last = filter.until.map(Timestamp::day).into_iter().chain(until).min();
    let last = last.unwrap_or_else(|| "~".to_owned());
    let first = filter.since.map(Timestamp::day).unwrap_or_default();
    if filter.is_of_sums() {
        refresh(object, &first, &last).await?;
    }
    let changed_since = filter.changed_since.map_or(0, Timestamp::as_millis);
    let sql = "SELECT day, totals, dirty FROM days WHERE day <= ? AND day >= ?
               AND (dirty > 0 OR changed_at >= ?) ORDER BY day DESC";
    let values = vec![last.into(), first.into(), number(changed_since.saturating_sub(SKEW_MS))?];
    let mut found = Vec::new();
    for Listed { day, totals, dirty } in object.tables.query(sql, values)? {
        let totals: Totals = json::from_str(&totals).during("reading a day's sums")?;
        if dirty > 0 || totals.may_hold(filter) {
            found.push(day);
        }
        if found.len() == limit {
            break;
        }
    }
    Ok(CatalogReply::Days(found))
}

/// Adds up the current sums of all days.
pub async fn totals(object: &CatalogObject) -> Result<CatalogReply, Failure> {
    object.tables.open(turnover::root)?;
    let stale = refresh(object, "", "~").await?;
    // The latest days come first: the costs of some days are listed.
    let sql = "SELECT day, totals, dirty FROM days ORDER BY day DESC";
    let days: Vec<Listed> = object.tables.query(sql, vec![])?;
    let mut sum = Totals { stale_days: stale as u64, ..Totals::default() };
    let mut count = 0;
    for Listed { day, totals, .. } in days {
        let totals: Totals = json::from_str(&totals).during("reading a day's sums")?;
        count += u64::from(totals.jobs > 0);
        sum.merge_day(&day, &totals);
    }
    Ok(CatalogReply::Totals(Box::new(sum), count))
}
