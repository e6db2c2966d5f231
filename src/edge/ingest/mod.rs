//! How a delivery comes in and finds its job.

pub mod claim;
pub mod hook;
pub mod import;
pub mod rejections;
pub mod signature;
pub mod unmatched;
