//! hookvault receives the webhooks of AI-generation queues at the edge, copies
//! the output files out of their presigned URLs before those expire, and
//! serves the job's record and its files for good.
//!
//! - [`domain`]: every decision, without a clock or a socket; also built and
//!   tested on the host.
//! - `edge` (wasm only): what obeys them. `entry` takes requests, `router`
//!   gives each to its handler: `ingest` takes deliveries, `api`, `files` and
//!   `gateway` answer readers. `job` is the Durable Object that holds one job,
//!   `transfer` copies files, `platform` is the clock and the rest of the
//!   runtime.

pub mod domain;

#[cfg(target_arch = "wasm32")]
mod edge;
