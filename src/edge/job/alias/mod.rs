//! Names that lead to a job: references, and ids that become known late.
//!
//! A job lives where its first delivery went. When a reference's object holds
//! a job and its id turns up, the id's object is pointed here; if that holds a
//! job of its own, this one moves there, unless that is another job for sure:
//! then this one gives the id up. Either can be interrupted and is taken up
//! again by the alarm, because `unlinked_id` is in the record.

pub mod claim;
pub mod leftovers;
pub mod moving;
pub mod point;
