//! Receives deliveries and finds their jobs.

mod claim;
mod deliver;
mod destination;
pub mod hook;
pub mod import;
mod keep;
mod labels;
mod open;
pub mod rejections;
mod signature;
mod sweep;
pub mod unmatched;
