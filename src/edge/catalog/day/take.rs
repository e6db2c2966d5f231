//! Takes the rows of the jobs that were created on a day.

use super::outbox;
use crate::domain::catalog::CatalogReply;
use crate::domain::catalog::cursor::PageCursor;
use crate::domain::catalog::ledger::Ledger;
use crate::domain::catalog::recent::Recent;
use crate::domain::catalog::row::Row;
use crate::domain::json;
use crate::edge::catalog::object::CatalogObject;
use crate::edge::catalog::schema;
use crate::edge::catalog::sql::{Tables, number};
use crate::edge::catalog::turnover;
use crate::edge::platform::{During, Failure};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// The bytes of rows in one statement, give or take a row; a value may have 2
/// MB.
const MAX_BYTES: usize = 512 * 1024;

/// A row that is being taken, and its text.
type RowText<'a> = (Row, &'a str);

/// The stored state of a job.
#[derive(Deserialize)]
struct Known {
    home: String,
    row: Option<String>,
    removed: Option<u64>,
}

/// Takes rows, unless they are older than the stored ones, all in one
/// transaction. `root` is notified before; if that fails, the alarm does it.
pub async fn put_many(
    object: &CatalogObject,
    rows: &[Box<RawValue>],
) -> Result<CatalogReply, Failure> {
    object.tables.open(turnover::day)?;
    let rows = rows.iter().map(|row| Ok((json::from_str(row.get())?, row.get())));
    let rows: Vec<RowText> =
        rows.collect::<Result<_, serde_json::Error>>().during("reading a row")?;
    let Some((row, _)) = rows.first() else { return Ok(CatalogReply::Noted) };
    let day = row.summary.created_at.day();
    let is_told = outbox::notify_root(object, &day).await.is_ok();
    object.ledger.change(&object.tables, |ledger, recent| {
        if !is_told {
            ledger.expect_push();
        }
        ledger.day = day;
        let mut rest = rows.as_slice();
        while !rest.is_empty() {
            let (some, more) = rest.split_at(fitting(rest));
            take(&object.tables, ledger, recent, some)?;
            rest = more;
        }
        Ok(())
    })?;
    object.schedule_flush().await.map(|()| CatalogReply::Noted)
}

/// Returns how many of the rows go into one statement.
fn fitting(rows: &[RowText]) -> usize {
    let mut bytes = 0;
    let fits = |(_, text): &&RowText| {
        bytes += text.len();
        bytes <= MAX_BYTES
    };
    rows.iter().take_while(fits).count().max(1)
}

fn take(
    tables: &Tables,
    ledger: &mut Ledger,
    recent: &mut Recent,
    rows: &[RowText],
) -> Result<(), Failure> {
    let known = known(tables, rows)?;
    let old: Vec<Row> = known
        .iter()
        .filter_map(|known| known.row.as_deref().map(json::from_str))
        .collect::<Result<_, _>>()
        .during("reading a row")?;
    let mut current: BTreeMap<String, &Row> = BTreeMap::new();
    current.extend(old.iter().map(|row| (row.home.to_string(), row)));
    let (first, mut texts) = (ledger.seq + 1, Vec::new());
    for (row, text) in rows {
        let place = row.place();
        let is_gone = |known: &Known| {
            known.home == place.home && known.removed.is_some_and(|gone| gone >= row.revision)
        };
        let old = current.get(&place.home).copied();
        if old.is_some_and(|old| old.revision >= row.revision) || known.iter().any(is_gone) {
            continue;
        }
        let seq = ledger.count(old, Some(row));
        texts.push(*text);
        current.insert(place.home.clone(), row);
        if old.is_none_or(|old| old.version < row.version) {
            recent.note(seq, place);
        }
    }
    write(tables, first, &texts)?;
    for Known { home, .. } in known.iter().filter(|known| known.removed.is_some()) {
        if current.contains_key(home) {
            tables.run("DELETE FROM removed WHERE home = ?", vec![home.as_str().into()])?;
        }
    }
    Ok(())
}

/// Reads the stored rows and removals of these jobs.
fn known(tables: &Tables, rows: &[RowText]) -> Result<Vec<Known>, Failure> {
    let places: Vec<PageCursor> = rows.iter().map(|(row, _)| row.place()).collect();
    let places = serde_json::to_string(&places).during("naming rows")?;
    let sql = format!(
        "SELECT home, row, NULL AS removed FROM {} UNION ALL
         SELECT home, NULL, revision FROM removed
         WHERE home IN (SELECT value ->> '$.home' FROM json_each(?1))",
        schema::AT_PLACES
    );
    tables.query(&sql, vec![places.into()])
}

/// Writes rows; the first one is the day's change number `first`.
fn write(tables: &Tables, first: u64, texts: &[&str]) -> Result<(), Failure> {
    if texts.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "INSERT INTO jobs SELECT {} FROM json_each(?2) WHERE true {}",
        schema::columns("value", "?1 + key"),
        schema::ON_CONFLICT
    );
    tables.run(&sql, vec![number(first)?, format!("[{}]", texts.join(",")).into()])
}
