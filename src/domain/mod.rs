//! The pure part: every decision, no effect.
//!
//! In scope: reading deliveries, correlation, the states, files and their
//! deadlines, what is due when, and how answers look. Out of scope: clocks,
//! randomness, sockets, storage, and the `worker` crate; they come in as
//! values or not at all. The host build has no `worker`, so it proves that.

pub mod access;
pub mod alarm;
pub mod archive;
pub mod catalog;
pub mod config;
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
pub mod sort;
pub mod time;
pub mod upstream;
pub mod view;
pub mod webhook;
pub mod words;
