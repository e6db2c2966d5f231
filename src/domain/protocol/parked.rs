//! What is asked of the box of a delivery that waits for the bucket.

use serde::{Deserialize, Serialize};

/// Something for the bucket that could not be written there. The box keeps it
/// until it can be.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Parked {
    /// Its key.
    pub key: String,
    /// Its metadata.
    pub metadata: Vec<(String, String)>,
    /// Its bytes as base64.
    pub bytes: String,
    /// Failed tries to write it.
    pub attempts: u32,
}
