//! Tests the effect of the domain's wings on a job, case by case.

mod configuration;
mod copies;
mod cost;
mod deliveries;
mod discovery;
mod handoff;
mod healing;
mod polling;
mod senders;
