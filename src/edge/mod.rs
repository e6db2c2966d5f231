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

mod api;
mod catalog;
mod claim;
mod doctor;
mod entry;
mod files;
mod gateway;
mod hook;
mod http;
mod import;
mod job_object;
mod platform;
mod refused;
mod router;
mod rpc;
mod signature;
mod storage;
mod transfer;
mod unmatched;
mod upstream;
