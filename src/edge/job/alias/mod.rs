//! Names that lead to a job: references, and ids that become known late.
//!
//! A job lives where its first delivery went. When a reference's object holds a
//! job and its id becomes known, the id's object is pointed here. If that
//! object holds a job of its own, this one moves there. If that is certainly a
//! different job, this one gives the id up.
//!
//! Both steps may be interrupted: `unlinked_id` is in the record, so the alarm
//! resumes them.

pub mod claim;
pub mod leftovers;
pub mod moving;
pub mod point;
