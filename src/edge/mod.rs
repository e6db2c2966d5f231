//! The Workers-specific shell: it obeys what `domain` decides.
//!
//! ```text
//! entry → http → access
//!              → hook, jobs, files, unmatched → job_client → object_call
//!              → listing                      → catalog_client → object_call
//!                job_object → transfer, upstream, bucket, store → platform
//! ```
//!
//! Nothing imports `job_object` or `entry`. `worker::Error` stays below
//! `platform::Failure`; only `http` builds error responses; only `platform`
//! reads the clock or sets an alarm.

mod bulk;
mod catalog;
mod claim;
mod doctor;
mod entry;
mod events;
mod export;
mod files;
mod gateway;
mod hook;
mod http;
mod import;
mod job_object;
mod jobs;
mod listing;
mod live;
mod manage;
mod metrics;
mod platform;
mod refused;
mod restore;
mod router;
mod rpc;
mod signature;
mod storage;
mod tickets;
mod transfer;
mod unmatched;
mod upstream;
