//! Applies deliveries and imports to jobs.

pub mod apply;
pub mod arrival;
mod cost;
pub mod delivery;
pub mod document;
mod fingerprint;
pub mod import;
pub mod rules;
pub mod weight;
