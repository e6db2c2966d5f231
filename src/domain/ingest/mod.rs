//! Applies deliveries and imports to jobs.

pub mod apply;
pub mod arrival;
pub mod delivery;
pub mod document;
mod fingerprint;
pub mod import;
pub mod rules;
pub mod weight;
