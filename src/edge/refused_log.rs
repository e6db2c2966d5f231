//! The catalog's object of refused deliveries.

use super::catalog::{Catalog, number};
use super::platform::{During, Failure};
use crate::domain::catalog::Answer;
use crate::domain::refused::{KEPT_PER_STATUS, Refused};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use worker::SqlStorageValue;

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS refused (
        n INTEGER PRIMARY KEY AUTOINCREMENT, status INTEGER NOT NULL, report TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS refusals (status INTEGER PRIMARY KEY, count INTEGER NOT NULL);
";

#[derive(Deserialize)]
struct Report {
    report: String,
}

#[derive(Deserialize)]
struct Count {
    count: u64,
}

impl Catalog {
    /// Notes a refused delivery, and forgets the oldest of its status.
    pub(super) fn refuse(&self, refused: &Refused) -> Result<Answer, Failure> {
        let status = || number(u64::from(refused.status));
        let report = serde_json::to_string(refused).during("writing a refused delivery")?;
        self.run(SCHEMA, vec![])?;
        self.run(
            "INSERT INTO refused (status, report) VALUES (?, ?)",
            vec![status()?, report.into()],
        )?;
        self.run(
            "DELETE FROM refused WHERE status = ? AND n <= (SELECT n FROM refused WHERE status = ?
             ORDER BY n DESC LIMIT 1 OFFSET ?)",
            vec![status()?, status()?, number(u64::from(KEPT_PER_STATUS))?],
        )?;
        let count = number(u64::from(refused.more) + 1)?;
        self.run(
            "INSERT INTO refusals VALUES (?, ?)
             ON CONFLICT (status) DO UPDATE SET count = count + excluded.count",
            vec![status()?, count],
        )?;
        Ok(Answer::Noted)
    }

    /// The refused deliveries that are kept, the newest first.
    pub(super) fn refused(&self) -> Result<Answer, Failure> {
        self.run(SCHEMA, vec![])?;
        let reports: Vec<Report> = self.rows_of("SELECT report FROM refused ORDER BY n DESC")?;
        let refused = reports.iter().map(|row| serde_json::from_str(&row.report));
        let refused = refused.collect::<Result<_, _>>().during("reading refused deliveries")?;
        let sum = "SELECT coalesce(sum(count), 0) AS count FROM refusals";
        let counts: Vec<Count> = self.rows_of(sum)?;
        Ok(Answer::Refused { refused, total: counts.first().map_or(0, |row| row.count) })
    }

    fn run(&self, sql: &str, values: Vec<SqlStorageValue>) -> Result<(), Failure> {
        let cursor = self.state.storage().sql().exec(sql, Some(values));
        cursor.during("noting a refused delivery").map(drop)
    }

    fn rows_of<T: DeserializeOwned>(&self, sql: &str) -> Result<Vec<T>, Failure> {
        let cursor = self.state.storage().sql().exec(sql, None);
        cursor.during("listing refused deliveries")?.to_array().during("listing refused deliveries")
    }
}
