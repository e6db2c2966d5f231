//! The object of refused deliveries.

use super::object::CatalogObject;
use super::sql::{Text, number};
use super::turnover;
use crate::domain::catalog::CatalogReply;
use crate::domain::json;
use crate::domain::webhook::rejection::{KEPT_PER_STATUS, RefusedDelivery};
use crate::edge::platform::{During, Failure};

/// Records a refused delivery, and forgets the oldest of its status.
pub fn refuse(object: &CatalogObject, refused: &RefusedDelivery) -> Result<CatalogReply, Failure> {
    let status = || number(u64::from(refused.status));
    let report = serde_json::to_string(refused).during("writing a refused delivery")?;
    object.tables.open(turnover::refused)?;
    let sql = "INSERT INTO refused (status, report) VALUES (?, ?)";
    object.tables.run(sql, vec![status()?, report.into()])?;
    let sql = "DELETE FROM refused WHERE status = ? AND n <= (SELECT n FROM refused
               WHERE status = ? ORDER BY n DESC LIMIT 1 OFFSET ?)";
    object.tables.run(sql, vec![status()?, status()?, number(u64::from(KEPT_PER_STATUS))?])?;
    let count = number(u64::from(refused.more) + 1)?;
    let sql = "INSERT INTO refusals VALUES (?, ?)
               ON CONFLICT (status) DO UPDATE SET count = count + excluded.count";
    object.tables.run(sql, vec![status()?, count])?;
    Ok(CatalogReply::Noted)
}

/// Reads the stored refused deliveries, the newest first.
pub fn refused(object: &CatalogObject) -> Result<CatalogReply, Failure> {
    object.tables.open(turnover::refused)?;
    let sql = "SELECT report AS text FROM refused ORDER BY n DESC";
    let reports: Vec<Text> = object.tables.query(sql, vec![])?;
    let refused = reports.iter().map(|row| json::from_str(&row.text));
    let refused = refused.collect::<Result<_, _>>().during("reading refused deliveries")?;
    let total = object.tables.number("SELECT sum(count) AS number FROM refusals", vec![])?;
    Ok(CatalogReply::Refused { refused, total: total.unwrap_or_default() })
}
