//! What comes in about a job.

use crate::domain::ingest::delivery::Delivery;
use serde::{Deserialize, Serialize};

/// Takes this delivery.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Deliver(pub Box<Delivery>);

/// What comes of a delivery.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Delivered {
    /// It is durable.
    Taken {
        /// The job, as answers name it.
        id: String,
        /// `eventType` as sent.
        event_type: Option<String>,
        /// Whether it repeated an earlier one.
        duplicate: bool,
    },
    /// The job is another provider's; nothing was stored. The text says so.
    OtherProvider(String),
    /// The job has been deleted; nothing was stored.
    Deleted,
}

/// What comes of taking up a job that no delivery has told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum TakenUp {
    /// The job is known from now on.
    New,
    /// It was known before.
    Known,
    /// It has been deleted, and stays so.
    Deleted,
}

/// Asks the upstream for the job's result; the text says why.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Want(pub String);
