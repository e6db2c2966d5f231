//! The job's side of the gateway: submissions, and the gates before them.

pub mod answer;
mod end;
pub mod gate;
mod send;
pub mod submit;
pub mod take_over;
