//! The tests of the pure part, in one program: to link one for each file took
//! longer than to run them.

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
