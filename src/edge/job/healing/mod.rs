//! Asks the upstream for what was not delivered: a result, fresh URLs.

mod ask;
pub mod attempt;
mod files;
pub mod request;
