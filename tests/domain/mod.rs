//! What the domain's wings do to a job, case by case.

mod configuration;
mod copies;
mod deliveries;
mod discovery;
mod handoff;
mod healing;
