//! Handing results on: the client's own webhook gets the job's events.

pub mod target;
