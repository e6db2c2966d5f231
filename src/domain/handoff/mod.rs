//! Handing on: the client's own webhook gets each event of its job, and the
//! operator's (`HANDOFF_URL`) the ends of all jobs.
//!
//! - `queue`: which messages there are, when each is due, what became of it.
//! - `message`: what a message says.
//! - `target`: where a webhook may be.

pub mod message;
pub mod queue;
pub mod target;
