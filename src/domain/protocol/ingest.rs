//! Commands that bring news about a job.

use crate::domain::ingest::delivery::Delivery;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// Delivers a body to the job.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Deliver(pub Box<Delivery>);

/// The result of a delivery.
#[derive(Debug, Serialize, Deserialize)]
pub enum Delivered {
    /// The delivery is durable.
    Taken {
        /// The job's name in responses.
        id: String,
        /// The `eventType` as sent.
        event_type: Option<String>,
        /// Whether the delivery repeated an earlier one.
        duplicate: bool,
        /// The row that the sending Worker must put into the catalog.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        row: Option<CatalogRow>,
    },
    /// The job is another provider's, so nothing was stored. The text says so.
    OtherProvider(String),
    /// The job has been deleted, so nothing was stored.
    Deleted,
}

/// The day of a job's row in the catalog, and the row.
#[derive(Debug, Serialize, Deserialize)]
pub struct CatalogRow(pub String, pub Box<RawValue>);

/// The result of creating a job without a delivery. On the wire it is an
/// optional boolean, whether the job is new: that takes less code than three
/// names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Option<bool>", into = "Option<bool>")]
pub enum TakenUp {
    /// The job is new.
    New,
    /// The job was already known.
    Known,
    /// The job has been deleted, and stays deleted.
    Deleted,
}

impl From<Option<bool>> for TakenUp {
    fn from(is_new: Option<bool>) -> Self {
        is_new.map_or(Self::Deleted, |is_new| if is_new { Self::New } else { Self::Known })
    }
}

impl From<TakenUp> for Option<bool> {
    fn from(taken: TakenUp) -> Self {
        match taken {
            TakenUp::New => Some(true),
            TakenUp::Known => Some(false),
            TakenUp::Deleted => None,
        }
    }
}

/// Requests the job's result from the upstream; the text says why.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RequestHealing(pub String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_result_of_an_import_survives_the_round_trip() {
        for taken in [TakenUp::New, TakenUp::Known, TakenUp::Deleted] {
            assert_eq!(TakenUp::from(Option::<bool>::from(taken)), taken);
        }
    }
}
