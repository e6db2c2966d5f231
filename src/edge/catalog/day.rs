//! A day: takes the rows of the jobs that were created on it.

use super::object::CatalogObject;
use super::rows::known;
use super::schema;
use super::sql::{maybe, number, text};
use crate::domain::catalog::Answer;
use crate::domain::catalog::row::Row;
use crate::domain::json;
use crate::domain::json::string::word;
use crate::domain::names::ObjectName;
use crate::domain::time::Timestamp;
use crate::edge::platform::{During, Failure};
use serde_json::value::RawValue;

/// Removals that are remembered: a row that comes late does not bring the job
/// back.
const MAX_REMOVED: u64 = 10_000;

/// Takes a row, unless it is older than what is known. `root` is told by
/// the alarm, which is set first.
pub async fn put(object: &CatalogObject, row: &Row) -> Result<Answer, Failure> {
    object.tables.open(schema::DAY)?;
    object.schedule_flush().await?;
    let home = row.home.to_string();
    let (old, removed) = known(object, &home)?;
    let is_known = old.as_ref().is_some_and(|old| old.revision >= row.revision);
    if is_known || removed.is_some_and(|removed| removed >= row.revision) {
        return Ok(Answer::Noted);
    }
    if removed.is_some() {
        object.tables.run("DELETE FROM removed WHERE home = ?", vec![home.as_str().into()])?;
    }
    let seq = count(object, old.as_ref(), Some(row))?;
    write(object, row, &home, seq)?;
    if old.is_none_or(|old| old.summary.tags != row.summary.tags) {
        tag(object, &home, &row.summary.tags)?;
    }
    Ok(Answer::Noted)
}

/// Takes rows, each as [`put`] does.
pub async fn put_many(object: &CatalogObject, rows: &[Box<RawValue>]) -> Result<Answer, Failure> {
    for row in rows {
        put(object, &json::from_str(row.get()).during("reading a row")?).await?;
    }
    Ok(Answer::Noted)
}

fn write(object: &CatalogObject, row: &Row, home: &str, seq: u64) -> Result<(), Failure> {
    let (summary, numbers) = (&row.summary, &row.numbers);
    let json = serde_json::to_string(row).during("writing a row")?;
    let values = vec![
        home.into(),
        number(summary.created_at.as_millis())?,
        number(row.revision)?,
        number(seq)?,
        word(&summary.status).into(),
        word(&summary.archive).into(),
        text(summary.queue_name.as_deref()),
        text(summary.app.as_deref()),
        summary.id.as_str().into(),
        text(summary.reference.as_deref()),
        maybe(numbers.oldest_pending.map(Timestamp::as_millis))?,
        maybe(numbers.smallest_slack)?,
        json.into(),
    ];
    let sql = "INSERT INTO jobs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
               ON CONFLICT (home) DO UPDATE SET revision = excluded.revision,
               seq = excluded.seq, status = excluded.status, archive = excluded.archive,
               queue = excluded.queue, app = excluded.app, id = excluded.id,
               reference = excluded.reference, oldest_pending = excluded.oldest_pending,
               slack = excluded.slack, row = excluded.row";
    object.tables.run(sql, values)
}

fn tag(object: &CatalogObject, home: &str, tags: &[String]) -> Result<(), Failure> {
    object.tables.run("DELETE FROM tags WHERE home = ?", vec![home.into()])?;
    for tag in tags {
        let values = vec![home.into(), tag.as_str().into()];
        object.tables.run("INSERT OR IGNORE INTO tags VALUES (?, ?)", values)?;
    }
    Ok(())
}

/// Counts a change of a job's row, in the sums too; returns its number.
fn count(object: &CatalogObject, old: Option<&Row>, new: Option<&Row>) -> Result<u64, Failure> {
    object.ledger.with(&object.tables, |ledger| {
        if let Some(row) = old {
            ledger.totals.subtract(row);
        }
        if let Some(row) = new {
            ledger.totals.add(row);
        }
        ledger.seq += 1;
        let totals = serde_json::to_string(&ledger.totals).during("writing a day's sums")?;
        let sql = "INSERT OR REPLACE INTO notes VALUES ('seq', ?), ('totals', ?)";
        object.tables.run(sql, vec![ledger.seq.to_string().into(), totals.into()])?;
        Ok(ledger.seq)
    })
}

/// Forgets a job, and remembers that it did.
pub async fn remove(
    object: &CatalogObject,
    home: &ObjectName,
    revision: u64,
) -> Result<Answer, Failure> {
    object.tables.open(schema::DAY)?;
    object.schedule_flush().await?;
    let key = home.to_string();
    let (old, removed) = known(object, &key)?;
    if old.is_none() && removed.is_some() {
        return Ok(Answer::Noted);
    }
    let id = old.as_ref().map_or_else(|| home.public(), |row| row.summary.id.clone());
    let revision = revision.max(old.as_ref().map_or(0, |row| row.revision));
    let seq = count(object, old.as_ref(), None)?;
    object.tables.run("DELETE FROM jobs WHERE home = ?", vec![key.as_str().into()])?;
    object.tables.run("DELETE FROM tags WHERE home = ?", vec![key.as_str().into()])?;
    let values = vec![key.into(), id.into(), number(revision)?, number(seq)?];
    object.tables.run("INSERT OR REPLACE INTO removed VALUES (?, ?, ?, ?)", values)?;
    let forgotten = vec![number(seq.saturating_sub(MAX_REMOVED))?];
    object.tables.run("DELETE FROM removed WHERE seq <= ?", forgotten)?;
    Ok(Answer::Noted)
}
