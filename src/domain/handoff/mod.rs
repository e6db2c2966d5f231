//! Hand-off: the client's own webhook receives each event of its job, and the
//! operator's (`HANDOFF_URL`) the ends of all jobs.
//!
//! - `queue`: decides which messages exist and when each is due, and records
//!   the results.
//! - `message`: writes the messages.
//! - `target`: decides where a webhook may be.

pub mod message;
pub mod queue;
pub mod target;
