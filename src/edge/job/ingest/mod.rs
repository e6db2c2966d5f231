//! What comes in about a job: deliveries, and jobs that no delivery told of.

pub mod apply;
pub mod body;
pub mod deliver;
pub mod import;
pub mod park;
