//! Runs the domain's tests as one program, because linking one for each file
//! took longer than running them.

mod common;
mod domain;
#[path = "generate/events.rs"]
mod events;
mod formats;
mod generate;
mod oracle;
mod properties;
#[path = "generate/steps.rs"]
mod steps;
#[path = "oracle/work.rs"]
mod work;
