//! The Durable Object of the catalog: a day's rows, or `root`'s days.

use super::platform::{During, Failure};
use crate::domain::catalog::{Answer, Place, Question, Row};
use crate::domain::names::ObjectName;
use crate::domain::time::Timestamp;
use serde::Deserialize;
use worker::{DurableObject, Env, Request, Response, SqlStorageValue, State, durable_object};

/// Idempotent. It runs with every question and not in the constructor, so that
/// an object that is never asked stays empty.
const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS jobs (
        home TEXT PRIMARY KEY,
        created_at INTEGER NOT NULL,
        version INTEGER NOT NULL,
        row TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS jobs_by_age ON jobs (created_at, home);
    CREATE TABLE IF NOT EXISTS days (day TEXT PRIMARY KEY) WITHOUT ROWID;
";

/// The object's class, bound as `CATALOG`.
#[durable_object(fetch)]
pub struct Catalog {
    pub(super) state: State,
}

impl DurableObject for Catalog {
    fn new(state: State, _env: Env) -> Self {
        Self { state }
    }

    async fn fetch(&self, mut request: Request) -> worker::Result<Response> {
        match self.reply(&request.text().await?) {
            Ok(text) => Response::ok(text),
            Err(Failure(text)) => Response::error(text, 500),
        }
    }
}

#[derive(Deserialize)]
struct Text {
    text: String,
}

impl Catalog {
    fn reply(&self, question: &str) -> Result<String, Failure> {
        let question = serde_json::from_str(question).during("reading a question")?;
        self.query(SCHEMA, vec![])?;
        let answer = match question {
            Question::Put(row) => self.put(&row)?,
            Question::Remove(home) => self.remove(&home)?,
            Question::Rows { after, limit } => self.rows(after, limit)?,
            Question::AddDay(day) => self.add_day(day)?,
            Question::Days { until, limit } => self.days(until, limit)?,
            Question::Refuse(refused) => self.refuse(&refused)?,
            Question::Refused => self.refused()?,
        };
        serde_json::to_string(&answer).during("writing an answer")
    }

    fn put(&self, row: &Row) -> Result<Answer, Failure> {
        let text = serde_json::to_string(row).during("writing a row")?;
        let sql = "INSERT INTO jobs VALUES (?, ?, ?, ?) ON CONFLICT (home) DO UPDATE
                   SET version = excluded.version, row = excluded.row
                   WHERE excluded.version > jobs.version";
        let place = row.place();
        let values = vec![
            place.home.into(),
            number(place.created_at.as_millis())?,
            number(row.version)?,
            text.into(),
        ];
        self.query(sql, values)?;
        let known = self.query("SELECT day AS text FROM days", vec![])?;
        Ok(Answer::Taken { is_new_day: known.is_empty() })
    }

    fn remove(&self, home: &ObjectName) -> Result<Answer, Failure> {
        self.query("DELETE FROM jobs WHERE home = ?", vec![home.to_string().into()])?;
        Ok(Answer::Taken { is_new_day: false })
    }

    fn rows(&self, after: Option<Place>, limit: usize) -> Result<Answer, Failure> {
        // The largest number that JavaScript tells exactly: later than any job.
        let end = Timestamp::from_millis((1 << 53) - 1);
        let end = Place { created_at: end, home: String::new() };
        let after = after.unwrap_or(end);
        let sql = "SELECT row AS text FROM jobs WHERE (created_at, home) < (?, ?)
                   ORDER BY created_at DESC, home DESC LIMIT ?";
        let values =
            vec![number(after.created_at.as_millis())?, after.home.into(), number(limit as u64)?];
        let rows = self.query(sql, values)?;
        let rows = rows.iter().map(|row| serde_json::from_str(&row.text));
        rows.collect::<Result<_, _>>().during("reading a row").map(Answer::Rows)
    }

    /// A day notes here too that `root` has been told of it.
    fn add_day(&self, day: String) -> Result<Answer, Failure> {
        self.query("INSERT OR IGNORE INTO days VALUES (?)", vec![day.into()])?;
        Ok(Answer::Taken { is_new_day: false })
    }

    fn days(&self, until: Option<String>, limit: usize) -> Result<Answer, Failure> {
        let sql = "SELECT day AS text FROM days WHERE day <= ? ORDER BY day DESC LIMIT ?";
        let until = until.unwrap_or_else(|| "~".to_owned());
        let rows = self.query(sql, vec![until.into(), number(limit as u64)?])?;
        Ok(Answer::Days(rows.into_iter().map(|row| row.text).collect()))
    }

    fn query(&self, sql: &str, values: Vec<SqlStorageValue>) -> Result<Vec<Text>, Failure> {
        let cursor = self.state.storage().sql().exec(sql, Some(values));
        cursor.during("asking the catalog")?.to_array().during("reading the catalog")
    }
}

pub(super) fn number(value: u64) -> Result<SqlStorageValue, Failure> {
    let value = i64::try_from(value).during("a number for SQL")?;
    SqlStorageValue::try_from_i64(value).during("a number for SQL")
}
