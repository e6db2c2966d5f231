//! What comes in about a job.

use crate::domain::ingest::delivery::Delivery;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// Takes this delivery.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Deliver(pub Box<Delivery>);

/// What comes of a delivery.
#[derive(Debug, Serialize, Deserialize)]
pub enum Delivered {
    /// It is durable.
    Taken {
        /// The job, as answers name it.
        id: String,
        /// `eventType` as sent.
        event_type: Option<String>,
        /// Whether it repeated an earlier one.
        duplicate: bool,
        /// What the catalog is to be told, by whoever brought the delivery.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        row: Option<CatalogRow>,
    },
    /// The job is another provider's; nothing was stored. The text says so.
    OtherProvider(String),
    /// The job has been deleted; nothing was stored.
    Deleted,
}

/// A job's row in the catalog, and the day that takes it.
#[derive(Debug, Serialize, Deserialize)]
pub struct CatalogRow(pub String, pub Box<RawValue>);

/// What comes of taking up a job that no delivery has told of. It is sent as
/// whether the job is new, if there is one: less code than three names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Option<bool>", into = "Option<bool>")]
pub enum TakenUp {
    /// The job is known from now on.
    New,
    /// It was known before.
    Known,
    /// It has been deleted, and stays so.
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

/// Asks the upstream for the job's result; the text says why.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RequestHealing(pub String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_up_survives_the_round_trip() {
        for taken in [TakenUp::New, TakenUp::Known, TakenUp::Deleted] {
            assert_eq!(TakenUp::from(Option::<bool>::from(taken)), taken);
        }
    }
}
