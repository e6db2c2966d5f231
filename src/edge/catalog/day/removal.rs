//! Removes a deleted job from its day.

use super::outbox;
use super::rows::{of_home, one_of};
use crate::domain::catalog::CatalogReply;
use crate::domain::catalog::ledger::Ledger;
use crate::domain::names::ObjectName;
use crate::domain::time::Timestamp;
use crate::edge::catalog::object::CatalogObject;
use crate::edge::catalog::sql::{Tables, number};
use crate::edge::catalog::turnover;
use crate::edge::platform::Failure;

/// The removals that are remembered, so that a late row does not bring the job
/// back.
const MAX_REMOVED: u64 = 10_000;

/// Removes a job, and remembers that. A sender of the previous release does not
/// send its time of creation, so then all rows are searched.
pub async fn remove(
    object: &CatalogObject,
    home: &ObjectName,
    created_at: Option<Timestamp>,
    revision: u64,
) -> Result<CatalogReply, Failure> {
    object.tables.open(turnover::day)?;
    let day = object.ledger.with(&object.tables, |ledger, _| Ok(ledger.day.clone()))?;
    let is_told = outbox::notify_root(object, &day).await.is_ok();
    object.ledger.change(&object.tables, |ledger, _| {
        if !is_told {
            ledger.expect_push();
        }
        forget(&object.tables, ledger, home, created_at, revision)
    })?;
    object.schedule_flush().await.map(|()| CatalogReply::Noted)
}

fn forget(
    tables: &Tables,
    ledger: &mut Ledger,
    home: &ObjectName,
    created_at: Option<Timestamp>,
    revision: u64,
) -> Result<(), Failure> {
    let key = home.to_string();
    let (of_home, values) = of_home(&key, created_at)?;
    let old = one_of(tables, &of_home, values.clone())?;
    let sql = "SELECT count(*) AS number FROM removed WHERE home = ?";
    if old.is_none() && tables.number(sql, vec![key.as_str().into()])? == Some(1) {
        return Ok(());
    }
    let id = old.as_ref().map_or_else(|| home.public(), |row| row.summary.id.clone());
    let revision = revision.max(old.as_ref().map_or(0, |row| row.revision));
    let seq = ledger.count(old.as_ref(), None);
    tables.run(&format!("DELETE FROM jobs WHERE {of_home}"), values)?;
    let values = vec![key.into(), id.into(), number(revision)?, number(seq)?];
    tables.run("INSERT OR REPLACE INTO removed VALUES (?, ?, ?, ?)", values)?;
    let forgotten = vec![number(seq.saturating_sub(MAX_REMOVED))?];
    tables.run("DELETE FROM removed WHERE seq <= ?", forgotten)
}
