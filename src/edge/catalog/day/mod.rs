//! The object of a day: the rows of the jobs that were created on it.

pub mod ledger;
pub mod outbox;
pub mod removal;
pub mod rows;
pub mod take;
pub mod update;
