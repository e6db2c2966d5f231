//! Takes the news about a job: deliveries, answers, and imports.

pub mod apply;
pub mod body;
pub mod deliver;
pub mod import;
pub mod park;
