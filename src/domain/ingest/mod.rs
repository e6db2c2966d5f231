//! What a delivery, or an import, does to a job.

pub mod apply;
pub mod arrival;
pub mod delivery;
pub mod document;
mod fingerprint;
pub mod import;
pub mod weight;
