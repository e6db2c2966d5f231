//! The tests of the pure part, in one program: to link one for each file took
//! longer than to run them.

mod common;
#[path = "generate/events.rs"]
mod events;
mod generate;
mod oracle;
#[path = "generate/steps.rs"]
mod steps;
#[path = "oracle/work.rs"]
mod work;

mod copies;
mod deliveries;
mod discovery;
mod formats;
mod handoff;
mod healing;
mod properties_answers;
mod properties_bodies;
mod properties_config;
mod properties_inline;
mod properties_jobs;
mod properties_json;
mod properties_mask;
mod properties_requests;
mod properties_retries;
mod properties_states;
mod properties_tolerant;
mod properties_upstream;
mod properties_values;
