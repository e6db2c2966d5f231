//! Asks the upstream for what did not come by itself: a result, fresh URLs.

mod ask;
pub mod attempt;
mod files;
pub mod request;
