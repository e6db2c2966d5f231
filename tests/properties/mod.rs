//! Tests what must hold for any input, well formed or hostile.

mod answers;
mod bodies;
mod config;
mod hosts;
mod inline;
mod jobs;
mod json;
mod mask;
mod requests;
mod retries;
mod skeleton;
mod states;
mod tolerant;
mod upstream;
mod values;
