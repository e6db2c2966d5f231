//! The shell for Workers: it does what `domain` decides.
//!
//! ```text
//! entry → router → api, ingest, files, gateway, doctor    the handlers
//!                  job, catalog                           the Durable Objects
//!                    → transfer, upstream, bodies, rpc, storage
//!                        → http → platform
//! ```
//!
//! Arrows point down, and no two files import each other. Only `entry` imports
//! `router`, only `router` imports the handlers, and nothing imports an object:
//! the runtime makes it, and `rpc` calls it. `worker::Error` stays below
//! `platform::Failure`. Only `router` builds the responses of failures. Only
//! `platform` reads the clock or sets an alarm.

mod api;
mod bodies;
mod catalog;
mod doctor;
mod entry;
mod files;
mod gateway;
mod http;
mod ingest;
mod job;
mod platform;
mod router;
mod rpc;
mod storage;
mod transfer;
mod upstream;
