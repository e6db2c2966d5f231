//! Reads a webhook's body: the event, the provider whose format it has, the job
//! that it belongs to, and its result.

pub mod correlate;
pub mod event;
pub mod parse;
pub mod rejection;
pub mod result;
