//! Reads the rows of a day.

use crate::domain::catalog::CatalogReply;
use crate::domain::catalog::cursor::PageCursor;
use crate::domain::catalog::export::ExportCursor;
use crate::domain::catalog::filter::{self, Filter};
use crate::domain::catalog::row::Row;
use crate::domain::json;
use crate::domain::json::string::word;
use crate::domain::names::ObjectName;
use crate::domain::time::Timestamp;
use crate::edge::catalog::object::CatalogObject;
use crate::edge::catalog::sql::{Tables, Text, number};
use crate::edge::catalog::turnover;
use crate::edge::platform::{During, Failure};
use worker::SqlStorageValue;

/// Reads the rows after a place that match `filter`, the newest first.
pub fn rows(
    object: &CatalogObject,
    filter: &Filter,
    after: Option<PageCursor>,
    limit: usize,
) -> Result<CatalogReply, Failure> {
    object.tables.open(turnover::day)?;
    let (mut terms, mut values) = terms(filter)?;
    if let Some(place) = after {
        terms.push("(created_at, home) < (?, ?)".to_owned());
        values.extend([number(place.created_at.as_millis())?, place.home.into()]);
    }
    let terms = all_of(&terms);
    let sql = format!(
        "SELECT row AS text FROM jobs WHERE {terms} ORDER BY created_at DESC, home DESC LIMIT ?"
    );
    values.push(number(limit as u64)?);
    read(&object.tables, &sql, values).map(CatalogReply::Rows)
}

/// Reads the jobs after a cursor that match `filter`, the oldest first. If the
/// cursor's job is not known any more, it counts as the first of its time.
pub fn oldest(
    object: &CatalogObject,
    filter: &Filter,
    after: Option<&ExportCursor>,
    limit: usize,
) -> Result<CatalogReply, Failure> {
    object.tables.open(turnover::day)?;
    let (mut terms, mut values) = terms(filter)?;
    if let Some(ExportCursor { created_at, name }) = after {
        let named = "(SELECT min(home) FROM jobs WHERE created_at = ? AND ? IN (home, id))";
        terms.push(format!("(created_at, home) > (?, coalesce({named}, ''))"));
        let at = number(created_at.as_millis())?;
        values.extend([at.clone(), at, name.as_str().into()]);
    }
    let terms = all_of(&terms);
    let sql = format!(
        "SELECT created_at, home AS name FROM jobs WHERE {terms} ORDER BY created_at, home LIMIT ?"
    );
    values.push(number(limit as u64)?);
    object.tables.query(&sql, values).map(CatalogReply::Cursors)
}

fn all_of(terms: &[String]) -> String {
    if terms.is_empty() { "1".to_owned() } else { terms.join(" AND ") }
}

/// Reads the rows of these objects, as a `root` of the previous release asks;
/// all rows are searched.
pub fn rows_of(object: &CatalogObject, homes: &[ObjectName]) -> Result<CatalogReply, Failure> {
    object.tables.open(turnover::day)?;
    let homes = serde_json::to_string(homes).during("naming rows")?;
    let sql = "SELECT row AS text FROM jobs WHERE home IN (SELECT value FROM json_each(?))";
    read(&object.tables, sql, vec![homes.into()]).map(CatalogReply::Rows)
}

/// Returns the SQL term that matches a job's row, and its values.
pub fn of_home(
    home: &str,
    created_at: Option<Timestamp>,
) -> Result<(String, Vec<SqlStorageValue>), Failure> {
    Ok(match created_at {
        Some(at) => {
            let values = vec![number(at.as_millis())?, home.into()];
            ("created_at = ? AND home = ?".to_owned(), values)
        }
        None => ("home = ?".to_owned(), vec![home.into()]),
    })
}

/// Reads the only row that matches a term.
pub fn one_of(
    tables: &Tables,
    term: &str,
    values: Vec<SqlStorageValue>,
) -> Result<Option<Row>, Failure> {
    let sql = format!("SELECT row AS text FROM jobs WHERE {term}");
    read(tables, &sql, values).map(|rows| rows.into_iter().next())
}

/// Reads the rows that a statement selects.
fn read(tables: &Tables, sql: &str, values: Vec<SqlStorageValue>) -> Result<Vec<Row>, Failure> {
    let rows: Vec<Text> = tables.query(sql, values)?;
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
        terms.push("EXISTS (SELECT 1 FROM json_each(tags) WHERE value = ?)".to_owned());
        values.push(tag.as_str().into());
    }
    if let Some(prefix) = &filter.prefix {
        terms.push("(id >= ? AND id < ? OR reference >= ? AND reference < ?)".to_owned());
        let end = filter::after_prefix(prefix);
        let range = [prefix.as_str(), end.as_str()];
        values.extend(range.iter().chain(&range).map(|text| SqlStorageValue::from(*text)));
    }
    if filter.exhausted {
        terms.push("exhausted > 0".to_owned());
    }
    for (time, term) in [
        (filter.since, "created_at >= ?"),
        (filter.until, "created_at < ?"),
        (filter.changed_since, "updated_at >= ?"),
    ] {
        if let Some(time) = time {
            terms.push(term.to_owned());
            values.push(number(time.as_millis())?);
        }
    }
    Ok((terms, values))
}
