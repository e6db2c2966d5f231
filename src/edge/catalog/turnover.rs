//! Creates the tables of a catalog object at its first question, so that an
//! unused object stays empty. The tables of the previous release are migrated
//! at that moment, all in one transaction.

use super::day::ledger::LEDGER;
use super::schema;
use super::sql::{Tables, Text};
use crate::domain::catalog::ledger::Ledger;
use crate::domain::json;
use crate::edge::platform::{self, During, Failure};

/// Creates the tables of a day.
pub fn day(tables: &Tables) -> Result<(), Failure> {
    if has(tables, "jobs_by_age")? { turn_day(tables) } else { tables.run(schema::DAY, vec![]) }
}

/// Creates the tables of the root.
pub fn root(tables: &Tables) -> Result<(), Failure> {
    if has(tables, "jobs_by_turn")? {
        turn_root(tables)?;
    }
    tables.run(schema::ROOT, vec![])
}

/// Creates the tables of the refused deliveries.
pub fn refused(tables: &Tables) -> Result<(), Failure> {
    tables.run(schema::REFUSED, vec![])
}

fn has(tables: &Tables, name: &str) -> Result<bool, Failure> {
    let sql = "SELECT count(*) AS number FROM sqlite_master WHERE name = ?";
    Ok(tables.number(sql, vec![name.into()])? == Some(1))
}

/// Moves a day's rows into the new tables. The recorded removals stay.
fn turn_day(tables: &Tables) -> Result<(), Failure> {
    tables.run("ALTER TABLE jobs RENAME TO old_jobs", vec![])?;
    tables.run(schema::DAY, vec![])?;
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

/// Drops the root's jobs. Its days stay, and their sums are fetched once.
fn turn_root(tables: &Tables) -> Result<(), Failure> {
    let now = platform::now().as_millis();
    let sql = format!(
        "DROP TABLE jobs; DROP TABLE removed; DROP TABLE notes;
         ALTER TABLE days ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;
         ALTER TABLE days ADD COLUMN dirty INTEGER NOT NULL DEFAULT {dirty};
         ALTER TABLE days ADD COLUMN told INTEGER NOT NULL DEFAULT 0;
         ALTER TABLE days ADD COLUMN changed_at INTEGER NOT NULL DEFAULT {now};
         UPDATE days SET told = seq",
        dirty = schema::DIRTY
    );
    tables.run(&sql, vec![])
}
