//! The object of refused deliveries.

use super::Catalog;
use super::sql::{Text, number};
use crate::domain::catalog::Answer;
use crate::domain::json;
use crate::domain::webhook::rejection::{KEPT_PER_STATUS, Refused};
use crate::edge::platform::{During, Failure};

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS refused (
        n INTEGER PRIMARY KEY AUTOINCREMENT, status INTEGER NOT NULL, report TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS refusals (status INTEGER PRIMARY KEY, count INTEGER NOT NULL);
";

impl Catalog {
    /// Notes a refused delivery, and forgets the oldest of its status.
    pub(super) fn refuse(&self, refused: &Refused) -> Result<Answer, Failure> {
        let status = || number(u64::from(refused.status));
        let report = serde_json::to_string(refused).during("writing a refused delivery")?;
        self.open(SCHEMA)?;
        let sql = "INSERT INTO refused (status, report) VALUES (?, ?)";
        self.run(sql, vec![status()?, report.into()])?;
        let sql = "DELETE FROM refused WHERE status = ? AND n <= (SELECT n FROM refused
                   WHERE status = ? ORDER BY n DESC LIMIT 1 OFFSET ?)";
        self.run(sql, vec![status()?, status()?, number(u64::from(KEPT_PER_STATUS))?])?;
        let count = number(u64::from(refused.more) + 1)?;
        let sql = "INSERT INTO refusals VALUES (?, ?)
                   ON CONFLICT (status) DO UPDATE SET count = count + excluded.count";
        self.run(sql, vec![status()?, count])?;
        Ok(Answer::Noted)
    }

    /// The refused deliveries that are kept, the newest first.
    pub(super) fn refused(&self) -> Result<Answer, Failure> {
        self.open(SCHEMA)?;
        let sql = "SELECT report AS text FROM refused ORDER BY n DESC";
        let reports: Vec<Text> = self.query(sql, vec![])?;
        let refused = reports.iter().map(|row| json::from_str(&row.text));
        let refused = refused.collect::<Result<_, _>>().during("reading refused deliveries")?;
        let total = self.number("SELECT sum(count) AS number FROM refusals", vec![])?;
        Ok(Answer::Refused { refused, total: total.unwrap_or_default() })
    }
}
