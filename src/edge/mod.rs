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
