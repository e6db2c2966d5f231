//! Hands events on to the client's own webhook, and to the operator's.

pub mod again;
mod message;
pub mod send;
