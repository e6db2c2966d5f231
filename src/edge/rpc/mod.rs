//! How the Worker and the objects ask an object.

pub mod call;
pub mod catalog;
pub mod gate;
pub mod job;
pub mod listing;
pub mod lookup;
pub mod notify;
