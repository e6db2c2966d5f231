//! The pure part: it makes every decision and has no effects.
//!
//! It reads deliveries, finds their jobs, and decides states, files and
//! deadlines, what is due, and the form of responses. It has no clock,
//! randomness, socket, storage or `worker` crate: the edge passes such values
//! in. The host build has no `worker`, so it proves that.

pub mod access;
pub mod alarm;
pub mod archive;
pub mod catalog;
pub mod config;
pub mod cost;
pub mod doctor;
pub mod file;
#[cfg(test)]
mod fixtures;
pub mod gateway;
pub mod handoff;
pub mod healing;
pub mod http;
pub mod ingest;
pub mod job;
pub mod json;
pub mod keys;
pub mod names;
pub mod percent;
pub mod protocol;
pub mod retry;
pub mod route;
pub mod sender;
pub mod sort;
pub mod time;
pub mod upstream;
pub mod view;
pub mod webhook;
pub mod words;
