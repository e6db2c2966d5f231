//! Turns over what the release before has left, when an object is first asked
//! for something: all in one transaction.

use super::ledger::LEDGER;
use super::schema;
use super::sql::{Tables, Text};
use crate::domain::catalog::ledger::Ledger;
use crate::domain::json;
use crate::edge::platform::{self, During, Failure};

/// Whether a day's tables are of the release before.
pub fn is_old_day(tables: &Tables) -> Result<bool, Failure> {
    has(tables, "jobs_by_age")
}

/// Whether the root's are.
pub fn is_old_root(tables: &Tables) -> Result<bool, Failure> {
    has(tables, "jobs_by_turn")
}

fn has(tables: &Tables, name: &str) -> Result<bool, Failure> {
    let sql = "SELECT count(*) AS number FROM sqlite_master WHERE name = ?";
    Ok(tables.number(sql, vec![name.into()])? == Some(1))
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

/// Forgets the root's jobs. Its days stay, and their sums are pulled once.
pub fn root(tables: &Tables) -> Result<(), Failure> {
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
