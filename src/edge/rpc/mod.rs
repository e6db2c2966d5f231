//! Calls from the Worker and from objects to objects.

pub mod call;
pub mod catalog;
pub mod gate;
pub mod job;
pub mod listing;
pub mod lookup;
pub mod notify;
