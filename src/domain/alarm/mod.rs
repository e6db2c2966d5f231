//! Decides when the alarm rings, and what its run may do.

pub mod budget;
pub mod plan;
pub mod schedule;
