//! Reads the rows of a day.

use super::object::CatalogObject;
use super::schema;
use super::sql::{Text, number};
use crate::domain::catalog::Answer;
use crate::domain::catalog::cursor::Place;
use crate::domain::catalog::filter::{self, Filter};
use crate::domain::catalog::row::Row;
use crate::domain::json;
use crate::domain::json::string::word;
use crate::domain::names::ObjectName;
use crate::edge::platform::{During, Failure};
use serde::Deserialize;
use worker::SqlStorageValue;

/// What is known of a job.
#[derive(Deserialize)]
struct Known {
    row: Option<String>,
    removed: Option<u64>,
}

/// Reads the rows after a place that `filter` means, the newest first.
pub fn rows(
    object: &CatalogObject,
    filter: &Filter,
    after: Option<Place>,
    limit: usize,
) -> Result<Answer, Failure> {
    object.tables.open(schema::DAY)?;
    let (mut terms, mut values) = terms(filter)?;
    if let Some(place) = after {
        terms.push("(created_at, home) < (?, ?)".to_owned());
        values.extend([number(place.created_at.as_millis())?, place.home.into()]);
    }
    let terms = if terms.is_empty() { "1".to_owned() } else { terms.join(" AND ") };
    let sql = format!(
        "SELECT row AS text FROM jobs WHERE {terms} ORDER BY created_at DESC, home DESC LIMIT ?"
    );
    values.push(number(limit as u64)?);
    read(object, &sql, values).map(Answer::Rows)
}

/// Reads the rows of these objects.
pub fn rows_of(object: &CatalogObject, homes: &[ObjectName]) -> Result<Answer, Failure> {
    object.tables.open(schema::DAY)?;
    let row = |home: &ObjectName| Ok(known(object, &home.to_string())?.0);
    let rows = homes.iter().filter_map(|home| row(home).transpose());
    rows.collect::<Result<_, _>>().map(Answer::Rows)
}

/// Reads the job's row, and the revision at which it was removed.
pub fn known(object: &CatalogObject, home: &str) -> Result<(Option<Row>, Option<u64>), Failure> {
    let sql = "SELECT (SELECT row FROM jobs WHERE home = ?) AS row,
               (SELECT revision FROM removed WHERE home = ?) AS removed";
    let known: Vec<Known> = object.tables.query(sql, vec![home.into(), home.into()])?;
    let Some(Known { row, removed }) = known.into_iter().next() else {
        return Ok((None, None));
    };
    let row = row.map(|text| json::from_str(&text)).transpose();
    row.during("reading a row").map(|row| (row, removed))
}

/// Reads the rows that a statement finds.
fn read(
    object: &CatalogObject,
    sql: &str,
    values: Vec<SqlStorageValue>,
) -> Result<Vec<Row>, Failure> {
    let rows: Vec<Text> = object.tables.query(sql, values)?;
    let rows = rows.iter().map(|row| json::from_str(&row.text));
    rows.collect::<Result<_, _>>().during("reading a row")
}

/// Returns a filter as SQL terms and their values.
fn terms(filter: &Filter) -> Result<(Vec<String>, Vec<SqlStorageValue>), Failure> {
    let (mut terms, mut values) = (Vec::new(), Vec::new());
    let mut any_of = |column: &str, words: Vec<String>| {
        if !words.is_empty() {
            terms.push(format!("{column} IN ({})", vec!["?"; words.len()].join(", ")));
            values.extend(words.into_iter().map(SqlStorageValue::from));
        }
    };
    any_of("status", filter.status.iter().map(word).collect());
    any_of("archive", filter.archive.iter().map(word).collect());
    any_of("queue", filter.queue.iter().cloned().collect());
    any_of("app", filter.app.iter().cloned().collect());
    if let Some(tag) = &filter.tag {
        terms
            .push("EXISTS (SELECT 1 FROM tags WHERE tags.home = jobs.home AND tag = ?)".to_owned());
        values.push(tag.as_str().into());
    }
    if let Some(prefix) = &filter.prefix {
        terms.push("(id >= ? AND id < ? OR reference >= ? AND reference < ?)".to_owned());
        let end = filter::after_prefix(prefix);
        let range = [prefix.as_str(), end.as_str()];
        values.extend(range.iter().chain(&range).map(|text| SqlStorageValue::from(*text)));
    }
    if filter.exhausted {
        terms.push("row ->> '$.numbers.exhausted' > 0".to_owned());
    }
    for (time, term) in [(filter.since, "created_at >= ?"), (filter.until, "created_at < ?")] {
        if let Some(time) = time {
            terms.push(term.to_owned());
            values.push(number(time.as_millis())?);
        }
    }
    Ok((terms, values))
}
