//! A day: the rows of the jobs that were created on it.

use super::Catalog;
use super::sql::{Text, maybe, number, text};
use crate::domain::catalog::filter::{self, Filter};
use crate::domain::catalog::{Answer, Place, Row, Totals, word};
use crate::domain::json;
use crate::domain::names::ObjectName;
use crate::domain::time::Timestamp;
use crate::edge::platform::{During, Failure};
use serde::Deserialize;
use worker::SqlStorageValue;

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS jobs (
        home TEXT PRIMARY KEY, created_at INTEGER NOT NULL, revision INTEGER NOT NULL,
        seq INTEGER NOT NULL, status TEXT NOT NULL, archive TEXT NOT NULL, queue TEXT, app TEXT,
        id TEXT NOT NULL, reference TEXT, oldest_pending INTEGER, slack INTEGER, row TEXT NOT NULL)
        WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS jobs_by_age ON jobs (created_at, home);
    CREATE INDEX IF NOT EXISTS jobs_by_seq ON jobs (seq);
    CREATE INDEX IF NOT EXISTS jobs_by_id ON jobs (id);
    CREATE INDEX IF NOT EXISTS jobs_by_reference ON jobs (reference) WHERE reference NOT NULL;
    CREATE INDEX IF NOT EXISTS jobs_by_pending ON jobs (oldest_pending)
        WHERE oldest_pending NOT NULL;
    CREATE INDEX IF NOT EXISTS jobs_by_slack ON jobs (slack) WHERE slack NOT NULL;
    CREATE TABLE IF NOT EXISTS tags (home TEXT, tag TEXT, PRIMARY KEY (home, tag)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS removed (
        home TEXT PRIMARY KEY, id TEXT NOT NULL, revision INTEGER NOT NULL, seq INTEGER NOT NULL);
    CREATE INDEX IF NOT EXISTS removed_by_seq ON removed (seq);
    CREATE TABLE IF NOT EXISTS notes (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
";

/// A day's notes.
#[derive(Default)]
pub(super) struct Ledger {
    /// Counts the day's changes.
    pub seq: u64,
    /// The last change that `root` was told.
    pub pushed: u64,
    /// The day, once a row has told it.
    pub day: String,
    /// The sums, which change with the rows so that they are never reckoned
    /// anew.
    pub totals: Totals,
}

/// A note as it is stored.
#[derive(Deserialize)]
struct Note {
    name: String,
    value: String,
}

/// What is known of a job.
#[derive(Deserialize)]
struct Known {
    row: Option<String>,
    removed: Option<u64>,
}

/// Removals that are remembered: a row that comes late does not bring the job
/// back.
const MAX_REMOVED: u64 = 10_000;

impl Catalog {
    /// The day's storage.
    pub(super) fn open_day(&self) -> Result<(), Failure> {
        self.open(SCHEMA)
    }

    /// The day's notes; what `change` changes of them it must write too.
    pub(super) fn with_ledger<T>(
        &self,
        change: impl FnOnce(&mut Ledger) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let known = self.ledger.take();
        let mut ledger = known.map_or_else(|| self.read_ledger(), Ok)?;
        // One that was not written is read anew.
        let end = change(&mut ledger)?;
        self.ledger.replace(Some(ledger));
        Ok(end)
    }

    fn read_ledger(&self) -> Result<Ledger, Failure> {
        let mut ledger = Ledger::default();
        let notes: Vec<Note> = self.query("SELECT name, value FROM notes", vec![])?;
        for Note { name, value } in &notes {
            let read = match name.as_str() {
                "seq" => json::from_str(value).map(|seq| ledger.seq = seq),
                "pushed" => json::from_str(value).map(|pushed| ledger.pushed = pushed),
                "day" => json::from_str(value).map(|day| ledger.day = day),
                "totals" => json::from_str(value).map(|totals| ledger.totals = totals),
                _ => Ok(()),
            };
            read.during("reading a note of the catalog")?;
        }
        Ok(ledger)
    }

    /// Takes a row, unless it is older than what is known. `root` is told by
    /// the alarm, which is set first.
    pub(super) async fn put(&self, row: &Row) -> Result<Answer, Failure> {
        self.open_day()?;
        self.call_the_post().await?;
        let home = row.home.to_string();
        let (old, removed) = self.known(&home)?;
        let is_known = old.as_ref().is_some_and(|old| old.revision >= row.revision);
        if is_known || removed.is_some_and(|removed| removed >= row.revision) {
            return Ok(Answer::Noted);
        }
        if removed.is_some() {
            self.run("DELETE FROM removed WHERE home = ?", vec![home.as_str().into()])?;
        }
        let seq = self.count(old.as_ref(), Some(row))?;
        self.write(row, &home, seq)?;
        if old.is_none_or(|old| old.summary.tags != row.summary.tags) {
            self.tag(&home, &row.summary.tags)?;
        }
        Ok(Answer::Noted)
    }

    fn write(&self, row: &Row, home: &str, seq: u64) -> Result<(), Failure> {
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
        self.run(sql, values)
    }

    fn tag(&self, home: &str, tags: &[String]) -> Result<(), Failure> {
        self.run("DELETE FROM tags WHERE home = ?", vec![home.into()])?;
        for tag in tags {
            let values = vec![home.into(), tag.as_str().into()];
            self.run("INSERT OR IGNORE INTO tags VALUES (?, ?)", values)?;
        }
        Ok(())
    }

    /// The job's row, and the revision at which it was removed.
    fn known(&self, home: &str) -> Result<(Option<Row>, Option<u64>), Failure> {
        let sql = "SELECT (SELECT row FROM jobs WHERE home = ?) AS row,
                   (SELECT revision FROM removed WHERE home = ?) AS removed";
        let known: Vec<Known> = self.query(sql, vec![home.into(), home.into()])?;
        let Some(Known { row, removed }) = known.into_iter().next() else {
            return Ok((None, None));
        };
        let row = row.map(|text| json::from_str(&text)).transpose();
        row.during("reading a row").map(|row| (row, removed))
    }

    /// Reads the rows that a statement finds.
    pub(super) fn read(
        &self,
        sql: &str,
        values: Vec<SqlStorageValue>,
    ) -> Result<Vec<Row>, Failure> {
        let rows: Vec<Text> = self.query(sql, values)?;
        let rows = rows.iter().map(|row| json::from_str(&row.text));
        rows.collect::<Result<_, _>>().during("reading a row")
    }

    /// Counts a change of a job's row, in the sums too; returns its number.
    fn count(&self, old: Option<&Row>, new: Option<&Row>) -> Result<u64, Failure> {
        self.with_ledger(|ledger| {
            if let Some(row) = old {
                ledger.totals.subtract(row);
            }
            if let Some(row) = new {
                ledger.totals.add(row);
            }
            ledger.seq += 1;
            let totals = serde_json::to_string(&ledger.totals).during("writing a day's sums")?;
            let sql = "INSERT OR REPLACE INTO notes VALUES ('seq', ?), ('totals', ?)";
            self.run(sql, vec![ledger.seq.to_string().into(), totals.into()])?;
            Ok(ledger.seq)
        })
    }

    /// Forgets a job, and remembers that it did.
    pub(super) async fn remove(&self, home: &ObjectName, revision: u64) -> Result<Answer, Failure> {
        self.open_day()?;
        self.call_the_post().await?;
        let key = home.to_string();
        let (old, removed) = self.known(&key)?;
        if old.is_none() && removed.is_some() {
            return Ok(Answer::Noted);
        }
        let id = old.as_ref().map_or_else(|| home.public(), |row| row.summary.id.clone());
        let revision = revision.max(old.as_ref().map_or(0, |row| row.revision));
        let seq = self.count(old.as_ref(), None)?;
        self.run("DELETE FROM jobs WHERE home = ?", vec![key.as_str().into()])?;
        self.run("DELETE FROM tags WHERE home = ?", vec![key.as_str().into()])?;
        let values = vec![key.into(), id.into(), number(revision)?, number(seq)?];
        self.run("INSERT OR REPLACE INTO removed VALUES (?, ?, ?, ?)", values)?;
        let forgotten = vec![number(seq.saturating_sub(MAX_REMOVED))?];
        self.run("DELETE FROM removed WHERE seq <= ?", forgotten)?;
        Ok(Answer::Noted)
    }

    /// The rows after a place that `filter` means, the newest first.
    pub(super) fn rows(
        &self,
        filter: &Filter,
        after: Option<Place>,
        limit: usize,
    ) -> Result<Answer, Failure> {
        self.open_day()?;
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
        self.read(&sql, values).map(Answer::Rows)
    }

    /// The rows of these objects.
    pub(super) fn rows_of(&self, homes: &[ObjectName]) -> Result<Answer, Failure> {
        self.open_day()?;
        let row = |home: &ObjectName| Ok(self.known(&home.to_string())?.0);
        let rows = homes.iter().filter_map(|home| row(home).transpose());
        rows.collect::<Result<_, _>>().map(Answer::Rows)
    }
}

/// A filter as SQL terms and their values.
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
