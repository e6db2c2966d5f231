//! The job's side of the gateway: submissions, and the gates before them.

pub mod answer;
mod end;
pub mod gate;
pub mod inherit;
mod send;
pub mod submit;
