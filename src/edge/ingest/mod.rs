//! How a delivery comes in and finds its job.

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
