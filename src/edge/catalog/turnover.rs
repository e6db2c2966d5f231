//! Turns over what the release before has left, when an object is first asked
//! for something: all in one transaction.

use super::ledger::LEDGER;
use super::schema;
use super::sql::{Tables, Text};
use crate::domain::catalog::ledger::Ledger;
use crate::domain::json;
use crate::edge::platform::{During, Failure};

/// Whether a day's tables are of the release before.
pub fn is_old_day(tables: &Tables) -> Result<bool, Failure> {
    let sql = "SELECT count(*) AS number FROM sqlite_master WHERE name = 'jobs_by_age'";
    Ok(tables.number(sql, vec![])? == Some(1))
}

/// Moves a day's rows into the tables that `made` makes. What is kept of a
/// removal stays.
pub fn day(tables: &Tables, made: &str) -> Result<(), Failure> {
    tables.run("ALTER TABLE jobs RENAME TO old_jobs", vec![])?;
    tables.run(made, vec![])?;
    let columns = schema::columns("row", "seq");
    tables.run(&format!("INSERT INTO jobs SELECT {columns} FROM old_jobs"), vec![])?;
    tables.run("DROP TABLE old_jobs; DROP TABLE tags", vec![])?;
    let sql = "SELECT json_group_object(name, json(value)) AS text FROM notes";
    let notes: Vec<Text> = tables.query(sql, vec![])?;
    let notes = notes.first().map_or("{}", |row| &row.text);
    let ledger: Ledger = json::from_str(notes).during("reading the notes of a day")?;
    let pushed = ledger.pushed.or(Some(0));
    tables.run("DELETE FROM notes", vec![])?;
    tables.note(LEDGER, &Ledger { pushed, slack_is_lost: true, ..ledger })
}
