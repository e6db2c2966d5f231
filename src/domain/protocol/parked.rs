//! The request to an object that keeps a delivery until the bucket works again.

use serde::{Deserialize, Serialize};

/// Data that could not be written to the bucket. The object keeps it until that
/// succeeds.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Parked {
    /// The key in the bucket.
    pub key: String,
    /// The object's metadata.
    pub metadata: Vec<(String, String)>,
    /// The bytes as base64.
    pub bytes: String,
    /// Failed tries to write the data.
    pub attempts: u32,
}
