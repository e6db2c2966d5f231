//! Asks the upstream for what did not come by itself: a result, fresh URLs.

mod ask;
mod files;
pub mod heal;
pub mod want;
