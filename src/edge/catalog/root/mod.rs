//! The object `root`: the days, and the live feed.

pub mod days;
pub mod feed;
pub mod live;
pub mod missed;
pub mod viewers;
