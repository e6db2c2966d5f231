//! Tests the storage of an object that stores nothing else.

use super::object::CatalogObject;
use super::sql::Text;
use crate::domain::catalog::CatalogReply;
use crate::edge::platform::{During, Failure};

/// Writes a text, reads it back, and deletes everything.
pub async fn probe(object: &CatalogObject, text: &str) -> Result<CatalogReply, Failure> {
    let read = || {
        object.tables.run("CREATE TABLE IF NOT EXISTS probe (text TEXT)", vec![])?;
        object.tables.run("INSERT INTO probe VALUES (?)", vec![text.into()])?;
        let rows: Vec<Text> = object.tables.query("SELECT text FROM probe", vec![])?;
        Ok(rows.into_iter().next().map(|row| row.text))
    };
    let read = read();
    let deleted = object.state.storage().delete_all().await;
    let read = read?;
    deleted.during("deleting from the catalog").map(|()| CatalogReply::Probed(read))
}
